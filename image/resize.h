/**
 * resize: to another size: the mean over the area that a new pixel covers
 * where the picture shrinks, Catmull-Rom's bicubic where it grows, each axis
 * on its own. Means are of sRGB codes, for the training records and for what
 * the network is shown alike.
 *
 * Owns:    nothing between calls.
 * Threads: any.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/image.h"

/** A part of a picture: pixels from (x, y) on. */
struct image_box {
    int x, y, width, height;
};

/** The part `box` of in (NULL: all of it) into rgb, interleaved: height,
 *  width, 3, nearest codes. */
int image_resize_rgb8(const struct image_small *in, const struct image_box *box,
                      int width, int height, uint8_t *rgb,
                      struct tt_error *err) TT_MUST;

/** A plane of floats into another. */
int image_resize_plane(const float *in, int in_width, int in_height, int width,
                       int height, float *out, struct tt_error *err) TT_MUST;

/** What the network is shown: the whole photo in a square of side * side, L*
 *  of the mean code of each. */
int image_network_lightness(const struct image_grey *grey, int side,
                            float *lightness, struct tt_error *err) TT_MUST;

#endif
