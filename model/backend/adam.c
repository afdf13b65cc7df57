#include "model/backend/adam.h"

#include <math.h>

// sqrtf as one instruction, several at once: errno is of no use here
#pragma GCC optimize("O3", "no-math-errno")

/* Pieces of this many values are shared out to the threads. */
#define PIECE 16384

struct backend_adam_factors backend_adam_factors(const struct backend_adam *a)
{
    double t = (double)a->step;

    return (struct backend_adam_factors){
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .step = (float)((double)a->rate / (1 - pow((double)a->beta1, t))),
        .root = (float)(1 / sqrt(1 - pow((double)a->beta2, t))),
        .eps = a->eps,
        .move = 1 - a->decay,
    };
}

static void piece(struct backend_adam_factors f, size_t count,
                  float *restrict w, const float *restrict g, float *restrict m,
                  float *restrict v, float *restrict average)
{
    for (size_t i = 0; i < count; i++) {
        float mi = f.beta1 * m[i] + (1 - f.beta1) * g[i];
        float vi = f.beta2 * v[i] + (1 - f.beta2) * g[i] * g[i];
        float wi = w[i] - f.step * mi / (sqrtf(vi) * f.root + f.eps);

        m[i] = mi;
        v[i] = vi;
        w[i] = wi;
    }
    for (size_t i = 0; average && i < count; i++)
        average[i] += f.move * (w[i] - average[i]);
}

void backend_adam_step(const struct backend_adam *a, size_t count, float *w,
                       const float *g, float *m, float *v, float *average)
{
    struct backend_adam_factors f = backend_adam_factors(a);

#pragma omp parallel for schedule(static) num_threads(a->threads)
    for (size_t i = 0; i < count; i += PIECE)
        piece(f, count - i < PIECE ? count - i : PIECE, w + i, g + i, m + i,
              v + i, average ? average + i : NULL);
}
