/**
 * shrink: rows of 8-bit RGB, as they come, into the mean of squares of
 * factor * factor pixels. What stands over at the right and below makes a
 * last, narrower one.
 *
 * For the files of this room only.
 *
 * Owns:    what init made; release frees it.
 * Threads: one thread per struct image_shrink.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_SHRINK_H
#define IMAGE_SHRINK_H

#include <stdint.h>

#include "base/error.h"

struct image_shrink {
    int width, height; /* of the rows that come */
    int factor;
    int out_width, out_height;
    uint32_t *sum; /* out_width, 3 */
    uint8_t *out;  /* out_height, out_width, 3; borrowed */
};

/** The largest factor that leaves side pixels both ways, and what comes of
 *  it. out is set by the caller before the first row. */
int image_shrink_init(struct image_shrink *s, int width, int height, int side,
                      struct tt_error *err) TT_MUST;

/** Row y, from 0 on, each once. */
void image_shrink_row(struct image_shrink *s, int y, const uint8_t *rgb);

void image_shrink_release(struct image_shrink *s);

#endif
