#include "model/backend/direct.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/backend/corner.h"
#include "model/backend/strip.h"
#include "model/backend/tile.h"

/* One pass: its sweeps, one a phase, and their weights one after another. */
struct pass {
    int phases;
    struct sweep sweep[4];
    float *packed[4];
};

struct direct {
    struct conv_shape shape;
    struct conv_buffers at;
    struct pass forward, back;
    float *memory; /* all packed weights */
    size_t size;   /* floats of it */
    float *gradient;
    float *kernels; /* of an `up`: 2, 2, CO, CI, 2, 2 */
    float *bias, *zeros;
    size_t ends; /* floats of bias and zeros together */
};

bool direct_can(void)
{
    return tile_can();
}

bool direct_suits(void)
{
#ifdef __x86_64__
    return tile_can() && !__builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

static struct sweep_tap tap(int dy, int dx, int weight)
{
    return (struct sweep_tap){dy, dx, (size_t)weight};
}

/* All but the taps; the destination is written every `every` pixels from
 * phase (a, b) on. */
static struct sweep blank(const struct conv_shape *s, bool back, int every,
                          int phase)
{
    struct sweep w = {.n = s->n, .every = every, .stride = 1};
    size_t area = (size_t)(s->up ? 4 : s->kernel * s->kernel);

    w.oy = every == 2 ? phase / 2 : 0;
    w.ox = every == 2 ? phase % 2 : 0;
    w.ih = back ? s->oh : s->h;
    w.iw = back ? s->ow : s->w;
    w.oh = back ? s->h : s->oh;
    w.ow = back ? s->w : s->ow;
    w.h = (w.oh - w.oy + every - 1) / every;
    w.w = (w.ow - w.ox + every - 1) / every;
    w.ci = back ? s->co : s->ci;
    w.co = back ? s->ci : s->co;
    w.o_step = back ? area : area * (size_t)s->ci;
    w.i_step = back ? area * (size_t)s->ci : area;
    return w;
}

static void plain_forward(struct pass *p, const struct conv_shape *s)
{
    struct sweep *w = &p->sweep[0];

    *w = blank(s, false, 1, 0);
    w->stride = s->stride;
    for (int u = 0; u < s->kernel; u++)
        for (int v = 0; v < s->kernel; v++)
            w->tap[w->taps++] = tap(u - s->pad, v - s->pad, u * s->kernel + v);
    p->phases = 1;
}

/* Input pixel i is read by output o under tap u where i = o stride + u - pad:
 * those of one phase, i mod stride, by the same taps. */
static void plain_back(struct pass *p, const struct conv_shape *s)
{
    int k = s->kernel;

    for (int phase = 0; phase < s->stride * s->stride; phase++) {
        struct sweep *w = &p->sweep[p->phases++];

        *w = blank(s, true, s->stride, phase);
        for (int u = 0; u < k; u++)
            for (int v = 0; v < k; v++) {
                int dy = w->oy + s->pad - u, dx = w->ox + s->pad - v;

                if (dy % s->stride == 0 && dx % s->stride == 0)
                    w->tap[w->taps++] =
                        tap(dy / s->stride, dx / s->stride, u * k + v);
            }
    }
}

/* Where K_ab[p][q] of channels 0 and 0 lies in the kernels. */
static size_t corner_at(const struct conv_shape *s, int phase, int p, int q)
{
    size_t pairs = (size_t)s->co * (size_t)s->ci;

    return (size_t)phase * pairs * 4 + (size_t)(p * 2 + q);
}

/* Output (2i + a, 2j + b) reads input (i + a - 1 + p, j + b - 1 + q). */
static void up_forward(struct pass *p, const struct conv_shape *s)
{
    for (int phase = 0; phase < 4; phase++) {
        struct sweep *w = &p->sweep[p->phases++];

        *w = blank(s, false, 2, phase);
        for (int i = 0; i < 4; i++)
            w->tap[w->taps++] = tap(w->oy - 1 + i / 2, w->ox - 1 + i % 2,
                                    corner_at(s, phase, i / 2, i % 2));
    }
}

/* The other way round: input i is read by output 2 (i + 1 - a - p) + a. */
static void up_back(struct pass *p, const struct conv_shape *s)
{
    struct sweep *w = &p->sweep[0];

    *w = blank(s, true, 1, 0);
    w->stride = 2;
    for (int phase = 0; phase < 4; phase++)
        for (int i = 0; i < 4; i++)
            w->tap[w->taps++] =
                tap(2 - phase / 2 - 2 * (i / 2), 2 - phase % 2 - 2 * (i % 2),
                    corner_at(s, phase, i / 2, i % 2));
    p->phases = 1;
}

/* The one sweep that meets every product once: an `up` has four over its
 * output, but one over its input. */
static const struct sweep *by_pixel(const struct direct *d)
{
    return d->shape.up ? &d->back.sweep[0] : &d->forward.sweep[0];
}

static size_t pass_size(const struct pass *p)
{
    size_t sum = 0;

    for (int i = 0; i < p->phases; i++)
        sum += sweep_packed(&p->sweep[i]);
    return sum;
}

static float *pass_place(struct pass *p, float *at)
{
    for (int i = 0; i < p->phases; i++) {
        p->packed[i] = at;
        at += sweep_packed(&p->sweep[i]);
    }
    return at;
}

static float *kernels_take(const struct conv_shape *s)
{
    size_t pairs = (size_t)s->co * (size_t)s->ci;

    return tt_memory_take(16 * pairs * sizeof(float));
}

static int take_all(struct direct *d, struct tt_error *err)
{
    const struct conv_shape *s = &d->shape;
    size_t forward = pass_size(&d->forward), back = pass_size(&d->back);
    size_t co = (size_t)s->co + TILE_WIDTH, ci = (size_t)s->ci + TILE_WIDTH;

    d->size = forward + back + (s->train ? sweep_packed(by_pixel(d)) : 0);
    d->memory = tt_memory_take(d->size * sizeof(float));
    // the bias of either pass, the backward one's always 0
    d->ends = co + (ci > co ? ci : co);
    d->bias = tt_memory_take(d->ends * sizeof(float));
    if (s->up && s->train)
        d->kernels = kernels_take(s);
    if (!d->memory || !d->bias || (s->up && s->train && !d->kernels))
        return tt_fail(err, TT_NOMEM, "no memory for weights");
    memset(d->bias, 0, d->ends * sizeof(float));
    d->zeros = d->bias + co;
    pass_place(&d->forward, d->memory);
    d->gradient = pass_place(&d->back, d->memory + forward);
    return 0;
}

int direct_open(struct direct **out, const struct conv_shape *shape,
                struct tt_error *err)
{
    struct direct *d = calloc(1, sizeof(*d));

    *out = NULL;
    if (!d)
        return tt_fail(err, TT_NOMEM, "no memory for a layer");
    d->shape = *shape;
    (shape->up ? up_forward : plain_forward)(&d->forward, shape);
    if (shape->train && (shape->back_data || shape->up))
        (shape->up ? up_back : plain_back)(&d->back, shape);
    if (take_all(d, err) < 0) {
        direct_close(d);
        return -1;
    }
    *out = d;
    return 0;
}

size_t direct_memory(const struct direct *d)
{
    size_t pairs = (size_t)d->shape.co * (size_t)d->shape.ci;

    return (d->size + d->ends + (d->kernels ? 16 * pairs : 0)) * sizeof(float);
}

size_t direct_scratch(const struct direct *d)
{
    if (!d->shape.train)
        return 0;
    return strip_scratch(by_pixel(d));
}

void direct_bind(struct direct *d, const struct conv_buffers *b)
{
    d->at = *b;
    if (!d->at.src_step)
        d->at.src_step = (size_t)d->shape.ci;
    if (!d->at.dst_step)
        d->at.dst_step = (size_t)d->shape.co;
}

int direct_pack(struct direct *d, const float *weights, const float *bias,
                struct tt_error *err)
{
    const struct conv_shape *s = &d->shape;
    float *kernels = d->kernels;

    if (s->bias)
        memcpy(d->bias, bias, (size_t)s->co * sizeof(float));
    if (s->up) {
        if (!kernels)
            kernels = kernels_take(s);
        if (!kernels)
            return tt_fail(err, TT_NOMEM, "no memory for weights");
        backend_corner_kernels(weights, s->co, s->ci, kernels);
        weights = kernels;
    }
    for (int i = 0; i < d->forward.phases; i++)
        sweep_pack(&d->forward.sweep[i], weights, d->forward.packed[i]);
    for (int i = 0; i < d->back.phases; i++)
        sweep_pack(&d->back.sweep[i], weights, d->back.packed[i]);
    if (kernels != d->kernels)
        free(kernels);
    return 0;
}

static void pass_run(const struct direct *d, const struct pass *p,
                     struct sweep_place src, const struct sweep_end *end,
                     struct sweep_place dst)
{
    for (int i = 0; i < p->phases; i++)
        sweep_run(&p->sweep[i], src, p->packed[i], end, d->zeros, dst);
}

void direct_forward(const struct direct *d)
{
    const struct conv_shape *s = &d->shape;
    struct sweep_place src = {d->at.src, d->at.src_step};
    struct sweep_place dst = {d->at.dst, d->at.dst_step};
    struct sweep_end end = {s->bias ? d->bias : d->zeros, s->relu, s->slope};

    pass_run(d, &d->forward, src, &end, dst);
}

void direct_back_data(const struct direct *d)
{
    const struct conv_shape *s = &d->shape;
    struct sweep_place src = {d->at.diff_dst, (size_t)s->co};
    struct sweep_place dst = {d->at.diff_src, (size_t)s->ci};
    struct sweep_end end = {d->zeros, false, 0};

    pass_run(d, &d->back, src, &end, dst);
}

static void bias_gradient(const struct direct *d, float *dbias)
{
    const struct conv_shape *s = &d->shape;
    size_t pixels = (size_t)s->n * (size_t)s->oh * (size_t)s->ow;
    const float *from = d->at.diff_dst;

    for (int o = 0; o < s->co; o++) {
        double sum = 0;

        for (size_t i = 0; i < pixels; i++)
            sum += from[i * (size_t)s->co + (size_t)o];
        dbias[o] = (float)sum;
    }
}

void direct_back_weights(const struct direct *d, float *dweights, float *dbias)
{
    const struct conv_shape *s = &d->shape;
    struct sweep_place src = {d->at.src, (size_t)s->ci};
    struct sweep_place ddst = {d->at.diff_dst, (size_t)s->co};
    const struct sweep *w = by_pixel(d);
    struct sweep_place from = s->up ? ddst : src, to = s->up ? src : ddst;

    strip_gradient(w, from, to, d->at.scratch, d->gradient);
    sweep_unpack(w, d->gradient, s->up ? d->kernels : dweights);
    if (s->up)
        backend_corner_gradient(d->kernels, s->co, s->ci, dweights);
    if (s->bias && dbias)
        bias_gradient(d, dbias);
}

void direct_close(struct direct *d)
{
    if (!d)
        return;
    free(d->memory);
    free(d->kernels);
    free(d->bias);
    free(d);
}
