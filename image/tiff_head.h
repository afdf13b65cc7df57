/**
 * tiff_head: what the first directory of a TIFF says; EXIF is a TIFF too.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never: what is damaged or absent keeps its default.
 */
#ifndef IMAGE_TIFF_HEAD_H
#define IMAGE_TIFF_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct image_tiff_head {
    int bits;            /* of a sample; default 1 */
    int samples;         /* 1 */
    int photometric;     /* -1 */
    int sample_format;   /* 1 unsigned, 2 signed, 3 float; 1 */
    int orientation;     /* 1 */
    double ppi_x, ppi_y; /* 0 */
};

/** false: no TIFF; out holds the defaults. */
bool image_tiff_head_read(const void *bytes, size_t size,
                          struct image_tiff_head *out);

#endif
