/**
 * kernel_loss: losses with their gradients, and long sums. See kernels.h.
 *
 * A sum of many values is made of GPU_PARTS partial ones at most, each of every
 * so-manieth value (neighbours read neighbours), which sum_join then joins: in
 * a fixed order, so the bits repeat.
 */
#ifndef GPU_KERNEL_LOSS_H
#define GPU_KERNEL_LOSS_H

#include <math.h>

#include "model/gpu/number.h"

#define GPU_PARTS ((size_t)1 << 17)

/** Sums, or sums of squares. i: part. */
struct gpu_sum {
    const float *in;
    float *part;
    size_t values, parts;
};

GPU_FN void gpu_sum_at(const struct gpu_sum *k, size_t i)
{
    float sum = 0;

    for (size_t v = i; v < k->values; v += k->parts)
        sum += k->in[v];
    k->part[i] = sum;
}

GPU_FN void gpu_square_at(const struct gpu_sum *k, size_t i)
{
    float sum = 0;

    for (size_t v = i; v < k->values; v += k->parts)
        sum += k->in[v] * k->in[v];
    k->part[i] = sum;
}

/** Sums of |y - target|; dy: the gradient of their mean. i: part. */
struct gpu_mae {
    const float *y, *target;
    float *dy, *part;
    size_t values, parts;
    float step; /* 1 / values */
};

GPU_FN void gpu_mae_at(const struct gpu_mae *k, size_t i)
{
    float sum = 0;

    for (size_t v = i; v < k->values; v += k->parts) {
        float d = k->y[v] - k->target[v];

        sum += fabsf(d);
        k->dy[v] = d > 0 ? k->step : d < 0 ? -k->step : 0;
    }
    k->part[i] = sum;
}

#endif
