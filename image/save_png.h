/**
 * save_png: pixels as libvips writes them into a PNG, with EXIF and XMP in the
 * chunks that are meant for them: eXIf (PNG 3, 11.3.3.4) and an iTXt that is
 * not compressed (XMP part 3, 1.1.5). libvips would take EXIF apart and write
 * again what it knows, and hide XMP in a zTXt.
 *
 * For the files of this room only.
 *
 * Owns:    nothing between calls.
 * Threads: any.
 * Fails:   TT_NOMEM, TT_OUTPUT.
 */
#ifndef IMAGE_SAVE_PNG_H
#define IMAGE_SAVE_PNG_H

#include <vips/vips.h>

#include "base/error.h"
#include "image/extras.h"

/** A profile is the image's own; of extras it takes exif and xmp. */
int image_save_png(VipsImage *image, const struct image_extras *extras,
                   const char *path, struct tt_error *err) TT_MUST;

#endif
