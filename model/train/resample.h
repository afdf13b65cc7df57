/**
 * resample: a square window of a record's plane as side x side values, each the
 * mean of the area that it covers, and planes turned. Private to training.
 *
 * Threads: any.  Fails: never.
 */
#ifndef TRAIN_RESAMPLE_H
#define TRAIN_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "shard/format.h"

struct train_window {
    float x, y, size; /* within 0 .. SHARD_SIDE */
    bool mirror;      /* left to right */
};

extern const struct train_window train_window_whole;

/** plane: SHARD_SIDE, SHARD_SIDE -> out: side, side; side <= SHARD_SIDE. */
void train_resample(const uint8_t *plane, const struct train_window *w,
                    int side, float *out);

/** A record's three planes as L*, a*, b*: out: 3, side, side. */
void train_resample_lab(const uint8_t *record, const struct train_window *w,
                        int side, float *out);

/** A plane turned about its middle, counter-clockwise as seen, by linear
 *  interpolation; what comes in from outside repeats the edge. in, out: side,
 *  side. */
void train_resample_turn(const float *in, int side, float radians, float *out);

#endif
