/**
 * adam: the optimizer's step (Kingma and Ba 2014) and the running average of
 * the weights, in one pass over memory.
 *
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   w -= rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
 *   average += (1 - decay) (w - average)
 *
 * Owns:    nothing.
 * Threads: splits the work among `threads` OpenMP threads; the bits do not
 *          depend on how many.
 * Fails:   never.
 */
#ifndef BACKEND_ADAM_H
#define BACKEND_ADAM_H

#include <stddef.h>
#include <stdint.h>

struct backend_adam {
    float rate, beta1, beta2, eps;
    float decay;   /* of the running average, 0..1 */
    uint64_t step; /* t: 1 for the first */
    int threads;
};

/** The same as a step needs it:
 *    w -= step * m / (sqrt(v) * root + eps);  average += move (w - average) */
struct backend_adam_factors {
    float beta1, beta2, step, root, eps, move;
};

struct backend_adam_factors backend_adam_factors(const struct backend_adam *a);

/** w, g, m, v, average: `count` values each; average may be NULL. */
void backend_adam_step(const struct backend_adam *a, size_t count, float *w,
                       const float *g, float *m, float *v, float *average);

#endif
