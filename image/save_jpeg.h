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

#include "image/save.h"

/** Beside the pixels; NULL: none. exif and iptc are borrowed. */
struct image_extras {
    const uint8_t *exif; /* a TIFF */
    size_t exif_size;
    const uint8_t *iptc; /* records of IIM */
    size_t iptc_size;
    char *xmp;
    size_t xmp_size;
    void *icc;
    size_t icc_size;
};

/** *bytes is the caller's to free(). */
int image_save_jpeg(const struct image_rgb *rgb,
                    const struct image_save_options *opt,
                    const struct image_extras *extras, uint8_t **bytes,
                    size_t *size, struct tt_error *err) TT_MUST;

#endif
