/**
 * batch: batches of training photos, made ahead by threads of its own, one
 * photo at a time each.
 *
 *   train loop                         maker threads
 *   ask(epoch, 0) ───────────────────► makes batch 0 into buffer A
 *   take() ◄────────────────────────── done
 *   ask(epoch, 1) ───────────────────► makes batch 1 into buffer B
 *   (computes on A)
 *   take() … computes on B
 *
 * One request may be under way at a time. What a batch holds depends only on
 * the seed, the epoch and its number: a photo's place in the epoch and its
 * augmentation are drawn from these, so that the bits do not depend on the
 * number of makers.
 *
 * Owns:    buffers and threads; close() ends both, NULL allowed.
 * Threads: ask(), take() and close() on one thread.
 * Fails:   TT_NOMEM; what augment.h gives, on take().
 */
#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/train/augment.h"
#include "model/train/data.h"

struct train_batcher;

/** The photos of every batch that are made here: `count` from `first` on, of
 *  `whole`. */
struct train_part {
    int whole, first, count;
};

struct train_batch {
    int side;
    const float *x;         /* count, side, side; NULL: not made */
    const float *target;    /* count, side, side, 2; likewise */
    const uint32_t *record; /* count: of the data */
};

struct train_batcher_setup {
    struct train_part part;
    int makers; /* threads, at least 1 */
    enum train_augment augment;
    double film; /* as in augment.h */
    uint64_t seed;
};

int train_batcher_open(struct train_batcher **out,
                       const struct train_data *data,
                       const struct train_batcher_setup *setup,
                       struct tt_error *err) TT_MUST;

/** Whole batches of an epoch: the photos that do not fill one wait for the
 *  next. */
uint64_t train_batcher_count(const struct train_batcher *b);

/** make: the photos; else only which these are. */
void train_batcher_ask(struct train_batcher *b, uint64_t epoch, uint64_t number,
                       int side, bool make);

/** Wait for what was asked last; good until the second ask() from now. */
int train_batcher_take(struct train_batcher *b, struct train_batch *out,
                       struct tt_error *err) TT_MUST;

void train_batcher_close(struct train_batcher *b);

#endif
