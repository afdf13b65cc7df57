/**
 * mix: rows of samples by their weights, in the order of the rows: what a
 * resize does down the columns. The bits do not depend on the processor.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_MIX_H
#define IMAGE_MIX_H

#include <stddef.h>

/** 1 to 4 rows of n samples into sum; the pointers that are too many are not
 *  followed. */
void image_mix_u8(const void *const rows[4], const float *weight, int count,
                  size_t n, float *sum);
void image_mix_u16(const void *const rows[4], const float *weight, int count,
                   size_t n, float *sum);
void image_mix_float(const void *const rows[4], const float *weight, int count,
                     size_t n, float *sum);

/** 3 rows on top of sum. */
void image_mix_add_u8(const void *const rows[3], const float *weight, size_t n,
                      float *sum);
void image_mix_add_u16(const void *const rows[3], const float *weight, size_t n,
                       float *sum);
void image_mix_add_float(const void *const rows[3], const float *weight,
                         size_t n, float *sum);

#endif
