/**
 * kernel_first: the first layer's convolution, of one or a few channels of f32,
 * with its gradients. cuDNN has no good engine for so few. See kernels.h.
 */
#ifndef GPU_KERNEL_FIRST_H
#define GPU_KERNEL_FIRST_H

#include "model/gpu/number.h"

#define GPU_FIRST_PIECE 512 /* pixels, for the gradient of its weights */

struct gpu_first {
    const float *x;      /* N, H, W, CI */
    const float *w;      /* CO, CI, K, K */
    const float *factor; /* CO, or NULL: of the weights */
    gpu_value *y;        /* N, OH, OW, CO; CO a multiple of 8 */
    float *dx;           /* as x */
    float *part;         /* pieces, CO, CI, K, K */
    struct gpu_window window;
    int ci, co;
    size_t pixels; /* N OH OW */
};

/** i: pixel, eight channels. */
GPU_FN void gpu_first_at(const struct gpu_first *k, size_t i)
{
    size_t eights = (size_t)k->co / 8, p = i / eights;
    int first = (int)(i % eights) * 8, taps = gpu_window_taps(&k->window);
    float sum[8] = {0};
    struct gpu_eight v;

    for (int t = 0; t < taps; t++) {
        long at = gpu_window_under(&k->window, p, t);

        for (int c = 0; at >= 0 && c < k->ci; c++) {
            const float *w = k->w + (first * k->ci + c) * taps + t;
            float x = k->x[at * k->ci + c];

            for (int o = 0; o < 8; o++)
                sum[o] += x * w[o * k->ci * taps];
        }
    }
    for (int o = 0; o < 8; o++)
        v.v[o] = gpu_narrow(k->factor ? sum[o] * k->factor[first + o] : sum[o]);
    gpu_store(k->y + p * (size_t)k->co + (size_t)first, v);
}

/** y is its gradient now. i: piece, input channel, tap, eight channels. */
GPU_FN void gpu_first_weights_at(const struct gpu_first *k, size_t i)
{
    size_t eights = (size_t)k->co / 8, rest = i / eights;
    size_t taps = (size_t)gpu_window_taps(&k->window), t = rest % taps;
    size_t ci = (size_t)k->ci, c = rest / taps % ci, piece = rest / taps / ci;
    size_t first = i % eights * 8, begin = piece * GPU_FIRST_PIECE;
    size_t end = gpu_least(begin + GPU_FIRST_PIECE, k->pixels);
    float *part = k->part + ((piece * (size_t)k->co + first) * ci + c) * taps;
    float sum[8] = {0};

    for (size_t p = begin; p < end; p++) {
        long at = gpu_window_under(&k->window, p, (int)t);
        struct gpu_eight d;

        if (at < 0)
            continue;
        d = gpu_load(k->y + p * (size_t)k->co + first);
        for (int o = 0; o < 8; o++)
            sum[o] += gpu_wide(d.v[o]) * k->x[(size_t)at * ci + c];
    }
    for (size_t o = 0; o < 8; o++)
        part[o * ci * taps + t] = sum[o];
}

/** i: value of the input. */
GPU_FN void gpu_first_back_at(const struct gpu_first *k, size_t i)
{
    size_t p = i / (size_t)k->ci, c = i % (size_t)k->ci;
    int taps = gpu_window_taps(&k->window);
    float sum = 0;

    for (int t = 0; t < taps; t++) {
        long at = gpu_window_over(&k->window, p, t);
        const float *w = k->w + c * (size_t)taps + t;

        for (int o = 0; at >= 0 && o < k->co; o++)
            sum += gpu_wide(k->y[at * k->co + o]) * w[o * k->ci * taps];
    }
    k->dx[i] = sum;
}

#endif
