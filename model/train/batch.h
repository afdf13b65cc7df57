/**
 * batch: batches of training photos, made ahead by a thread of its own.
 *
 *   train loop                         maker thread
 *   ask(epoch, 0) ───────────────────► makes batch 0 into buffer A
 *   take() ◄────────────────────────── done
 *   ask(epoch, 1) ───────────────────► makes batch 1 into buffer B
 *   (computes on A)
 *   take() … computes on B
 *
 * One request may be under way at a time. What a batch holds depends only on
 * the seed, the epoch and its number: a photo's place in the epoch and its
 * augmentation are drawn from these.
 *
 * Owns:    buffers and thread; close() ends both, NULL allowed.
 * Threads: ask(), take() and close() on one thread.
 * Fails:   TT_NOMEM.
 */
#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

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
    const float *x;      /* count, side, side */
    const float *target; /* count, side, side, 2 */
};

int train_batcher_open(struct train_batcher **out,
                       const struct train_data *data, struct train_part part,
                       enum train_augment augment, double film, uint64_t seed,
                       struct tt_error *err) TT_MUST;

/** Whole batches of an epoch: the photos that do not fill one wait for the
 *  next. */
uint64_t train_batcher_count(const struct train_batcher *b);

void train_batcher_ask(struct train_batcher *b, uint64_t epoch, uint64_t number,
                       int side);

/** Wait for what was asked last; good until the second ask() from now. */
struct train_batch train_batcher_take(struct train_batcher *b);

void train_batcher_close(struct train_batcher *b);

#endif
