/**
 * recolor: the original's lightness and the network's colour into one photo.
 *
 * L* is read from the grey code at full size and depth; (a, b) is brought from
 * the network's square to the photo's size by Catmull-Rom's bicubic, pixel
 * centres on pixel centres, edges repeated; colour that sRGB has not gives way
 * in chroma, L* stays. Then each triple is settled: moved by as few codes as
 * need be, so that image_grey8 or image_grey16 of it is the original's grey
 * code exactly, for every pixel.
 *
 * The bytes do not depend on the processor or on threads.
 *
 * Owns:    nothing between calls; a few rows of memory within.
 * Threads: any.
 * Fails:   TT_NOMEM, TT_USAGE (sizes that make no sense).
 */
#ifndef IMAGE_RECOLOR_H
#define IMAGE_RECOLOR_H

#include "image/image.h"

/** ab: two planes of side * side floats, a* then b*, of the whole photo
 *  squashed into the square; what is not finite counts as 0. out gets the
 *  grey's size and depth: if out->codes is NULL they are allocated
 *  (image_rgb_release), else they must be the caller's, large enough. */
int image_recolor(const struct image_grey *grey, const float *ab, int side,
                  struct image_rgb *out, struct tt_error *err) TT_MUST;

#endif
