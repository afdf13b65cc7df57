/**
 * profile: an ICC profile obeyed: a file's codes into sRGB-coded ones of 16
 * bits, by LittleCMS, relative colorimetric.
 *
 * Gray goes by a table of all codes, RGB with curves and a matrix by own
 * arithmetic at full precision, everything else by a LittleCMS transform.
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
 *  codes are sRGB-coded already: nothing to do. -1 failed. *used says whether
 *  the profile fits the picture and could be read; if not, 0 is returned. */
int image_profile_open(struct image_profile **out, const void *icc, size_t size,
                       enum image_model model, int bits, bool *used,
                       struct tt_error *err) TT_MUST;

/** n pixels: of gray into gray codes, of others into interleaved RGB. */
void image_profile_row(struct image_profile *p, const void *in, size_t n,
                       uint16_t *out);

/** NULL is allowed. */
void image_profile_close(struct image_profile *p);

/** An sRGB profile's bytes, always the same ones; free() them. */
int image_profile_srgb(void **icc, size_t *size, struct tt_error *err) TT_MUST;

#endif
