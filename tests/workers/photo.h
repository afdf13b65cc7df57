/**
 * photo: small pictures for tests, made here: uncompressed TIFF, byte by byte.
 */
#ifndef TESTS_WORKERS_PHOTO_H
#define TESTS_WORKERS_PHOTO_H

#include <stddef.h>
#include <stdint.h>

/** A grey TIFF of width * height, 8 or 16 bits: a soft slope with some shapes
 *  that depend on seed. */
void test_photo_grey(const char *path, int width, int height, int bits,
                     unsigned seed);

/** An RGB TIFF, 8 bits, in many colours. */
void test_photo_colour(const char *path, int width, int height);

/** A JPEG of 32 * 32 that says of itself that Rilke made it, in IPTC, and what
 *  stands in xmp: rdf:Description elements. */
void test_photo_saying(const char *path, const char *xmp);

/** A file of these bytes. */
void test_photo_bytes(const char *path, const void *bytes, size_t size);

#endif
