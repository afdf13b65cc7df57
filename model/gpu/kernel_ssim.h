/**
 * kernel_ssim: SSIM of two colour channels and its gradient, with the formulas
 * and the names of model/train/ssim.h. See kernels.h.
 *
 *   rows     moments of each row's windows: x, y, xx, yy, xy
 *   windows  of whole windows; what follows of them: p, q, r and S itself
 *   spread   p, q, r to the pixels that a window covers, along rows
 *   grad     along columns, and the gradient
 */
#ifndef GPU_KERNEL_SSIM_H
#define GPU_KERNEL_SSIM_H

#include <math.h>

#include "model/gpu/number.h"

#define GPU_SSIM_HALF 5 /* of a window, without its middle */
#define GPU_SSIM_EDGE (2 * GPU_SSIM_HALF)
#define GPU_SSIM_C1   (0.01f * 0.01f)
#define GPU_SSIM_C2   (0.03f * 0.03f)

enum { GPU_SSIM_P, GPU_SSIM_Q, GPU_SSIM_R, GPU_SSIM_S, GPU_SSIM_PLANES };

#define GPU_SSIM_MOMENTS 5

/** SIDE of both axes; LESS: SIDE - EDGE. */
struct gpu_ssim {
    const float *y, *target;         /* N, SIDE, SIDE, 2 */
    float *rows;                     /* MOMENTS, N, SIDE, LESS, 2 */
    float *windows;                  /* PLANES, N, LESS, LESS, 2 */
    float *dy;                       /* as y */
    size_t photos, side, less;       /* N, SIDE, LESS */
    float step;                      /* 1 / windows in all */
    float window[GPU_SSIM_HALF + 1]; /* from its middle */
};

/** window and step, of the rest. The host's. */
GPU_FN void gpu_ssim_set(struct gpu_ssim *k)
{
    float sum = 0;

    for (int i = 0; i <= GPU_SSIM_HALF; i++) {
        k->window[i] = expf(-(float)(i * i) / (2 * 1.5f * 1.5f));
        sum += i ? 2 * k->window[i] : k->window[i];
    }
    for (int i = 0; i <= GPU_SSIM_HALF; i++)
        k->window[i] /= sum;
    k->step = 1 / (float)(k->photos * k->less * k->less * 2);
}

/** Values of a plane of rows, and of windows. */
GPU_FN size_t gpu_ssim_row_values(const struct gpu_ssim *k)
{
    return k->photos * k->side * k->less * 2;
}

GPU_FN size_t gpu_ssim_window_values(const struct gpu_ssim *k)
{
    return k->photos * k->less * k->less * 2;
}

/** Add the products of two values, times g. */
GPU_FN void gpu_ssim_add(float sum[GPU_SSIM_MOMENTS], float g, float x, float y)
{
    sum[0] += g * x;
    sum[1] += g * y;
    sum[2] += g * (x * x);
    sum[3] += g * (y * y);
    sum[4] += g * (x * y);
}

/** i: photo, row, window, channel. */
GPU_FN void gpu_ssim_rows_at(const struct gpu_ssim *k, size_t i)
{
    size_t c = i % 2, j = i / 2 % k->less, row = i / 2 / k->less;
    size_t first = (row * k->side + j) * 2 + c, n = gpu_ssim_row_values(k);
    float sum[GPU_SSIM_MOMENTS] = {0};

    for (int t = 0; t <= GPU_SSIM_EDGE; t++) {
        int away = t < GPU_SSIM_HALF ? GPU_SSIM_HALF - t : t - GPU_SSIM_HALF;
        size_t at = first + 2 * (size_t)t;

        gpu_ssim_add(sum, k->window[away], k->y[at] - 0.5f,
                     k->target[at] - 0.5f);
    }
    for (size_t m = 0; m < GPU_SSIM_MOMENTS; m++)
        k->rows[m * n + i] = sum[m];
}

/** What follows of the moments of x - 0.5 and y - 0.5. i: window, channel. */
GPU_FN void gpu_ssim_compare(const struct gpu_ssim *k,
                             const float sum[GPU_SSIM_MOMENTS], size_t i)
{
    size_t n = gpu_ssim_window_values(k);
    float dx = sum[0], dy = sum[1], mx = dx + 0.5f, my = dy + 0.5f;
    float a1 = 2 * mx * my + GPU_SSIM_C1;
    float a2 = 2 * (sum[4] - dx * dy) + GPU_SSIM_C2;
    float b1 = 1 / (mx * mx + my * my + GPU_SSIM_C1);
    float b2 = 1 / (sum[2] - dx * dx + sum[3] - dy * dy + GPU_SSIM_C2);
    float s = a1 * a2 * b1 * b2, q = -s * b2, r = 2 * a1 * b1 * b2;

    k->windows[GPU_SSIM_P * n + i] =
        2 * (my * a2 * b2 - mx * s) * b1 - 2 * dx * q - dy * r;
    k->windows[GPU_SSIM_Q * n + i] = q;
    k->windows[GPU_SSIM_R * n + i] = r;
    k->windows[GPU_SSIM_S * n + i] = s;
}

/** i: photo, window's row, window, channel. */
GPU_FN void gpu_ssim_windows_at(const struct gpu_ssim *k, size_t i)
{
    size_t line = 2 * k->less, j = i % line, row = i / line % k->less;
    size_t photo = i / line / k->less, n = gpu_ssim_row_values(k);
    const float *first = k->rows + (photo * k->side + row) * line + j;
    float sum[GPU_SSIM_MOMENTS];

    for (size_t m = 0; m < GPU_SSIM_MOMENTS; m++) {
        const float *at = first + m * n + GPU_SSIM_HALF * line;

        sum[m] = k->window[0] * at[0];
        for (size_t t = 1; t <= GPU_SSIM_HALF; t++)
            sum[m] += k->window[t] * (at[-(long)(t * line)] + at[t * line]);
    }
    gpu_ssim_compare(k, sum, i);
}

/** The mean of windows around `at` of LESS in a line, `step` values apart:
 *  at - EDGE to at, as the first pixel of a window tells its place. */
GPU_FN float gpu_ssim_reach(const struct gpu_ssim *k, const float *line,
                            size_t at, size_t step)
{
    float sum = 0;

    for (size_t t = 0; t <= GPU_SSIM_EDGE; t++) {
        size_t away = t < GPU_SSIM_HALF ? GPU_SSIM_HALF - t : t - GPU_SSIM_HALF;

        if (at >= t && at - t < k->less)
            sum += k->window[away] * line[(at - t) * step];
    }
    return sum;
}

/** i: photo, window's row, pixel, channel. The planes of rows that are no
 *  longer needed take p, q, r. */
GPU_FN void gpu_ssim_spread_at(const struct gpu_ssim *k, size_t i)
{
    size_t c = i % 2, j = i / 2 % k->side, row = i / 2 / k->side;
    size_t n = gpu_ssim_row_values(k), w = gpu_ssim_window_values(k);

    for (size_t p = 0; p < GPU_SSIM_S; p++)
        k->rows[p * n + i] =
            gpu_ssim_reach(k, k->windows + p * w + row * k->less * 2 + c, j, 2);
}

/** i: photo, row, pixel, channel. */
GPU_FN void gpu_ssim_grad_at(const struct gpu_ssim *k, size_t i)
{
    size_t line = 2 * k->side, j = i % line, row = i / line % k->side;
    size_t n = gpu_ssim_row_values(k), photo = i / line / k->side;
    float sum[GPU_SSIM_S], x = k->y[i] - 0.5f, y = k->target[i] - 0.5f;

    for (size_t p = 0; p < GPU_SSIM_S; p++)
        sum[p] = gpu_ssim_reach(k, k->rows + p * n + photo * k->less * line + j,
                                row, line);
    k->dy[i] = -k->step * (sum[GPU_SSIM_P] + 2 * x * sum[GPU_SSIM_Q] +
                           y * sum[GPU_SSIM_R]);
}

#endif
