/**
 * quantile: order statistics of floats, in a few passes without jumps.
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
#include <stdint.h>

/** The p-quantile (0..1) of n > 0 finite values, linear between neighbours.
 *  What v holds afterwards is of no use. */
float image_quantile(float *v, size_t n, double p);

/** Indices of v (0..100) in its order, to a step of 100/65535; scratch and
 *  order take n each. */
void image_quantile_order(const float *v, size_t n, uint32_t *scratch,
                          uint32_t *order);

#endif
