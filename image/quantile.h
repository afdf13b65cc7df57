/**
 * quantile: order statistics of floats by narrowing an interval and counting
 * what lies below: passes without jumps, and values that stay where they are.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_QUANTILE_H
#define IMAGE_QUANTILE_H

#include <stddef.h>

/** The p-quantile (0..1) of n > 0 finite values, linear between neighbours. */
float image_quantile(const float *v, size_t n, double p);

#endif
