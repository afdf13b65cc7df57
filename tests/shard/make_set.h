/** A small data set for tests: records whose bytes tell their number. */
#ifndef TESTS_SHARD_MAKE_SET_H
#define TESTS_SHARD_MAKE_SET_H

#include <stdint.h>

#include "shard/format.h"

/** The bytes of record i: in range, different for each i. */
void make_record(uint8_t record[SHARD_RECORD], unsigned i);

/** folder: two train shards of `n` records and a val shard of one. */
void make_set(const char *folder, unsigned n);

#endif
