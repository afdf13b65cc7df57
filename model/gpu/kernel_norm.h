/**
 * kernel_norm: batch norm and (leaky) ReLU with their gradients. See kernels.h.
 *
 * Sums over pixels are made of pieces of GPU_PIECE pixels, and those are joined
 * GPU_FAN at a time: in a fixed order, so the bits repeat.
 */
#ifndef GPU_KERNEL_NORM_H
#define GPU_KERNEL_NORM_H

#include <math.h>

#include "model/gpu/number.h"

#define GPU_PIECE 32 /* pixels */
#define GPU_FAN   32 /* parts */

/* --- batch norm, forward --- */

/** part: pieces, 2, C: the mean of x, and the sum of (x - mean)^2. i: piece,
 *  eight channels. */
struct gpu_moments {
    const gpu_value *x; /* pixels, C */
    float *part;
    size_t pixels, c;
};

GPU_FN void gpu_moments_at(const struct gpu_moments *k, size_t i)
{
    size_t eights = k->c / 8, piece = i / eights, first = i % eights * 8;
    size_t begin = piece * GPU_PIECE;
    size_t end = gpu_least(begin + GPU_PIECE, k->pixels);
    float *part = k->part + piece * 2 * k->c + first;
    float sum[8] = {0}, squares[8] = {0};

    for (size_t p = begin; p < end; p++) {
        struct gpu_eight x = gpu_load(k->x + p * k->c + first);

        for (int c = 0; c < 8; c++)
            sum[c] += gpu_wide(x.v[c]);
    }
    for (int c = 0; c < 8; c++)
        sum[c] /= (float)(end - begin);
    for (size_t p = begin; p < end; p++) {
        struct gpu_eight x = gpu_load(k->x + p * k->c + first);

        for (int c = 0; c < 8; c++) {
            float d = gpu_wide(x.v[c]) - sum[c];

            squares[c] += d * d;
        }
    }
    for (int c = 0; c < 8; c++) {
        part[c] = sum[c];
        part[k->c + (size_t)c] = squares[c];
    }
}

/** Join GPU_FAN parts of `each` pixels (Chan, Golub, LeVeque 1983). i: part of
 *  the result, channel. */
struct gpu_moments_join {
    const float *in;
    float *out;
    size_t pixels, each, c; /* pixels: in all */
};

GPU_FN void gpu_moments_join_at(const struct gpu_moments_join *k, size_t i)
{
    size_t group = i / k->c, c = i % k->c;
    size_t parts = gpu_pieces(k->pixels, k->each);
    size_t begin = group * GPU_FAN, end = gpu_least(begin + GPU_FAN, parts);
    float mean = 0, squares = 0, count = 0;

    for (size_t p = begin; p < end; p++) {
        const float *in = k->in + p * 2 * k->c + c;
        float n = (float)gpu_least(k->each, k->pixels - p * k->each);
        float d = in[0] - mean, all = count + n;

        mean += d * (n / all);
        squares += in[k->c] + d * d * (count * (n / all));
        count = all;
    }
    k->out[group * 2 * k->c + c] = mean;
    k->out[group * 2 * k->c + k->c + c] = squares;
}

/** A process's one part at its place among those of all, zeros elsewhere: added
 *  up, these are the parts of all. i: part, value. */
struct gpu_among {
    const float *in; /* values */
    float *out;      /* processes, values */
    size_t values, rank;
};

GPU_FN void gpu_among_at(const struct gpu_among *k, size_t i)
{
    k->out[i] = i / k->values == k->rank ? k->in[i % k->values] : 0;
}

/** From the one part that is left: y = a x + b. The running ones move by
 *  `momentum`, or not at all (0). i: channel. */
struct gpu_statistics {
    const float *part; /* 2, C */
    const float *scale, *bias;
    float *running_mean, *running_var;
    const float *momentum; /* one value, in the card's memory */
    float *mean, *rstd, *a, *b;
    size_t pixels, c; /* pixels: of all processes */
    float eps;
};

GPU_FN void gpu_statistics_at(const struct gpu_statistics *k, size_t i)
{
    float m = (float)k->pixels, less = m > 1 ? m - 1 : 1;
    float mean = k->part[i], squares = k->part[k->c + i];
    float rstd = 1 / sqrtf(squares / m + k->eps), move = *k->momentum;

    k->mean[i] = mean;
    k->rstd[i] = rstd;
    k->a[i] = k->scale[i] * rstd;
    k->b[i] = k->bias[i] - mean * k->a[i];
    k->running_mean[i] += move * (mean - k->running_mean[i]);
    k->running_var[i] += move * (squares / less - k->running_var[i]);
}

/** Where pixels go to, or their gradients come from: `step` values apart. */
struct gpu_place {
    gpu_value *at; /* NULL: nowhere */
    size_t step;
};

/** a NULL: 1. i: pixel, eight channels. */
struct gpu_norm {
    const gpu_value *x;
    const float *a, *b;
    struct gpu_place out[2];
    size_t c;
    float slope;
};

GPU_FN float gpu_affine(float x, const float *a, const float *b, size_t c)
{
    return (a ? a[c] * x : x) + b[c];
}

GPU_FN void gpu_norm_at(const struct gpu_norm *k, size_t i)
{
    size_t eights = k->c / 8, p = i / eights, first = i % eights * 8;
    struct gpu_eight v = gpu_load(k->x + p * k->c + first);

    for (size_t c = 0; c < 8; c++) {
        float y = gpu_affine(gpu_wide(v.v[c]), k->a, k->b, first + c);

        v.v[c] = gpu_narrow(y > 0 ? y : k->slope * y);
    }
    for (int o = 0; o < 2; o++)
        if (k->out[o].at)
            gpu_store(k->out[o].at + p * k->out[o].step + first, v);
}

/* --- batch norm, backward --- */

/** What back_sum and back know of a layer. dz: of its output; two are added.
 *  mean NULL: 0, where there is no batch norm; a too is NULL there. */
struct gpu_back {
    gpu_value *x; /* pixels, C; back writes its gradient there */
    const float *a, *b, *mean;
    struct gpu_place dz[2];
    float *part;    /* back_sum: pieces, 2, C */
    const float *k; /* back: 2, C */
    size_t pixels, c;
    float slope;
};

/** The gradient before the (leaky) ReLU, and x - mean, of one channel. */
GPU_FN float gpu_back_dy(const struct gpu_back *k, float dz, float x, size_t c)
{
    return gpu_affine(x, k->a, k->b, c) > 0 ? dz : k->slope * dz;
}

GPU_FN void gpu_back_dz(const struct gpu_back *k, size_t p, size_t first,
                        float dz[8])
{
    for (int c = 0; c < 8; c++)
        dz[c] = 0;
    for (int s = 0; s < 2; s++) {
        struct gpu_eight d;

        if (!k->dz[s].at)
            continue;
        d = gpu_load(k->dz[s].at + p * k->dz[s].step + first);
        for (int c = 0; c < 8; c++)
            dz[c] += gpu_wide(d.v[c]);
    }
}

/** Sums of dy and of dy (x - mean). i: piece, eight channels. */
GPU_FN void gpu_back_sum_at(const struct gpu_back *k, size_t i)
{
    size_t eights = k->c / 8, piece = i / eights, first = i % eights * 8;
    size_t begin = piece * GPU_PIECE;
    size_t end = gpu_least(begin + GPU_PIECE, k->pixels);
    float *part = k->part + piece * 2 * k->c + first;
    float sum[8] = {0}, with[8] = {0};

    for (size_t p = begin; p < end; p++) {
        struct gpu_eight v = gpu_load(k->x + p * k->c + first);
        float dz[8];

        gpu_back_dz(k, p, first, dz);
        for (size_t c = 0; c < 8; c++) {
            float x = gpu_wide(v.v[c]);
            float dy = gpu_back_dy(k, dz[c], x, first + c);

            sum[c] += dy;
            with[c] += dy * (k->mean ? x - k->mean[first + c] : x);
        }
    }
    for (int c = 0; c < 8; c++) {
        part[c] = sum[c];
        part[k->c + (size_t)c] = with[c];
    }
}

/** Add GPU_FAN parts of `values` sums each. i: part of the result, value. */
struct gpu_sum_join {
    const float *in;
    float *out;
    size_t parts, values; /* parts: of in */
};

GPU_FN void gpu_sum_join_at(const struct gpu_sum_join *k, size_t i)
{
    size_t group = i / k->values, v = i % k->values, begin = group * GPU_FAN;
    size_t end = gpu_least(begin + GPU_FAN, k->parts);
    float sum = 0;

    for (size_t p = begin; p < end; p++)
        sum += k->in[p * k->values + v];
    k->out[i] = sum;
}

/** db = sum dy, dg = sum dy h, and with h = (x - mean) r
 *    dx = g r (dy - db / m - h dg / m) = a dy + k0 (x - mean) + k1.
 *  Without batch norm (a NULL): dx = dy, and only db. i: channel. */
struct gpu_back_factors {
    const float *sums; /* 2, C */
    const float *a, *rstd;
    float *k; /* 2, C */
    float *dscale, *dbias;
    size_t pixels, c; /* pixels: those that sums are of */
    float share;      /* of db and dg that is this process's: gradients are
                         added up later */
};

GPU_FN void gpu_back_factors_at(const struct gpu_back_factors *k, size_t i)
{
    float m = (float)k->pixels, db = k->sums[i], dg;

    k->dbias[i] = db * k->share;
    k->k[i] = k->k[k->c + i] = 0;
    if (!k->a)
        return;
    dg = k->sums[k->c + i] * k->rstd[i];
    k->dscale[i] = dg * k->share;
    k->k[i] = -k->a[i] * k->rstd[i] * dg / m;
    k->k[k->c + i] = -k->a[i] * db / m;
}

/** i: pixel, eight channels. */
GPU_FN void gpu_back_at(const struct gpu_back *k, size_t i)
{
    size_t eights = k->c / 8, p = i / eights, first = i % eights * 8;
    struct gpu_eight v = gpu_load(k->x + p * k->c + first);
    float dz[8];

    gpu_back_dz(k, p, first, dz);
    for (size_t e = 0; e < 8; e++) {
        size_t c = first + e;
        float x = gpu_wide(v.v[e]), dy = gpu_back_dy(k, dz[e], x, c);

        if (k->a)
            dy = k->a[c] * dy + k->k[c] * (x - k->mean[c]) + k->k[k->c + c];
        v.v[e] = gpu_narrow(dy);
    }
    gpu_store(k->x + p * k->c + first, v);
}

#endif
