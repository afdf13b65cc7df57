/**
 * jpeg_pass: a grey plane through JPEG and back, so that it looks as if it had
 * been kept as one.
 *
 * Owns:    open() takes the library's handles and a buffer; close() accepts
 *          NULL.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM, TT_BUG (the library refused).
 */
#ifndef IMAGE_JPEG_PASS_H
#define IMAGE_JPEG_PASS_H

#include <stdint.h>

#include "base/error.h"

struct image_jpeg_pass;

/** side: of the planes, at most. */
int image_jpeg_pass_open(struct image_jpeg_pass **out, int side,
                         struct tt_error *err) TT_MUST;

/** plane: height, width; in place. quality: 1..100. */
int image_jpeg_pass_run(struct image_jpeg_pass *p, uint8_t *plane, int width,
                        int height, int quality, struct tt_error *err) TT_MUST;

void image_jpeg_pass_close(struct image_jpeg_pass *p);

#endif
