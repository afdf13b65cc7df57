/* The program of backend_onednn: the layers' convolutions by conv.c, all
 * else by our own loops. */
#include "model/backend/program.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/threads.h"

static int norm_open(struct backend_program *p, int l, struct tt_error *err)
{
    struct program_layer *y = &p->layer[l];

    if (backend_layer_ends(&y->def))
        return 0;
    y->norm.n = p->setup.batch;
    y->norm.h = y->h;
    y->norm.w = y->w;
    y->norm.c = y->def.co;
    y->norm.corner = y->def.kind == BACKEND_UP && conv_leaves_corners(p->bf16);
    y->norm.train = program_trains(p);
    y->norm.batch = y->def.norm;
    y->norm.slope = y->def.slope;
    y->norm.threads = p->setup.threads;
    y->norm.loops = p->loops;
    y->norm.group = p->setup.own_norm ? NULL : p->setup.group;
    if (backend_norm_init(&y->norm, err) < 0)
        return -1;
    return program_plan_wire(p, l, err);
}

static int layer_open(struct backend_program *p, int l, struct tt_error *err)
{
    struct program_layer *y = &p->layer[l];
    bool head = backend_layer_ends(&y->def);
    struct conv_shape s = {
        .n = p->setup.batch,
        .h = y->in.h,
        .w = y->in.w,
        .ci = y->def.ci,
        .oh = y->h,
        .ow = y->w,
        .co = y->def.co,
        .kernel = y->def.kernel,
        .stride = y->def.stride,
        .pad = 1,
        .up = y->def.kind == BACKEND_UP,
        .bf16 = p->bf16,
        .dst_f32 = head,
        .bias = head || !program_trains(p),
        .relu = !head && !program_trains(p),
        .slope = y->def.slope,
        .train = program_trains(p),
        .back_data = y->diff >= 0,
    };
    char name[24];

    snprintf(name, sizeof(name), "%d", l);
    if (conv_open(&y->conv, &p->lib, &s, name, err) < 0 ||
        norm_open(p, l, err) < 0)
        return -1;
    if (conv_scratch(y->conv) > p->scratch_size)
        p->scratch_size = conv_scratch(y->conv);
    return 0;
}

/* What a convolution reads and writes forward. */
static void bind_forward(const struct backend_program *p, int l,
                         struct conv_buffers *b)
{
    const struct program_layer *y = &p->layer[l];
    int from = y->def.from;

    b->src = backend_arena_at(&p->arena, y->src);
    b->dst = backend_arena_at(&p->arena, y->conv_out);
    if (!b->src) {
        b->src = program_plan_slice(p, from);
        b->src_step = (size_t)p->layer[p->layer[from].home].def.ci;
    }
    if (!b->dst) {
        b->dst = program_plan_slice(p, l);
        b->dst_step = (size_t)p->layer[y->home].def.ci;
    }
}

static int bind(struct backend_program *p, struct tt_error *err)
{
    p->scratch = tt_memory_take(p->scratch_size);
    if (!p->scratch)
        return tt_fail(err, TT_NOMEM, "no memory for oneDNN's scratch");
    for (int l = 0; l < p->net.layers; l++) {
        struct program_layer *y = &p->layer[l];
        bool head = backend_layer_ends(&y->def);
        struct conv_buffers b = {
            .diff_src = backend_arena_at(&p->arena, y->diff),
            .diff_dst =
                backend_arena_at(&p->arena, head ? p->dpre : y->conv_out),
            .scratch = p->scratch,
        };

        bind_forward(p, l, &b);
        if (conv_bind(y->conv, &b, err) < 0)
            return -1;
    }
    return 0;
}

static int build(struct backend_program *p, struct tt_error *err)
{
    struct backend_size input = {p->setup.height, p->setup.width};
    struct backend_size size[BACKEND_LAYERS];

    backend_net_sizes(&p->net, input, size);
    for (int l = 0; l < p->net.layers; l++) {
        struct program_layer *y = &p->layer[l];

        y->def = p->net.layer[l];
        y->in = y->def.from < 0 ? input : size[y->def.from];
        y->h = size[l].h;
        y->w = size[l].w;
    }
    if (program_plan(p, err) < 0)
        return -1;
    for (int l = 0; l < p->net.layers; l++)
        if (layer_open(p, l, err) < 0)
            return -1;
    return bind(p, err);
}

static bool onednn_can(enum backend_precision precision)
{
    return precision != BACKEND_BF16 || backend_loops_bf16();
}

static void program_close(struct backend_program *p)
{
    if (!p)
        return;
    for (int l = 0; l < p->net.layers; l++) {
        conv_close(p->layer[l].conv);
        backend_norm_release(&p->layer[l].norm);
    }
    onednn_close(p->lib);
    backend_arena_release(&p->arena);
    free(p->scratch);
    free(p);
}

static int program_open(struct backend_program **out,
                        const struct backend_net *net,
                        const struct backend_setup *setup, struct tt_error *err)
{
    struct backend_threads threads;
    struct backend_program *p;
    int rc;

    *out = NULL;
    if (backend_net_check(net, setup, err) < 0)
        return -1;
    if (!onednn_can(setup->precision))
        return tt_fail(err, TT_USAGE,
                       "this processor does not compute in bf16; take f32");
    if (reduce_on_device(setup->group))
        return tt_fail(err, TT_USAGE,
                       "a group of GPUs is for a backend that runs on one");
    p = calloc(1, sizeof(*p));
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a program");
    p->net = *net;
    p->setup = *setup;
    if (setup->use != BACKEND_TRAIN)
        p->setup.group = NULL;
    p->bf16 = setup->precision == BACKEND_AUTO
                  ? backend_loops_bf16()
                  : setup->precision == BACKEND_BF16;
    p->loops = backend_loops_of(p->bf16);
    p->inputs = (size_t)setup->batch * (size_t)setup->height *
                (size_t)setup->width * (size_t)net->inputs;
    p->outputs = backend_net_outputs(net, setup);
    backend_threads_enter(&threads, setup->threads);
    rc = build(p, err);
    backend_threads_leave(&threads);
    if (rc < 0) {
        program_close(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* w' = w g / sqrt(V + eps), b' = b - M g / sqrt(V + eps); without batch norm as
 * they are. */
static void fold(const struct backend_layer *y, const float *params,
                 const float *stats, float *w, float *bias)
{
    size_t each = backend_layer_weights(y) / (size_t)y->co;

#pragma omp parallel for schedule(static)
    for (int o = 0; o < y->co; o++) {
        float f = 1, b = params[y->bias + (size_t)o];
        const float *from = params + y->weight + (size_t)o * each;

        if (y->norm) {
            f = params[y->scale + (size_t)o] /
                sqrtf(stats[y->var + (size_t)o] + BACKEND_NORM_EPS);
            b -= stats[y->mean + (size_t)o] * f;
        }
        for (size_t i = 0; i < each; i++)
            w[(size_t)o * each + i] = from[i] * f;
        bias[o] = b;
    }
}

/* folded: room for a layer's weights and biases, NULL in training. */
static int layer_load(struct backend_program *p, struct program_layer *y,
                      const float *stats, float *folded, struct tt_error *err)
{
    size_t count = backend_layer_weights(&y->def);

    if (!folded)
        return conv_pack(y->conv, p->params + y->def.weight,
                         p->params + y->def.bias, err);
    fold(&y->def, p->params, stats, folded, folded + count);
    return conv_pack(y->conv, folded, folded + count, err);
}

/* Room for the weights and biases of any layer. */
static float *folded_take(const struct backend_program *p)
{
    size_t most = 0;

    for (int l = 0; l < p->net.layers; l++) {
        const struct backend_layer *y = &p->layer[l].def;
        size_t count = backend_layer_weights(y) + (size_t)y->co;

        most = count > most ? count : most;
    }
    return tt_memory_take(most * sizeof(float));
}

static int program_load(struct backend_program *p, const float *params,
                        const float *stats, struct tt_error *err)
{
    struct backend_threads threads;
    float *folded = NULL;
    int rc = 0;

    if (!program_trains(p) && !(folded = folded_take(p)))
        return tt_fail(err, TT_NOMEM, "no memory for folded weights");
    p->params = params;
    backend_threads_enter(&threads, p->setup.threads);
    for (int l = 0; l < p->net.layers && rc == 0; l++)
        rc = layer_load(p, &p->layer[l], stats, folded, err);
    backend_threads_leave(&threads);
    free(folded);
    return rc;
}

/* The network's output, from the last convolution's. */
static void finish(const struct backend_program *p, float *y)
{
    const struct program_layer *last = &p->layer[p->net.layers - 1];
    const float *pre = backend_arena_at(&p->arena, last->conv_out);
    size_t count = p->outputs;

    if (last->def.kind == BACKEND_LOGITS) {
        memcpy(y, pre, count * sizeof(float));
        return;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++)
        y[i] = 1 / (1 + expf(-pre[i]));
}

static int layer_forward(struct backend_program *p, struct program_layer *y,
                         float *stats, struct tt_error *err)
{
    if (conv_forward(y->conv, err) < 0)
        return -1;
    if (backend_layer_ends(&y->def))
        return 0;
    if (program_trains(p))
        return backend_norm_forward(&y->norm, p->params + y->def.scale,
                                    p->params + y->def.bias,
                                    stats ? stats + y->def.mean : NULL,
                                    stats ? stats + y->def.var : NULL, err);
    if (y->home < 0)
        backend_norm_copy(&y->norm);
    return 0;
}

static int program_forward(struct backend_program *p, const float *x, float *y,
                           float *stats, struct tt_error *err)
{
    struct backend_threads threads;
    int rc = 0;

    backend_threads_enter(&threads, p->setup.threads);
    p->loops->from_f32(x, backend_arena_at(&p->arena, p->input), p->inputs);
    for (int l = 0; l < p->net.layers && rc == 0; l++)
        rc = layer_forward(p, &p->layer[l], stats, err);
    finish(p, y);
    if (program_trains(p))
        memcpy(backend_arena_at(&p->arena, p->y), y,
               p->outputs * sizeof(float));
    backend_threads_leave(&threads);
    return rc;
}

/* The gradient of the last convolution's output: that of y, of a HEAD times
 * y (1 - y). Reuses the space of y. */
static void finish_back(struct backend_program *p, const float *dy)
{
    bool head = p->layer[p->net.layers - 1].def.kind == BACKEND_HEAD;
    float *y = backend_arena_at(&p->arena, p->y);
    size_t count = p->outputs;

    if (head) {
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < count; i++)
            y[i] = dy[i] * y[i] * (1 - y[i]);
    }
    p->loops->from_f32(head ? y : dy, backend_arena_at(&p->arena, p->dpre),
                       count);
}

/* The process's share of a mean over the group, and begin to add them up. */
static int share_run(struct backend_program *p, float *values, size_t count,
                     struct tt_error *err)
{
    float share = 1 / (float)reduce_size(p->setup.group);

#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < count; i++)
        values[i] *= share;
    return reduce_begin(p->setup.group, values, count, err);
}

/* A layer's parameters follow each other in most networks, and are then one
 * message. */
static int share_gradients(struct backend_program *p,
                           const struct program_layer *y, float *grads,
                           struct tt_error *err)
{
    size_t co = (size_t)y->def.co, k = (size_t)y->def.kernel;
    const struct {
        size_t at, count;
    } part[] = {{y->def.weight, co * (size_t)y->def.ci * k * k},
                {y->def.scale, y->def.norm ? co : 0},
                {y->def.bias, co}};
    size_t first = part[0].at, end = first + part[0].count;

    for (int i = 1; i < 3; i++) {
        if (part[i].count && part[i].at != end) {
            if (share_run(p, grads + first, end - first, err) < 0)
                return -1;
            first = part[i].at;
            end = first;
        }
        end += part[i].count;
    }
    return share_run(p, grads + first, end - first, err);
}

static int layer_backward(struct backend_program *p, struct program_layer *y,
                          float *grads, struct tt_error *err)
{
    float *dscale = grads && y->def.norm ? grads + y->def.scale : NULL;
    float *dbias = grads ? grads + y->def.bias : NULL;

    if (!backend_layer_ends(&y->def) &&
        backend_norm_backward(&y->norm, dscale, dbias, err) < 0)
        return -1;
    // a norm has written its bias' gradient already
    if (grads &&
        conv_back_weights(y->conv, grads + y->def.weight,
                          backend_layer_ends(&y->def) ? dbias : NULL, err) < 0)
        return -1;
    if (grads && p->setup.group && share_gradients(p, y, grads, err) < 0)
        return -1;
    if (y->diff < 0)
        return 0;
    return conv_back_data(y->conv, err);
}

static int program_backward(struct backend_program *p, const float *dy,
                            float *grads, float *dx, struct tt_error *err)
{
    struct backend_threads threads;
    int rc = 0;

    assert(!dx || p->setup.input_gradient);
    backend_threads_enter(&threads, p->setup.threads);
    finish_back(p, dy);
    for (int l = p->net.layers - 1; l >= 0 && rc == 0; l--)
        rc = layer_backward(p, &p->layer[l], grads, err);
    if (rc == 0 && grads)
        rc = reduce_wait(p->setup.group, err);
    if (rc == 0 && dx)
        p->loops->to_f32(backend_arena_at(&p->arena, p->layer[0].diff), dx,
                         p->inputs);
    backend_threads_leave(&threads);
    return rc;
}

static enum backend_precision program_precision(const struct backend_program *p)
{
    return p->bf16 ? BACKEND_BF16 : BACKEND_F32;
}

static size_t program_memory(const struct backend_program *p)
{
    size_t sum = p->arena.size + p->scratch_size;

    for (int l = 0; l < p->net.layers; l++)
        sum += conv_memory(p->layer[l].conv);
    return sum;
}

const struct backend_ops backend_onednn = {
    .name = "onednn",
    .summary = "oneDNN on this processor, bf16 or f32",
    .can = onednn_can,
    .open = program_open,
    .load = program_load,
    .forward = program_forward,
    .backward = program_backward,
    .precision = program_precision,
    .memory = program_memory,
    .close = program_close,
};
