/**
 * kernel_weights: weights and their gradients between the canonical order and
 * that of the card's convolutions. See kernels.h.
 */
#ifndef GPU_KERNEL_WEIGHTS_H
#define GPU_KERNEL_WEIGHTS_H

#include <math.h>

#include "model/gpu/number.h"

/* --- in and out --- */

/** w' = factor w, b' = shift: g / sqrt(V + eps), b - M g / sqrt(V + eps); 1 and
 *  b if there is no batch norm (scale NULL). i: channel. */
struct gpu_fold {
    const float *scale, *bias, *mean, *var;
    float *factor, *shift;
    float eps;
};

GPU_FN void gpu_fold_at(const struct gpu_fold *k, size_t i)
{
    float f = 1;

    if (k->scale)
        f = k->scale[i] / sqrtf(k->var[i] + k->eps);
    k->factor[i] = f;
    k->shift[i] = k->bias[i] - (k->scale ? k->mean[i] * f : 0);
}

/** CO, CI, K, K in f32 -> CO, K, K, CI in bf16. factor: CO, or NULL. i: of the
 *  result. */
struct gpu_pack {
    const float *w, *factor;
    gpu_value *out;
    size_t ci, taps; /* K * K */
};

GPU_FN void gpu_pack_at(const struct gpu_pack *k, size_t i)
{
    size_t c = i % k->ci, t = i / k->ci % k->taps, o = i / k->ci / k->taps;
    float w = k->w[(o * k->ci + c) * k->taps + t];

    k->out[i] = gpu_narrow(k->factor ? w * k->factor[o] : w);
}

/** Enlarging twice and then a 3x3 convolution is the data gradient of a 4x4
 *  convolution of stride 2, which goes from CO to CI channels:
 *    W[u] = sum of w[e + 2 - u] over e = 0, 1, along both axes.
 *  CO, CI, 3, 3 -> CI, 4, 4, CO. i: of the result. */
struct gpu_pack_up {
    const float *w, *factor;
    gpu_value *out;
    size_t ci, co;
};

GPU_FN void gpu_pack_up_at(const struct gpu_pack_up *k, size_t i)
{
    size_t o = i % k->co, v = i / k->co % 4, u = i / k->co / 4 % 4;
    const float *w = k->w + (o * k->ci + i / k->co / 16) * 9;
    float sum = 0;

    for (size_t e = 0; e < 2; e++)
        for (size_t f = 0; f < 2; f++)
            if (e + 2 - u < 3 && f + 2 - v < 3) // else below 0, or above
                sum += w[(e + 2 - u) * 3 + f + 2 - v];
    k->out[i] = gpu_narrow(k->factor ? sum * k->factor[o] : sum);
}

/** Gradients, CO, K, K, CI in bf16 -> CO, CI, K, K in f32. i: of the result. */
struct gpu_unpack {
    const gpu_value *dw;
    float *out;
    size_t ci, taps;
};

GPU_FN void gpu_unpack_at(const struct gpu_unpack *k, size_t i)
{
    size_t t = i % k->taps, c = i / k->taps % k->ci, o = i / k->taps / k->ci;

    k->out[i] = gpu_wide(k->dw[(o * k->taps + t) * k->ci + c]);
}

/** dw[t] = sum of dW[e + 2 - t] over e = 0, 1. CI, 4, 4, CO -> CO, CI, 3, 3. */
struct gpu_unpack_up {
    const gpu_value *dw;
    float *out;
    size_t ci, co;
};

GPU_FN void gpu_unpack_up_at(const struct gpu_unpack_up *k, size_t i)
{
    size_t s = i % 3, t = i / 3 % 3, c = i / 9 % k->ci, o = i / 9 / k->ci;
    float sum = 0;

    for (size_t e = 0; e < 2; e++)
        for (size_t f = 0; f < 2; f++)
            sum += gpu_wide(
                k->dw[((c * 4 + e + 2 - t) * 4 + f + 2 - s) * k->co + o]);
    k->out[i] = sum;
}

#endif
