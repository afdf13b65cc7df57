/**
 * taps: which old pixels make a new one, and by what weights, on one axis: the
 * mean over the area that it covers where the axis shrinks, Catmull-Rom with
 * edges repeated where it grows.
 *
 * For the files of this room only.
 *
 * Owns:    what init made; release frees it.
 * Threads: any once made.
 * Fails:   TT_NOMEM, TT_USAGE (a side below 1).
 */
#ifndef IMAGE_TAPS_H
#define IMAGE_TAPS_H

#include "base/error.h"

struct image_taps {
    int size;   /* new pixels */
    int most;   /* the largest count, or one more */
    int *first; /* of the old pixels of each; and a 0 behind */
    int *count;
    float *weight; /* size, most; sum to 1 over each one's count, 0 behind */
};

int image_taps_init(struct image_taps *t, int from, int to,
                    struct tt_error *err) TT_MUST;
void image_taps_release(struct image_taps *t);

/** Catmull-Rom's weights of the pixels at -1, 0, 1, 2; t in 0..1. */
void image_taps_cubic(double t, float weight[4]);

#endif
