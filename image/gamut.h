/**
 * gamut: Lab into linear sRGB, chroma giving way where sRGB ends.
 *
 * (a, b) is scaled by the largest s in 0..1, found by bisection to 2^-14, for
 * which all of R, G, B lie within 0..1; L* is not touched. Clipping instead
 * would move L* by up to 12.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_GAMUT_H
#define IMAGE_GAMUT_H

#include <stddef.h>

/** n <= IMAGE_BLOCK. fy = (L* + 16) / 116, L* in 0..100. */
void image_gamut_fit(const float *fy, const float *a, const float *b, size_t n,
                     float *red, float *green, float *blue);

#endif
