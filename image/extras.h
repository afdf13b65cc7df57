/**
 * extras: what a file has beside its pixels, as bytes. For the files of this
 * room that write one.
 *
 * Owns:    exif and iptc are borrowed, xmp and icc are the maker's to free.
 * Threads: any.
 */
#ifndef IMAGE_EXTRAS_H
#define IMAGE_EXTRAS_H

#include <stddef.h>
#include <stdint.h>

/** NULL: none. */
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

#endif
