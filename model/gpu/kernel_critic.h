/**
 * kernel_critic: what joins a network and its critic: what it is shown, what it
 * says, and what follows for the colours; with the formulas and the names of
 * model/train/critic.h. See kernels.h.
 */
#ifndef GPU_KERNEL_CRITIC_H
#define GPU_KERNEL_CRITIC_H

#include <math.h>

#include "model/gpu/kernel_adam.h"
#include "model/gpu/number.h"

#define GPU_CRITIC_INPUTS 3

/** L and colours, each in -1..1. i: pixel. */
struct gpu_show {
    const float *l;       /* N, H, W: in -1..1 */
    const float *colours; /* N, H, W, 2: in 0..1 */
    float *x;             /* N, H, W, INPUTS */
};

GPU_FN void gpu_show_at(const struct gpu_show *k, size_t i)
{
    float *x = k->x + GPU_CRITIC_INPUTS * i;

    x[0] = k->l[i];
    x[1] = 2 * k->colours[2 * i] - 1;
    x[2] = 2 * k->colours[2 * i + 1] - 1;
}

/** Sums of BCE(z, 1), or BCE(z, 0) of what was made; dz: the gradient of that,
 *  times step. i: part, as in kernel_loss.h. */
struct gpu_bce {
    const float *z;
    float *dz, *part;
    size_t values, parts;
    float step;
    int made;
};

GPU_FN void gpu_bce_at(const struct gpu_bce *k, size_t i)
{
    float sum = 0;

    for (size_t v = i; v < k->values; v += k->parts) {
        float z = k->z[v], e = expf(-fabsf(z));
        float near = 1 / (1 + e), far = e / (1 + e); // sigmoid of |z|, of -|z|
        float least = z > 0 ? z : 0;

        sum += (k->made ? least : least - z) + log1pf(e);
        // sigmoid(z), or sigmoid(z) - 1
        k->dz[v] = k->made ? k->step * (z > 0 ? near : far)
                           : -k->step * (z > 0 ? far : near);
    }
    k->part[i] = sum;
}

/** out = a + b; b NULL: a. i: value. */
struct gpu_add {
    const float *a, *b;
    float *out;
};

GPU_FN void gpu_add_at(const struct gpu_add *k, size_t i)
{
    k->out[i] = k->b ? k->a[i] + k->b[i] : k->a[i];
}

/** The gradient by the colours, from that of |y - target| and the critic's by
 *  its input: 2 y - 1 is what it sees. i: value. */
struct gpu_heed {
    const struct gpu_course *course;
    const float *dx; /* N, H, W, INPUTS */
    float *dy;       /* N, H, W, 2 */
};

GPU_FN void gpu_heed_at(const struct gpu_heed *k, size_t i)
{
    float dx = k->dx[GPU_CRITIC_INPUTS * (i / 2) + 1 + i % 2];

    k->dy[i] = k->course->weight * k->dy[i] + 2 * dx;
}

#endif
