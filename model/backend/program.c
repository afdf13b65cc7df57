/* The program of backend_onednn: the layers' convolutions by onednn.c, all
 * else by our own loops. Its steps are the layers forward, 0 .. L-1, and the
 * same backward, L .. 2L-1; every buffer knows at which steps it is needed, and
 * the arena lets those share memory that are never needed at once. */
#include "model/backend/backend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/arena.h"
#include "model/backend/corner.h"
#include "model/backend/loops.h"
#include "model/backend/norm.h"
#include "model/backend/onednn.h"
#include "model/backend/threads.h"

struct layer {
    struct backend_layer def;
    int h, w; /* of the output */
    struct onednn_conv *conv;
    struct backend_norm norm; /* not HEAD */
    // numbers of buffers in the arena, -1: none
    int src;              /* what the convolution reads: N, H, W, CI */
    int conv_out;         /* what it writes; backward, the gradient of that */
    int out;              /* N, H, W, CO, where a layer reads this one alone */
    int diff;             /* gradient of src */
    float *kernel, *bias; /* folded, or in corner form: what is packed */
};

struct backend_program {
    struct backend_net net;
    struct backend_setup setup;
    bool bf16;
    const struct backend_loops *loops;
    const float *params; /* borrowed */
    struct onednn *lib;
    struct backend_arena arena;
    struct layer layer[BACKEND_LAYERS];
    int input, y, dpre; /* buffers: x as read; HEAD's output, its gradient */
    void *scratch;
    size_t scratch_size, pixels; /* N H W */
};

static bool trains(const struct backend_program *p)
{
    return p->setup.use == BACKEND_TRAIN;
}

static int last_step(const struct backend_program *p)
{
    return trains(p) ? 2 * p->net.layers - 1 : p->net.layers - 1;
}

/* The last step at which layer l reads its input. */
static int last_use(const struct backend_program *p, int l)
{
    return trains(p) ? 2 * p->net.layers - 1 - l : l;
}

static int backward_step(const struct backend_program *p, int l)
{
    return 2 * p->net.layers - 1 - l;
}

static size_t tensor_bytes(const struct backend_program *p, int h, int w, int c)
{
    return (size_t)p->setup.batch * (size_t)h * (size_t)w * (size_t)c *
           p->loops->bytes;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

/* The input side of layer l. */
static void source_size(const struct layer *y, int *h, int *w)
{
    *h = y->def.kind == BACKEND_UP ? y->h / 2 : y->h * y->def.stride;
    *w = y->def.kind == BACKEND_UP ? y->w / 2 : y->w * y->def.stride;
}

/* The buffer of what layer l puts out for those that read it alone. */
static void plan_out(struct backend_program *p, int l)
{
    struct layer *y = &p->layer[l];
    int last = -1;

    for (int c = l + 1; c < p->net.layers; c++)
        if (p->layer[c].def.from == l && p->layer[c].def.join == BACKEND_NONE)
            last = max(last, last_use(p, c));
    if (y->def.kind == BACKEND_UNIT && !trains(p))
        last = max(last, l); // the convolution writes there
    y->out = -1;
    if (last >= 0)
        y->out = backend_arena_add(
            &p->arena, tensor_bytes(p, y->h, y->w, y->def.co), l, last);
}

static void plan_conv_out(struct backend_program *p, int l)
{
    struct layer *y = &p->layer[l];
    size_t size = tensor_bytes(p, y->h, y->w, y->def.co);

    if (y->def.kind == BACKEND_UP)
        size = tensor_bytes(p, y->h / 2 + 1, y->w / 2 + 1, 4 * y->def.co);
    if (y->def.kind == BACKEND_HEAD)
        y->conv_out =
            backend_arena_add(&p->arena, p->pixels * 2 * sizeof(float), l, l);
    else if (trains(p))
        y->conv_out =
            backend_arena_add(&p->arena, size, l, backward_step(p, l));
    else if (y->def.kind == BACKEND_UP)
        y->conv_out = backend_arena_add(&p->arena, size, l, l);
    else
        y->conv_out = y->out;
}

static void plan_source(struct backend_program *p, int l)
{
    struct layer *y = &p->layer[l];
    int from = y->def.from, join = y->def.join, first, h, w;
    size_t size;

    source_size(y, &h, &w);
    size = tensor_bytes(p, h, w, y->def.ci);
    if (join != BACKEND_NONE)
        y->src = backend_arena_add(&p->arena, size, max(0, min(from, join)),
                                   last_use(p, l));
    else
        y->src = from == BACKEND_INPUT ? p->input : p->layer[from].out;
    first = join == BACKEND_NONE ? from : min(from, join);
    y->diff = -1;
    if (trains(p) && from != BACKEND_INPUT)
        y->diff = backend_arena_add(&p->arena, size, backward_step(p, l),
                                    backward_step(p, max(0, first)));
}

static int plan(struct backend_program *p, struct tt_error *err)
{
    size_t x = p->pixels * p->loops->bytes;
    int head = p->net.layers - 1;

    p->input = backend_arena_add(&p->arena, x, 0, last_step(p));
    p->y = p->dpre = -1;
    if (trains(p)) {
        p->y = backend_arena_add(&p->arena, p->pixels * 2 * sizeof(float), head,
                                 head + 1);
        p->dpre = backend_arena_add(&p->arena, 2 * x, head + 1, head + 1);
    }
    for (int l = 0; l < p->net.layers; l++)
        plan_out(p, l);
    for (int l = 0; l < p->net.layers; l++) {
        plan_conv_out(p, l);
        plan_source(p, l);
    }
    return backend_arena_place(&p->arena, err);
}

/* Tell layer l's norm where its pixels go and where their gradients come
 * from: as they are, or as a slice of what a joining layer reads. */
static int wire(struct backend_program *p, int l, struct tt_error *err)
{
    struct layer *y = &p->layer[l];
    size_t bytes = p->loops->bytes;
    int outs = 0, dzs = 0;

    y->norm.x = backend_arena_at(&p->arena, y->conv_out);
    if (y->out >= 0) {
        y->norm.out[outs].at = backend_arena_at(&p->arena, y->out);
        y->norm.out[outs++].step = (size_t)y->def.co;
    }
    for (int c = l + 1; c < p->net.layers; c++) {
        const struct layer *by = &p->layer[c];
        bool joined = by->def.join != BACKEND_NONE;
        size_t offset = 0;

        if (by->def.from != l && by->def.join != l)
            continue;
        if (dzs == 2 || (joined && outs == 2))
            return tt_fail(err, TT_USAGE,
                           "layer %d is read by more than two others", l);
        if (by->def.join == l)
            offset = (size_t)(by->def.ci - y->def.co) * bytes;
        if (joined) {
            y->norm.out[outs].at =
                (char *)backend_arena_at(&p->arena, by->src) + offset;
            y->norm.out[outs++].step = (size_t)by->def.ci;
        }
        if (by->diff >= 0) {
            y->norm.dz.at[dzs] =
                (char *)backend_arena_at(&p->arena, by->diff) + offset;
            y->norm.dz.step[dzs] = (size_t)by->def.ci;
        }
        dzs++;
    }
    if (dzs == 0)
        return tt_fail(err, TT_USAGE, "layer %d is read by none", l);
    return 0;
}

static int norm_open(struct backend_program *p, int l, struct tt_error *err)
{
    struct layer *y = &p->layer[l];

    if (y->def.kind == BACKEND_HEAD)
        return 0;
    y->norm.n = p->setup.batch;
    y->norm.h = y->h;
    y->norm.w = y->w;
    y->norm.c = y->def.co;
    y->norm.corner = y->def.kind == BACKEND_UP;
    y->norm.train = trains(p);
    y->norm.threads = p->setup.threads;
    y->norm.loops = p->loops;
    if (backend_norm_init(&y->norm, err) < 0)
        return -1;
    return wire(p, l, err);
}

static int conv_open(struct backend_program *p, int l, struct tt_error *err)
{
    struct layer *y = &p->layer[l];
    bool up = y->def.kind == BACKEND_UP, head = y->def.kind == BACKEND_HEAD;
    struct onednn_shape s = {
        .n = p->setup.batch,
        .ci = y->def.ci,
        .co = up ? 4 * y->def.co : y->def.co,
        .oh = up ? y->h / 2 + 1 : y->h,
        .ow = up ? y->w / 2 + 1 : y->w,
        .kernel = up ? 2 : 3,
        .stride = up ? 1 : y->def.stride,
        .pad = 1,
        .bf16 = p->bf16,
        .dst_f32 = head,
        .bias = head || !trains(p),
        .relu = !head && !trains(p),
        .train = trains(p),
        .back_data = y->diff >= 0,
    };
    char name[24];

    source_size(y, &s.h, &s.w);
    snprintf(name, sizeof(name), "%d", l);
    return onednn_conv_open(&y->conv, p->lib, &s, name, err);
}

static int layer_open(struct backend_program *p, int l, struct tt_error *err)
{
    struct layer *y = &p->layer[l];
    size_t pairs = (size_t)y->def.co * (size_t)y->def.ci;
    bool up = y->def.kind == BACKEND_UP;

    if (up || !trains(p)) {
        y->kernel = malloc(pairs * (up ? 16 : 9) * sizeof(float));
        y->bias = malloc(4 * (size_t)y->def.co * sizeof(float));
        if (!y->kernel || !y->bias)
            return tt_fail(err, TT_NOMEM, "no memory for layer %d", l);
    }
    if (conv_open(p, l, err) < 0 || norm_open(p, l, err) < 0)
        return -1;
    if (onednn_conv_scratch(y->conv) > p->scratch_size)
        p->scratch_size = onednn_conv_scratch(y->conv);
    return 0;
}

static int bind(struct backend_program *p, struct tt_error *err)
{
    size_t size = (p->scratch_size + BACKEND_ALIGN) / BACKEND_ALIGN;

    p->scratch = aligned_alloc(BACKEND_ALIGN, size * BACKEND_ALIGN);
    if (!p->scratch)
        return tt_fail(err, TT_NOMEM, "no memory for oneDNN's scratch");
    for (int l = 0; l < p->net.layers; l++) {
        struct layer *y = &p->layer[l];
        bool head = y->def.kind == BACKEND_HEAD;
        struct onednn_buffers b = {
            .src = backend_arena_at(&p->arena, y->src),
            .dst = backend_arena_at(&p->arena, y->conv_out),
            .diff_src = backend_arena_at(&p->arena, y->diff),
            .diff_dst =
                backend_arena_at(&p->arena, head ? p->dpre : y->conv_out),
            .scratch = p->scratch,
        };

        if (onednn_conv_bind(y->conv, &b, err) < 0)
            return -1;
    }
    return 0;
}

static int build(struct backend_program *p, struct tt_error *err)
{
    if (onednn_open(&p->lib, err) < 0)
        return -1;
    for (int l = 0; l < p->net.layers; l++) {
        p->layer[l].def = p->net.layer[l];
        p->layer[l].h = p->setup.height >> p->net.layer[l].shift;
        p->layer[l].w = p->setup.width >> p->net.layer[l].shift;
    }
    if (plan(p, err) < 0)
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
        onednn_conv_close(p->layer[l].conv);
        backend_norm_release(&p->layer[l].norm);
        free(p->layer[l].kernel);
        free(p->layer[l].bias);
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
    p = calloc(1, sizeof(*p));
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a program");
    p->net = *net;
    p->setup = *setup;
    p->bf16 = setup->precision == BACKEND_AUTO
                  ? backend_loops_bf16()
                  : setup->precision == BACKEND_BF16;
    p->loops = backend_loops_of(p->bf16);
    p->pixels =
        (size_t)setup->batch * (size_t)setup->height * (size_t)setup->width;
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

/* w' = w g / sqrt(V + eps), b' = b - M g / sqrt(V + eps) (HEAD: as they are),
 * and the bias once for each phase of an UP. */
static void fold(const struct layer *y, const float *params, const float *stats,
                 float *w)
{
    size_t each = 9 * (size_t)y->def.ci;
    int co = y->def.co;

    for (int o = 0; o < co; o++) {
        float f = 1, b = params[y->def.bias + (size_t)o];
        const float *from = params + y->def.weight + (size_t)o * each;

        if (y->def.kind != BACKEND_HEAD) {
            f = params[y->def.scale + (size_t)o] /
                sqrtf(stats[y->def.var + (size_t)o] + BACKEND_NORM_EPS);
            b -= stats[y->def.mean + (size_t)o] * f;
        }
        for (size_t i = 0; i < each; i++)
            w[(size_t)o * each + i] = from[i] * f;
        for (int phase = 0; phase < 4; phase++)
            y->bias[phase * co + o] = b;
    }
}

static int layer_load(struct backend_program *p, struct layer *y,
                      const float *stats, struct tt_error *err)
{
    const float *w = p->params + y->def.weight;
    size_t count = 9 * (size_t)y->def.co * (size_t)y->def.ci;
    float *folded = NULL;
    int rc;

    if (!trains(p)) {
        folded = malloc(count * sizeof(float));
        if (!folded)
            return tt_fail(err, TT_NOMEM, "no memory for folded weights");
        fold(y, p->params, stats, folded);
        w = folded;
    }
    if (y->def.kind == BACKEND_UP) {
        backend_corner_kernels(w, y->def.co, y->def.ci, y->kernel);
        w = y->kernel;
    }
    rc = onednn_conv_pack(y->conv, w,
                          trains(p) ? p->params + y->def.bias : y->bias, err);
    free(folded);
    return rc;
}

static int program_load(struct backend_program *p, const float *params,
                        const float *stats, struct tt_error *err)
{
    struct backend_threads threads;
    int rc = 0;

    p->params = params;
    backend_threads_enter(&threads, p->setup.threads);
    for (int l = 0; l < p->net.layers && rc == 0; l++)
        rc = layer_load(p, &p->layer[l], stats, err);
    backend_threads_leave(&threads);
    return rc;
}

static void sigmoid(const struct backend_program *p, const float *pre, float *y)
{
    size_t count = p->pixels * 2;

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++)
        y[i] = 1 / (1 + expf(-pre[i]));
}

static int layer_forward(struct backend_program *p, struct layer *y,
                         float *stats, struct tt_error *err)
{
    if (onednn_conv_forward(y->conv, err) < 0)
        return -1;
    if (y->def.kind == BACKEND_HEAD)
        return 0;
    if (trains(p))
        backend_norm_forward(&y->norm, p->params + y->def.scale,
                             p->params + y->def.bias, stats + y->def.mean,
                             stats + y->def.var);
    else
        backend_norm_copy(&y->norm);
    return 0;
}

static int program_forward(struct backend_program *p, const float *x, float *y,
                           float *stats, struct tt_error *err)
{
    const struct layer *head = &p->layer[p->net.layers - 1];
    struct backend_threads threads;
    int rc = 0;

    backend_threads_enter(&threads, p->setup.threads);
    p->loops->from_f32(x, backend_arena_at(&p->arena, p->input), p->pixels);
    for (int l = 0; l < p->net.layers && rc == 0; l++)
        rc = layer_forward(p, &p->layer[l], stats, err);
    sigmoid(p, backend_arena_at(&p->arena, head->conv_out), y);
    if (trains(p))
        memcpy(backend_arena_at(&p->arena, p->y), y,
               p->pixels * 2 * sizeof(float));
    backend_threads_leave(&threads);
    return rc;
}

/* The gradient before the sigmoid: dy y (1 - y). Reuses the space of y. */
static void sigmoid_back(struct backend_program *p, const float *dy)
{
    size_t count = p->pixels * 2;
    float *y = backend_arena_at(&p->arena, p->y);

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++)
        y[i] = dy[i] * y[i] * (1 - y[i]);
    p->loops->from_f32(y, backend_arena_at(&p->arena, p->dpre), count);
}

static int layer_backward(struct layer *y, float *grads, struct tt_error *err)
{
    bool up = y->def.kind == BACKEND_UP, head = y->def.kind == BACKEND_HEAD;
    float *dw = grads + y->def.weight;

    if (!head)
        backend_norm_backward(&y->norm, grads + y->def.scale,
                              grads + y->def.bias);
    if (onednn_conv_back_weights(y->conv, up ? y->kernel : dw,
                                 head ? grads + y->def.bias : NULL, err) < 0)
        return -1;
    if (up)
        backend_corner_gradient(y->kernel, y->def.co, y->def.ci, dw);
    if (y->diff < 0)
        return 0;
    return onednn_conv_back_data(y->conv, err);
}

static int program_backward(struct backend_program *p, const float *dy,
                            float *grads, struct tt_error *err)
{
    struct backend_threads threads;
    int rc = 0;

    backend_threads_enter(&threads, p->setup.threads);
    sigmoid_back(p, dy);
    for (int l = p->net.layers - 1; l >= 0 && rc == 0; l--)
        rc = layer_backward(&p->layer[l], grads, err);
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
        sum += onednn_conv_memory(p->layer[l].conv);
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
