/**
 * source_vips: libvips' loaders, one for each format.
 *
 * For the files of this room only.
 *
 * Owns:    the image is the caller's to unref; it borrows bytes.
 * Threads: one thread per image.
 */
#ifndef IMAGE_SOURCE_VIPS_H
#define IMAGE_SOURCE_VIPS_H

#include <vips/vips.h>

#include "image/image.h"

/** Its head is read, its pixels are not. NULL: libvips' words say why. */
VipsImage *image_source_vips_open(enum image_format format, const void *bytes,
                                  size_t size);

#endif
