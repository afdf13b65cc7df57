/**
 * data: a small data set of coloured shapes for the tests of training: the
 * colour of a place follows from its lightness and its surroundings, so that
 * it can be learnt.
 */
#ifndef TESTS_MODEL_TRAIN_DATA_H
#define TESTS_MODEL_TRAIN_DATA_H

#include <stdint.h>

#include "model/train/train.h"
#include "shard/format.h"

/** The index-th made-up photo. */
void data_record(uint32_t index, uint8_t record[SHARD_RECORD]);

/** A data set with so many photos in its training and validation split. */
void data_make(const char *folder, int train, int val);

/** A small run on the data set "set", in batches of 8, on one thread: a barrier
 *  a layer is dear on a busy machine. Its files go to folder. */
struct train_plan data_plan(const char *folder);

/** n values about 1/2, as outputs of a network are; the caller's to free. */
float *data_values(size_t n, uint64_t key);

#endif
