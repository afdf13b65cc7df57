/**
 * coding: the curve of codes that are not sRGB's: made from a profile, to and
 * from sRGB codes, into a profile.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_CODING_H
#define IMAGE_CODING_H

#include "image/image.h"

/** Fill in from light(ctx, code), code and light 0..1. false: that is no
 *  curve to keep (it falls, or hardly rises). other tells whether it differs
 *  from sRGB's by more than 0.4 of an 8-bit code. */
bool image_coding_make(struct image_coding *c,
                       double (*light)(const void *ctx, double code),
                       const void *ctx);

/** Linear light of a code 0..1. */
double image_coding_decode(const struct image_coding *c, double code);

/** Of 65536 sRGB codes, those of c. */
void image_coding_recode(const struct image_coding *c, uint16_t *codes);

/** A profile of sRGB's primaries with this curve (NULL: sRGB's), or with one
 *  band of its lightness alone, always the same bytes; free() them. */
int image_coding_icc(const struct image_coding *c, int bands, void **icc,
                     size_t *size, struct tt_error *err) TT_MUST;

#endif
