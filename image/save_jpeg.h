/**
 * save_jpeg: RGB into a JPEG's bytes, with metadata, profile and resolution.
 *
 * For the files of this room only.
 *
 * Owns:    nothing between calls.
 * Threads: any.
 * Fails:   TT_NOMEM, TT_OUTPUT.
 */
#ifndef IMAGE_SAVE_JPEG_H
#define IMAGE_SAVE_JPEG_H

#include "image/extras.h"
#include "image/save.h"

/** *bytes is the caller's to free(). */
int image_save_jpeg(const struct image_rgb *rgb,
                    const struct image_save_options *opt,
                    const struct image_extras *extras, uint8_t **bytes,
                    size_t *size, struct tt_error *err) TT_MUST;

#endif
