/**
 * ssim: 1 - SSIM of the two colour channels (Wang and others 2004), and its
 * gradient. Gaussian window of 11 x 11, sigma 1.5, P = 1; the mean over all
 * windows that lie within the photo, both channels and all photos. With G the
 * window, G^T its transpose, N windows, C1 = .01^2, C2 = .03^2:
 *
 *   A1 = 2 mx my + C1   B1 = mx^2 + my^2 + C1   S = A1 A2 / (B1 B2)
 *   A2 = 2 sxy + C2     B2 = sxx + syy + C2
 *   p = 2 my (A2 - A1) / (B1 B2) - 2 mx S (1/B1 - 1/B2)
 *   q = -S / B2         r = 2 A1 / (B1 B2)
 *   dS/dx = (G^T p + 2 x G^T q + y G^T r) / N
 *
 * Second moments are those of x - 0.5, so that no digits are lost in f32.
 * Private to training.
 *
 * Owns:    new() takes scratch memory for each thread; free() accepts NULL.
 * Threads: one thread per struct, which uses `threads` OpenMP threads; sums are
 *          joined in a fixed order, so the bits do not depend on how many.
 * Fails:   TT_NOMEM.
 */
#ifndef TRAIN_SSIM_H
#define TRAIN_SSIM_H

#include "base/error.h"

#define TRAIN_SSIM_WINDOW 11 /* the least side */

struct train_ssim;

/** side: of the photos, at most. */
int train_ssim_new(struct train_ssim **out, int side, int threads,
                   struct tt_error *err) TT_MUST;

/** y, target: n, side, side, 2 in 0..1; dy: as y, or NULL. */
double train_ssim_loss(struct train_ssim *s, const float *y,
                       const float *target, float *dy, int n, int side);

void train_ssim_free(struct train_ssim *s);

#endif
