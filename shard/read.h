/**
 * read: a data set opened for reading: all shards of a folder, by split.
 *
 * Owns:    what open() made; close() frees it.
 * Threads: one thread per struct shard_set (HDF5 serialises calls anyway).
 * Fails:   TT_MISSING (no such data set), TT_FORMAT (damaged, foreign or newer,
 *          with the file's name and the reason), TT_IO, TT_NOMEM.
 */
#ifndef SHARD_READ_H
#define SHARD_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "shard/format.h"

struct shard_set;

/** Open the data set in folder. On -1, *out is NULL. */
int shard_set_open(struct shard_set **out, const char *folder,
                   struct tt_error *err) TT_MUST;

/** Records in one split. */
size_t shard_set_count(const struct shard_set *set, enum shard_split split);

/** The index-th record of the split into record (SHARD_RECORD bytes). */
int shard_set_record(struct shard_set *set, enum shard_split split,
                     size_t index, uint8_t *record,
                     struct tt_error *err) TT_MUST;

/** The path that a record came from; good until the next call. */
int shard_set_source(struct shard_set *set, enum shard_split split,
                     size_t index, const char **path,
                     struct tt_error *err) TT_MUST;

void shard_set_close(struct shard_set *set);

#endif
