#include "tests/model/gpu/host.h"

#include <stdlib.h>
#include <string.h>

#include "model/gpu/learn.h"
#include "model/gpu/program.h"

#define BLOCKS 512

struct gpu_conv {
    struct gpu_shape shape;
    struct gpu_operands at;
};

struct host {
    struct gpu_engine engine;
    int count;
    void *block[BLOCKS]; /* memory and convolutions alike */
    size_t memory;
};

static struct host *host_of(struct gpu_engine *e)
{
    return (struct host *)e;
}

static void *take(struct gpu_engine *e, size_t bytes, struct tt_error *err)
{
    struct host *h = host_of(e);
    size_t whole = (bytes + 255) / 256 * 256;
    void *at = h->count < BLOCKS ? aligned_alloc(256, whole) : NULL;

    if (!at) {
        tt_fail(err, TT_NOMEM, "no memory");
        return NULL;
    }
    memset(at, 0, whole);
    h->block[h->count++] = at;
    h->memory += whole;
    return at;
}

static int put(struct gpu_engine *e, void *at, const void *from, size_t bytes,
               struct tt_error *err)
{
    (void)e;
    (void)err;
    memcpy(at, from, bytes);
    return 0;
}

static int get(struct gpu_engine *e, void *to, const void *at, size_t bytes,
               struct tt_error *err)
{
    (void)e;
    (void)err;
    memcpy(to, at, bytes);
    return 0;
}

/* More than any test keeps here. */
static size_t room(const struct gpu_engine *e)
{
    (void)e;
    return (size_t)64 << 20;
}

static struct gpu_conv *conv(struct gpu_engine *e, const struct gpu_shape *s,
                             const struct gpu_operands *at,
                             struct tt_error *err)
{
    struct gpu_conv *c = take(e, sizeof(*c), err);

    if (c) {
        c->shape = *s;
        c->at = *at;
    }
    return c;
}

/* x at pixel (n, i, j). */
static size_t x_at(const struct gpu_shape *s, int n, int i, int j)
{
    return (((size_t)n * (size_t)s->h + (size_t)i) * (size_t)s->w + (size_t)j) *
           (size_t)s->ci;
}

static size_t y_at(const struct gpu_shape *s, int n, int i, int j)
{
    return (((size_t)n * (size_t)s->oh + (size_t)i) * (size_t)s->ow +
            (size_t)j) *
           (size_t)s->co;
}

/* Every pair of pixels that the kernel joins: fn(pair). */
struct pair {
    size_t x, y; /* offsets of their first channels */
    size_t tap;
};

typedef void pair_fn(const struct gpu_conv *c, struct pair p, float *sums);

static void each_pair(const struct gpu_conv *c, pair_fn *fn, float *sums)
{
    const struct gpu_shape *s = &c->shape;

    for (int n = 0; n < s->n; n++)
        for (int i = 0; i < s->oh; i++)
            for (int j = 0; j < s->ow; j++)
                for (int t = 0; t < s->kernel * s->kernel; t++) {
                    int u = i * s->stride + t / s->kernel - 1;
                    int v = j * s->stride + t % s->kernel - 1;

                    if (u < 0 || v < 0 || u >= s->h || v >= s->w)
                        continue;
                    fn(c,
                       (struct pair){x_at(s, n, u, v), y_at(s, n, i, j),
                                     (size_t)t},
                       sums);
                }
}

/* The weights of output o and that tap: CI of them. */
static size_t w_at(const struct gpu_shape *s, size_t o, size_t tap)
{
    return (o * (size_t)(s->kernel * s->kernel) + tap) * (size_t)s->ci;
}

static void forward(const struct gpu_conv *c, struct pair p, float *y)
{
    const gpu_value *x = c->at.x, *w = c->at.w;
    size_t ci = (size_t)c->shape.ci;

    for (size_t o = 0; o < (size_t)c->shape.co; o++)
        for (size_t i = 0; i < ci; i++)
            y[p.y + o] += gpu_wide(x[p.x + i]) *
                          gpu_wide(w[w_at(&c->shape, o, p.tap) + i]);
}

static void back_data(const struct gpu_conv *c, struct pair p, float *x)
{
    const gpu_value *y = c->at.y, *w = c->at.w;
    size_t ci = (size_t)c->shape.ci;

    for (size_t o = 0; o < (size_t)c->shape.co; o++)
        for (size_t i = 0; i < ci; i++)
            x[p.x + i] += gpu_wide(y[p.y + o]) *
                          gpu_wide(w[w_at(&c->shape, o, p.tap) + i]);
}

static void back_weights(const struct gpu_conv *c, struct pair p, float *w)
{
    const gpu_value *x = c->at.x, *y = c->at.y;
    size_t ci = (size_t)c->shape.ci;

    for (size_t o = 0; o < (size_t)c->shape.co; o++)
        for (size_t i = 0; i < ci; i++)
            w[w_at(&c->shape, o, p.tap) + i] +=
                gpu_wide(y[p.y + o]) * gpu_wide(x[p.x + i]);
}

static int run_conv(const struct gpu_conv *c, struct tt_error *err)
{
    static pair_fn *const passes[] = {forward, back_data, back_weights};
    const struct gpu_shape *s = &c->shape;
    size_t counts[] = {y_at(s, s->n, 0, 0), x_at(s, s->n, 0, 0),
                       w_at(s, (size_t)s->co, 0)};
    gpu_value *outs[] = {c->at.y, c->at.x, c->at.w};
    float *sums = calloc(counts[s->pass], sizeof(float));

    if (!sums)
        return tt_fail(err, TT_NOMEM, "no memory");
    each_pair(c, passes[s->pass], sums);
    for (size_t i = 0; i < counts[s->pass]; i++) {
        if (s->relu)
            sums[i] += c->at.bias[i % (size_t)s->co];
        if (s->relu && sums[i] < 0)
            sums[i] = 0;
        outs[s->pass][i] = gpu_narrow(sums[i]);
    }
    free(sums);
    return 0;
}

static void run_kernel(const struct gpu_step *s)
{
    switch (s->kernel) {
#define X(name, args_of)                                                       \
    case GPU_##name:                                                           \
        for (size_t i = 0; i < s->count; i++)                                  \
            gpu_##name##_at(&s->args.name, i);                                 \
        break;
        GPU_KERNELS(X)
#undef X
    case GPU_KERNEL_COUNT:
        break;
    }
}

static int run_step(struct gpu_engine *e, const struct gpu_step *s,
                    struct tt_error *err)
{
    if (s->conv)
        return run_conv(s->conv, err);
    if (!s->sum) {
        run_kernel(s);
        return 0;
    }
    if (reduce_begin(e->group, s->sum, s->count, err) < 0)
        return -1;
    return reduce_wait(e->group, err);
}

static int run(struct gpu_engine *e, struct gpu_list *list,
               struct tt_error *err)
{
    for (int i = 0; i < list->count; i++)
        if (run_step(e, &list->step[i], err) < 0)
            return -1;
    list->runs++;
    return 0;
}

static size_t memory(const struct gpu_engine *e)
{
    return ((const struct host *)e)->memory;
}

static void forget(struct gpu_engine *e, struct gpu_list *list)
{
    (void)e;
    (void)list;
}

static void host_close(struct gpu_engine *e)
{
    struct host *h = host_of(e);

    if (!h)
        return;
    while (h->count > 0)
        free(h->block[--h->count]);
    free(h);
}

static const struct gpu_engine_ops ops = {
    .take = take,
    .put = put,
    .get = get,
    .lock = take,
    .send = put,
    .room = room,
    .conv = conv,
    .run = run,
    .memory = memory,
    .forget = forget,
    .close = host_close,
};

struct gpu_engine *host_engine_open(void)
{
    struct host *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->engine.ops = &ops;
    return &h->engine;
}

static int host_open(struct backend_program **out,
                     const struct backend_net *net,
                     const struct backend_setup *setup, struct tt_error *err)
{
    struct gpu_engine *e = host_engine_open();

    *out = NULL;
    if (!e)
        return tt_fail(err, TT_NOMEM, "no memory");
    return gpu_program_open(out, e, net, setup, err);
}

static bool can(enum backend_precision precision)
{
    return precision != BACKEND_F32;
}

const struct backend_ops host_backend = {
    .name = "host",
    .summary = "the program of a GPU in plain loops",
    .can = can,
    .open = host_open,
    .load = gpu_program_load,
    .forward = gpu_program_forward,
    .backward = gpu_program_backward,
    .precision = gpu_program_precision,
    .memory = gpu_program_memory,
    .close = gpu_program_close,
    .learn = &gpu_learn,
};
