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

#include "image/exif.h"
#include "image/iptc.h"

struct image_tiff_head {
    int bits;          /* of a sample; default 1 */
    int orientation;   /* 1 */
    bool ycbcr_planes; /* Y, Cb, Cr each in a plane of its own and not by JPEG:
                          libvips takes them for RGB */
    double ppi_x, ppi_y; /* 0 */
};

/** false: no TIFF; out holds the defaults. */
bool image_tiff_head_read(const void *bytes, size_t size,
                          struct image_tiff_head *out);

/** The texts of the first directory and of the EXIF directory behind it, and
 *  the records of IIM. */
void image_tiff_head_meta(const void *bytes, size_t size,
                          struct image_texts *texts, struct image_span *iptc);

#endif
