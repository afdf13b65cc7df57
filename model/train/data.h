/**
 * data: the records of one split, all in memory: a random read is then a
 * pointer. 49 kB a photo. Private to training.
 *
 * Owns:    the bytes; free() accepts NULL.
 * Threads: read-only after load().
 * Fails:   as shard/read.h; TT_INPUT (no photo in the split), TT_CANCEL.
 */
#ifndef TRAIN_DATA_H
#define TRAIN_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/watch.h"
#include "shard/read.h"

struct train_data {
    size_t count;
    uint8_t *records; /* count, SHARD_RECORD */
};

/** limit: photos at most, 0: all. */
int train_data_load(struct train_data **out, struct shard_set *set,
                    enum shard_split split, uint64_t limit,
                    const struct tt_watch *watch, struct tt_error *err) TT_MUST;

const uint8_t *train_data_record(const struct train_data *d, size_t index);

void train_data_free(struct train_data *d);

#endif
