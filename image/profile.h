/**
 * profile: an ICC profile obeyed, by LittleCMS, relative colorimetric with
 * black points on each other.
 *
 * Three ways: a table of all codes (gray), curves and a matrix by own
 * arithmetic at full precision (RGB), a LittleCMS transform (the rest). Rows
 * come out sRGB-coded at 16 bits. Where the profile has one curve that is not
 * sRGB's, that is the coding in which grey is kept.
 *
 * For the files of this room only.
 *
 * Owns:    what open() made; close() frees it.
 * Threads: one thread per struct image_profile.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_PROFILE_H
#define IMAGE_PROFILE_H

#include "image/source.h"

struct image_profile;

/** 1: *out converts rows of this model (not Lab) and depth (8, 16). 0: the
 *  codes are sRGB's already: nothing to do. -1 failed. *used says whether the
 *  profile fits the picture and could be read; if not, 0 is returned. coding
 *  gets the curve that grey codes keep. */
int image_profile_open(struct image_profile **out, const void *icc, size_t size,
                       enum image_model model, int bits, bool *used,
                       struct image_coding *coding,
                       struct tt_error *err) TT_MUST;

/** n pixels of a gray picture into sRGB codes. */
void image_profile_gray(const struct image_profile *p, const void *in, size_t n,
                        uint16_t *grey);

/** n pixels of any other into interleaved sRGB and, unless NULL, the sRGB
 *  codes of their grey. */
void image_profile_colour(const struct image_profile *p, const void *in,
                          size_t n, uint16_t *rgb, uint16_t *grey);

/** NULL is allowed. */
void image_profile_close(struct image_profile *p);

/** Of 65536 sRGB codes, those in the kept coding; NULL: the same. */
const uint16_t *image_profile_recode(const struct image_profile *p);

/** Is grey that of the codes as they stand (image/grey.h)? Where nothing but
 *  the curve of RGB is not sRGB's: so in all that was coloured with a kept
 *  curve, whose grey must come back as it was. */
bool image_profile_stands(const struct image_profile *p);

#endif
