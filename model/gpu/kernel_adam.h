/**
 * kernel_adam: what follows the gradients: their length, Adam, averages. What
 * differs from step to step is data in the card's memory, so that a recorded
 * list stays true. See kernels.h.
 */
#ifndef GPU_KERNEL_ADAM_H
#define GPU_KERNEL_ADAM_H

#include <math.h>

#include "model/gpu/number.h"

/** What is true of one step. */
struct gpu_course {
    float beta1, beta2, step, root, eps, move; /* as backend/adam.h */
    float clip;                                /* 0: any length */
    float share;  /* of the gradients: 1 / processes */
    float weight; /* of |y - target| beside a critic */
    int which;    /* of two batches */
};

/** What a step finds. */
struct gpu_found {
    float loss;   /* a sum */
    float square; /* of the gradient's length, before share */
    float factor; /* on the gradients */
};

/** i: 0. */
struct gpu_clip {
    const struct gpu_course *course;
    struct gpu_found *found;
};

GPU_FN void gpu_clip_at(const struct gpu_clip *k, size_t i)
{
    float share = k->course->share, most = k->course->clip;
    float length = sqrtf(k->found[i].square) * share;

    k->found[i].factor =
        most > 0 && length > most ? share * (most / length) : share;
}

/** average follows w, unless it is NULL. i: parameter. */
struct gpu_adam {
    const struct gpu_course *course;
    const struct gpu_found *found;
    const float *g;
    float *w, *m, *v, *average;
};

GPU_FN void gpu_adam_at(const struct gpu_adam *k, size_t i)
{
    const struct gpu_course *c = k->course;
    float g = k->g[i] * k->found->factor;
    float m = c->beta1 * k->m[i] + (1 - c->beta1) * g;
    float v = c->beta2 * k->v[i] + (1 - c->beta2) * g * g;
    float w = k->w[i] - c->step * m / (sqrtf(v) * c->root + c->eps);

    k->m[i] = m;
    k->v[i] = v;
    k->w[i] = w;
    if (k->average)
        k->average[i] += c->move * (w - k->average[i]);
}

/** The average of the running statistics. i: value. */
struct gpu_follow {
    const struct gpu_course *course;
    const float *stats;
    float *average;
};

GPU_FN void gpu_follow_at(const struct gpu_follow *k, size_t i)
{
    k->average[i] += k->course->move * (k->stats[i] - k->average[i]);
}

#endif
