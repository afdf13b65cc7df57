/**
 * pictures: files of pictures made for tests, in memory, by libvips and
 * TurboJPEG themselves.
 *
 * Owns:    bytes is the caller's to free().
 * Threads: one.
 * Fails:   ends the test.
 */
#ifndef TESTS_IMAGE_PICTURES_H
#define TESTS_IMAGE_PICTURES_H

#include <stddef.h>
#include <stdint.h>

#include <vips/vips.h>

struct picture {
    uint8_t *bytes;
    size_t size;
};

/** Codes that differ from place to place: n of them, below `most`. */
void picture_fill8(uint8_t *codes, size_t n, unsigned most);
void picture_fill16(uint16_t *codes, size_t n);

/** An image of codes (not copied). */
VipsImage *picture_image(const void *codes, int width, int height, int bands,
                         VipsBandFormat format, VipsInterpretation type);

/** The image as a file; suffix with libvips' options: ".tif[compression=lzw]".
 *  The image is released. */
struct picture picture_save(VipsImage *image, const char *suffix);

/** A JPEG; format TJPF_GRAY, TJPF_RGB or TJPF_CMYK. */
struct picture picture_jpeg(const uint8_t *codes, int width, int height,
                            int format, int quality);

/** A segment put behind the two bytes that begin a JPEG. */
void picture_insert(struct picture *p, int marker, const void *data,
                    size_t size);

/** An EXIF segment that holds an orientation. */
void picture_turn(struct picture *p, int orientation);

#endif
