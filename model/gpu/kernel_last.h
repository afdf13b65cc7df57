/**
 * kernel_last: the last layer, a convolution of one or two channels, with its
 * gradients. See kernels.h.
 */
#ifndef GPU_KERNEL_LAST_H
#define GPU_KERNEL_LAST_H

#include <math.h>

#include "model/gpu/number.h"

/* Channels that it may have. Loops go over all of them, so that sums stay in
 * registers. */
#define GPU_LAST_MOST  2
#define GPU_LAST_PIECE 512 /* pixels, for the gradient of its weights */

/** A convolution of few channels, with bias, in f32 from bf16. */
struct gpu_last {
    const gpu_value *src;  /* N, H, W, CI; CI a multiple of 8 */
    const float *w, *bias; /* CO, CI, K, K; CO */
    float *y;              /* N, OH, OW, CO */
    const float *dy;       /* the same, of y */
    float *dpre;           /* the same, before the sigmoid */
    gpu_value *dsrc;       /* as src */
    float *part;           /* pieces, CO, CI, K, K; or pieces, CO */
    struct gpu_window window;
    int ci, co;
    int sigmoid;   /* 0: as it is */
    size_t pixels; /* N OH OW */
};

/** Add to sum what tap t of output pixel p sees. */
GPU_FN void gpu_last_tap(const struct gpu_last *k, size_t p, int t,
                         float sum[GPU_LAST_MOST])
{
    long at = gpu_window_under(&k->window, p, t);
    int taps = gpu_window_taps(&k->window);

    for (int first = 0; at >= 0 && first < k->ci; first += 8) {
        struct gpu_eight x = gpu_load(k->src + at * k->ci + first);

        for (int o = 0; o < GPU_LAST_MOST; o++) {
            const float *w = k->w + (o * k->ci + first) * taps + t;

            for (int c = 0; o < k->co && c < 8; c++)
                sum[o] += gpu_wide(x.v[c]) * w[c * taps];
        }
    }
}

/** i: pixel. */
GPU_FN void gpu_last_at(const struct gpu_last *k, size_t i)
{
    float sum[GPU_LAST_MOST] = {0};

    for (int t = 0; t < gpu_window_taps(&k->window); t++)
        gpu_last_tap(k, i, t, sum);
    for (int o = 0; o < GPU_LAST_MOST; o++) {
        float y;

        if (o == k->co)
            return;
        y = sum[o] + k->bias[o];
        k->y[i * (size_t)k->co + (size_t)o] =
            k->sigmoid ? 1 / (1 + expf(-y)) : y;
    }
}

/** i: value of the output. */
GPU_FN void gpu_last_grad_at(const struct gpu_last *k, size_t i)
{
    float y = k->y[i];

    k->dpre[i] = k->sigmoid ? k->dy[i] * y * (1 - y) : k->dy[i];
}

/** i: input pixel, eight channels. */
GPU_FN void gpu_last_back_at(const struct gpu_last *k, size_t i)
{
    size_t eights = (size_t)k->ci / 8, p = i / eights;
    int first = (int)(i % eights) * 8, taps = gpu_window_taps(&k->window);
    float sum[8] = {0};
    struct gpu_eight v;

    for (int t = 0; t < taps; t++) {
        long at = gpu_window_over(&k->window, p, t);

        for (int o = 0; at >= 0 && o < k->co; o++) {
            const float *w = k->w + (o * k->ci + first) * taps + t;
            float d = k->dpre[at * k->co + o];

            for (int c = 0; c < 8; c++)
                sum[c] += d * w[c * taps];
        }
    }
    for (int c = 0; c < 8; c++)
        v.v[c] = gpu_narrow(sum[c]);
    gpu_store(k->dsrc + p * (size_t)k->ci + (size_t)first, v);
}

/** i: piece, tap, eight channels. */
GPU_FN void gpu_last_weights_at(const struct gpu_last *k, size_t i)
{
    size_t eights = (size_t)k->ci / 8, piece = i / eights;
    int taps = gpu_window_taps(&k->window), t = (int)(piece % (size_t)taps);
    int first = (int)(i % eights) * 8;
    size_t begin = (piece / (size_t)taps) * GPU_LAST_PIECE;
    size_t end = gpu_least(begin + GPU_LAST_PIECE, k->pixels);
    float sum[GPU_LAST_MOST][8] = {{0}};

    for (size_t p = begin; p < end; p++) {
        long at = gpu_window_under(&k->window, p, t);
        struct gpu_eight x;

        if (at < 0)
            continue;
        x = gpu_load(k->src + at * k->ci + first);
        for (int o = 0; o < GPU_LAST_MOST; o++) {
            float d = o < k->co ? k->dpre[p * (size_t)k->co + (size_t)o] : 0;

            for (int c = 0; c < 8; c++)
                sum[o][c] += d * gpu_wide(x.v[c]);
        }
    }
    for (int o = 0; o < GPU_LAST_MOST; o++)
        for (int c = 0; o < k->co && c < 8; c++)
            k->part[(((piece / (size_t)taps) * (size_t)k->co + (size_t)o) *
                         (size_t)k->ci +
                     (size_t)(first + c)) *
                        (size_t)taps +
                    (size_t)t] = sum[o][c];
}

/** i: piece, channel. */
GPU_FN void gpu_last_bias_at(const struct gpu_last *k, size_t i)
{
    size_t co = (size_t)k->co, begin = i / co * GPU_LAST_PIECE;
    size_t end = gpu_least(begin + GPU_LAST_PIECE, k->pixels);
    float sum = 0;

    for (size_t p = begin; p < end; p++)
        sum += k->dpre[p * co + i % co];
    k->part[i] = sum;
}

#endif
