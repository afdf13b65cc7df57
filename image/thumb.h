/**
 * thumb: a photo as people glance at it: small, in colour, upright.
 *
 * Owns:    what they hand over is the caller's: image_small_release, free.
 * Threads: as load.h.
 * Fails:   TT_MISSING, TT_IO, TT_INPUT (no photo), TT_NOMEM.
 */
#ifndef IMAGE_THUMB_H
#define IMAGE_THUMB_H

#include "image/image.h"

/** Fitted into a square of px; not enlarged. */
int image_thumb_fit(const struct image_small *in, int px,
                    struct image_small *out, struct tt_error *err) TT_MUST;

/** The photo in that file. */
int image_thumb_open(const char *path, int px, struct image_small *out,
                     struct tt_error *err) TT_MUST;

/** "data:image/jpeg;base64,…", for documents that hold their pictures
 *  themselves (RFC 2397). NULL on failure. */
char *image_thumb_text(const struct image_small *small, struct tt_error *err);

#endif
