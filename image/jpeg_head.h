/**
 * jpeg_head: what stands in a JPEG before its first scan and TurboJPEG does
 * not tell: orientation, resolution, profile, Adobe's mark, metadata.
 *
 * For the files of this room only.
 *
 * Owns:    icc; the caller frees it.
 * Threads: any.
 * Fails:   never: what is damaged or absent keeps its default.
 */
#ifndef IMAGE_JPEG_HEAD_H
#define IMAGE_JPEG_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/iptc.h"

struct image_jpeg_head {
    bool to_scan;  /* a scan begins: the head is all there */
    bool garbage;  /* something that is no marker stood where one should */
    int precision; /* bits of a sample; 0: no frame was found */
    int components;
    bool progressive; /* its decoder holds the whole picture, twice as deep */
    bool lossless;    /* a frame that no decoder of ours reads */
    bool adobe;       /* CMYK then is stored inverted */
    int orientation;  /* 1..8, 1 */
    double ppi_x, ppi_y;    /* 0 */
    bool marked;            /* by XMP, as image/xmp.h says */
    struct image_span exif; /* the first; a TIFF */
    struct image_span xmp;  /* the first packet; what extends it is not read */
    struct image_span iptc; /* records of IIM */
    void *icc;              /* malloc'ed; NULL: none, or not whole */
    size_t icc_size;
};

void image_jpeg_head_read(const void *bytes, size_t size,
                          struct image_jpeg_head *out);

#endif
