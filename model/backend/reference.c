/* The plain C backend, written to be read: every layer as its definition says,
 * in f64, nothing fused, folded or reordered. It is the truth that the other
 * backends are tested against, and far too slow for anything else. */
#include "model/backend/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct layer {
    struct backend_layer def;
    int ih, iw, h, w; /* of src, of out */
    size_t count;     /* values of out */
    double *src;      /* N, IH, IW, CI: joined, and for UP enlarged */
    double *conv;     /* N, H, W, CO: before batch norm or bias */
    double *out;      /* N, H, W, CO */
    double *dsrc, *dout;
    double *mean, *var; /* CO: of the batch, or running */
};

struct backend_program {
    struct backend_net net;
    struct backend_setup setup;
    struct layer layer[BACKEND_LAYERS];
    size_t pixels;          /* of the input: N H W */
    double *input, *dinput; /* N, H, W, inputs */
    double *params, *stats;
};

/* Where pixel (n, y, x) of a tensor with c channels begins. */
static size_t at(int n, int y, int x, int h, int w, int c)
{
    return (((size_t)n * (size_t)h + (size_t)y) * (size_t)w + (size_t)x) *
           (size_t)c;
}

/* The output of a source, with its channels; its side is that of src, or half
 * of it for UP. */
static const double *source(const struct backend_program *p, int from, int *c)
{
    *c = from == BACKEND_INPUT ? p->net.inputs : p->layer[from].def.co;
    return from == BACKEND_INPUT ? p->input : p->layer[from].out;
}

static double *source_gradient(struct backend_program *p, int from, int *c)
{
    *c = from == BACKEND_INPUT ? p->net.inputs : p->layer[from].def.co;
    return from == BACKEND_INPUT ? p->dinput : p->layer[from].dout;
}

/* Fill src: the channels of from and behind them those of join; each pixel
 * twice each way for UP. */
static void gather(struct backend_program *p, struct layer *y)
{
    int half = y->def.kind == BACKEND_UP ? 2 : 1;
    int sources[2] = {y->def.from, y->def.join}, first = 0;

    for (int s = 0; s < 2; s++) {
        const double *in;
        int c;

        if (sources[s] == BACKEND_NONE)
            continue;
        in = source(p, sources[s], &c);
        for (int n = 0; n < p->setup.batch; n++)
            for (int i = 0; i < y->ih; i++)
                for (int j = 0; j < y->iw; j++)
                    memcpy(y->src + at(n, i, j, y->ih, y->iw, y->def.ci) +
                               first,
                           in + at(n, i / half, j / half, y->ih / half,
                                   y->iw / half, c),
                           (size_t)c * sizeof(double));
        first += c;
    }
}

/* The way back: add dsrc to the gradients of what it was made of. */
static void scatter(struct backend_program *p, struct layer *y)
{
    int half = y->def.kind == BACKEND_UP ? 2 : 1;
    int sources[2] = {y->def.from, y->def.join}, first = 0;

    for (int s = 0; s < 2; s++) {
        double *d;
        int c;

        if (sources[s] == BACKEND_NONE)
            continue;
        d = source_gradient(p, sources[s], &c);
        for (int n = 0; n < p->setup.batch; n++)
            for (int i = 0; i < y->ih; i++)
                for (int j = 0; j < y->iw; j++) {
                    const double *from =
                        y->dsrc + at(n, i, j, y->ih, y->iw, y->def.ci) + first;
                    double *to = d + at(n, i / half, j / half, y->ih / half,
                                        y->iw / half, c);

                    for (int k = 0; k < c; k++)
                        to[k] += from[k];
                }
        first += c;
    }
}

/* What is done with each weight: output pixel o, input pixel i, weight w. */
typedef void each_fn(struct layer *y, size_t o, size_t i, size_t w, double *dw,
                     const double *weights);

/* All pairs of pixels that a kernel with pad 1 connects. */
static void convolve(struct backend_program *p, struct layer *y, each_fn *each,
                     double *dw)
{
    int ci = y->def.ci, co = y->def.co, side = y->def.kernel;
    const double *weights = p->params + y->def.weight;

    for (int n = 0; n < p->setup.batch; n++)
        for (int i = 0; i < y->h; i++)
            for (int j = 0; j < y->w; j++)
                for (int k = 0; k < side * side; k++) {
                    int r = i * y->def.stride + k / side - 1;
                    int s = j * y->def.stride + k % side - 1;

                    if (r < 0 || s < 0 || r >= y->ih || s >= y->iw)
                        continue;
                    each(y, at(n, i, j, y->h, y->w, co),
                         at(n, r, s, y->ih, y->iw, ci), (size_t)k, dw, weights);
                }
}

static void each_forward(struct layer *y, size_t o, size_t i, size_t k,
                         double *dw, const double *weights)
{
    size_t taps = (size_t)y->def.kernel * (size_t)y->def.kernel;

    (void)dw;
    for (int c = 0; c < y->def.co; c++) {
        const double *w = weights + (size_t)c * (size_t)y->def.ci * taps + k;
        double sum = 0;

        for (int d = 0; d < y->def.ci; d++)
            sum += y->src[i + (size_t)d] * w[taps * (size_t)d];
        y->conv[o + (size_t)c] += sum;
    }
}

/* dout is by now the gradient of conv. */
static void each_backward(struct layer *y, size_t o, size_t i, size_t k,
                          double *dw, const double *weights)
{
    size_t taps = (size_t)y->def.kernel * (size_t)y->def.kernel;

    for (int c = 0; c < y->def.co; c++) {
        size_t first = (size_t)c * (size_t)y->def.ci * taps + k;
        double d = y->dout[o + (size_t)c];

        for (int e = 0; e < y->def.ci; e++) {
            dw[first + taps * (size_t)e] += d * y->src[i + (size_t)e];
            y->dsrc[i + (size_t)e] += d * weights[first + taps * (size_t)e];
        }
    }
}

/* running_mean, running_var: NULL: they stay. */
static void batch_statistics(struct layer *y, double *running_mean,
                             double *running_var)
{
    size_t co = (size_t)y->def.co, m = y->count / co;

    for (size_t c = 0; c < co; c++) {
        double sum = 0, dev = 0;

        for (size_t i = c; i < y->count; i += co)
            sum += y->conv[i];
        y->mean[c] = sum / (double)m;
        for (size_t i = c; i < y->count; i += co)
            dev += (y->conv[i] - y->mean[c]) * (y->conv[i] - y->mean[c]);
        y->var[c] = dev / (double)m;
        if (!running_mean)
            continue;
        running_mean[c] +=
            (double)BACKEND_NORM_MOMENTUM * (y->mean[c] - running_mean[c]);
        running_var[c] += (double)BACKEND_NORM_MOMENTUM *
                          (dev / (double)(m - 1) - running_var[c]);
    }
}

/* What the layer puts out for v before its last step, and the slope of that
 * step at the output. */
static double activate(const struct backend_layer *def, double v)
{
    if (def->kind == BACKEND_HEAD)
        return 1 / (1 + exp(-v));
    if (def->kind == BACKEND_LOGITS || v > 0)
        return v;
    return (double)def->slope * v;
}

static double slope_at(const struct backend_layer *def, double out)
{
    if (def->kind == BACKEND_HEAD)
        return out * (1 - out);
    if (def->kind == BACKEND_LOGITS || out > 0)
        return 1;
    return (double)def->slope;
}

static void normalize(struct backend_program *p, struct layer *y, bool move)
{
    const double *scale = p->params + y->def.scale;
    const double *bias = p->params + y->def.bias;
    size_t co = (size_t)y->def.co;

    if (y->def.norm && p->setup.use == BACKEND_TRAIN) {
        batch_statistics(y, move ? p->stats + y->def.mean : NULL,
                         move ? p->stats + y->def.var : NULL);
    } else if (y->def.norm) {
        memcpy(y->mean, p->stats + y->def.mean, co * sizeof(double));
        memcpy(y->var, p->stats + y->def.var, co * sizeof(double));
    }
    for (size_t i = 0; i < y->count; i++) {
        size_t c = i % co;
        double v = y->conv[i];

        if (y->def.norm)
            v = scale[c] * (v - y->mean[c]) /
                sqrt(y->var[c] + (double)BACKEND_NORM_EPS);
        y->out[i] = activate(&y->def, v + bias[c]);
    }
}

/* dout, by now the gradient before the activation, becomes that of conv. */
static void normalize_back(struct backend_program *p, struct layer *y,
                           double *dscale, const double *dbias)
{
    const double *scale = p->params + y->def.scale;
    size_t co = (size_t)y->def.co, m = y->count / co;

    for (size_t c = 0; c < co; c++) {
        double r = 1 / sqrt(y->var[c] + (double)BACKEND_NORM_EPS);
        double dg = 0;

        for (size_t i = c; i < y->count; i += co)
            dg += y->dout[i] * (y->conv[i] - y->mean[c]) * r;
        for (size_t i = c; i < y->count; i += co) {
            double h = (y->conv[i] - y->mean[c]) * r;

            y->dout[i] =
                scale[c] * r *
                (y->dout[i] - dbias[c] / (double)m - h * dg / (double)m);
        }
        dscale[c] = dg;
    }
}

static void layer_backward(struct backend_program *p, struct layer *y,
                           double *grads)
{
    double *dbias = grads + y->def.bias;

    for (size_t i = 0; i < y->count; i++) {
        y->dout[i] *= slope_at(&y->def, y->out[i]);
        dbias[i % (size_t)y->def.co] += y->dout[i];
    }
    if (y->def.norm)
        normalize_back(p, y, grads + y->def.scale, dbias);
    memset(y->dsrc, 0,
           at(p->setup.batch, 0, 0, y->ih, y->iw, y->def.ci) * sizeof(double));
    convolve(p, y, each_backward, grads + y->def.weight);
    scatter(p, y);
}

static void widen(double *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (double)from[i];
}

static void narrow(float *to, const double *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)from[i];
}

static int reference_forward(struct backend_program *p, const float *x,
                             float *y, float *stats, struct tt_error *err)
{
    const struct layer *last = &p->layer[p->net.layers - 1];
    bool move = p->setup.use == BACKEND_TRAIN && stats;

    (void)err;
    widen(p->input, x, p->pixels * (size_t)p->net.inputs);
    if (move)
        widen(p->stats, stats, p->net.stats);
    for (int l = 0; l < p->net.layers; l++) {
        struct layer *f = &p->layer[l];

        gather(p, f);
        memset(f->conv, 0, f->count * sizeof(double));
        convolve(p, f, each_forward, NULL);
        normalize(p, f, move);
    }
    narrow(y, last->out, last->count);
    if (move)
        narrow(stats, p->stats, p->net.stats);
    return 0;
}

static int reference_backward(struct backend_program *p, const float *dy,
                              float *grads, float *dx, struct tt_error *err)
{
    const struct layer *last = &p->layer[p->net.layers - 1];
    size_t inputs = p->pixels * (size_t)p->net.inputs;
    double *g = calloc(p->net.params, sizeof(double));

    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory for gradients");
    memset(p->dinput, 0, inputs * sizeof(double));
    for (int l = 0; l < p->net.layers; l++)
        memset(p->layer[l].dout, 0, p->layer[l].count * sizeof(double));
    widen(last->dout, dy, last->count);
    for (int l = p->net.layers - 1; l >= 0; l--)
        layer_backward(p, &p->layer[l], g);
    if (grads)
        narrow(grads, g, p->net.params);
    if (dx)
        narrow(dx, p->dinput, inputs);
    free(g);
    return 0;
}

static int reference_load(struct backend_program *p, const float *params,
                          const float *stats, struct tt_error *err)
{
    (void)err;
    widen(p->params, params, p->net.params);
    if (stats)
        widen(p->stats, stats, p->net.stats);
    return 0;
}

static void reference_close(struct backend_program *p)
{
    if (!p)
        return;
    for (int l = 0; l < p->net.layers; l++)
        free(p->layer[l].src);
    free(p->input);
    free(p);
}

/* All tensors of a layer in one block. */
static int layer_open(struct backend_program *p, int l,
                      const struct backend_size *sizes, struct tt_error *err)
{
    struct layer *y = &p->layer[l];
    size_t src, co;

    y->def = p->net.layer[l];
    y->h = sizes[l].h;
    y->w = sizes[l].w;
    y->ih = y->def.from < 0 ? p->setup.height : sizes[y->def.from].h;
    y->iw = y->def.from < 0 ? p->setup.width : sizes[y->def.from].w;
    if (y->def.kind == BACKEND_UP) {
        y->ih *= 2;
        y->iw *= 2;
    }
    co = (size_t)y->def.co;
    src = at(p->setup.batch, 0, 0, y->ih, y->iw, y->def.ci);
    y->count = at(p->setup.batch, 0, 0, y->h, y->w, y->def.co);
    y->src = calloc(2 * src + 3 * y->count + 2 * co, sizeof(double));
    if (!y->src)
        return tt_fail(err, TT_NOMEM, "no memory for layer %d", l);
    y->dsrc = y->src + src;
    y->conv = y->dsrc + src;
    y->out = y->conv + y->count;
    y->dout = y->out + y->count;
    y->mean = y->dout + y->count;
    y->var = y->mean + co;
    return 0;
}

static int reference_open(struct backend_program **out,
                          const struct backend_net *net,
                          const struct backend_setup *setup,
                          struct tt_error *err)
{
    struct backend_size sizes[BACKEND_LAYERS];
    struct backend_program *p;
    size_t inputs;

    *out = NULL;
    if (backend_net_check(net, setup, err) < 0)
        return -1;
    if (setup->precision == BACKEND_BF16)
        return tt_fail(err, TT_USAGE, "the reference computes in f64 only");
    if (setup->group)
        return tt_fail(err, TT_USAGE, "the reference computes alone");
    p = calloc(1, sizeof(*p));
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a program");
    p->net = *net;
    p->setup = *setup;
    p->pixels =
        (size_t)setup->batch * (size_t)setup->height * (size_t)setup->width;
    inputs = p->pixels * (size_t)net->inputs;
    backend_net_sizes(net, (struct backend_size){setup->height, setup->width},
                      sizes);
    p->input = calloc(2 * inputs + net->params + net->stats, sizeof(double));
    if (!p->input) {
        tt_fail(err, TT_NOMEM, "no memory for a program");
        goto fail;
    }
    p->dinput = p->input + inputs;
    p->params = p->dinput + inputs;
    p->stats = p->params + net->params;
    for (int l = 0; l < net->layers; l++)
        if (layer_open(p, l, sizes, err) < 0)
            goto fail;
    *out = p;
    return 0;

fail:
    reference_close(p);
    return -1;
}

static bool reference_can(enum backend_precision precision)
{
    return precision != BACKEND_BF16;
}

static enum backend_precision
reference_precision(const struct backend_program *p)
{
    (void)p;
    return BACKEND_F32;
}

static size_t reference_memory(const struct backend_program *p)
{
    size_t inputs = p->pixels * (size_t)p->net.inputs;
    size_t sum = 2 * inputs + p->net.params + p->net.stats;

    for (int l = 0; l < p->net.layers; l++)
        sum +=
            3 * p->layer[l].count + 2 * at(p->setup.batch, 0, 0, p->layer[l].ih,
                                           p->layer[l].iw, p->layer[l].def.ci);
    return sum * sizeof(double);
}

const struct backend_ops backend_reference = {
    .name = "reference",
    .summary = "plain C, slow: the truth for the tests",
    .can = reference_can,
    .open = reference_open,
    .load = reference_load,
    .forward = reference_forward,
    .backward = reference_backward,
    .precision = reference_precision,
    .memory = reference_memory,
    .close = reference_close,
};
