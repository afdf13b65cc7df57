/**
 * loss: how wrong an output is, and the gradient of that.
 *
 * Threads: uses `threads` OpenMP threads; sums are joined in a fixed order, so
 *          the bits do not depend on how many.
 * Fails:   never.
 */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include <stddef.h>

#define TRAIN_BATCH_MOST 4096 /* photos of a batch */

/** Mean of |y - target| over n photos of `each` values; dy is its gradient. */
double train_loss_mae(const float *y, const float *target, float *dy, int n,
                      size_t each, int threads);

/** The sum of squares. */
double train_loss_square(const float *x, size_t n, int threads);

#endif
