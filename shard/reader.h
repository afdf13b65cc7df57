/**
 * reader: one shard opened for reading; most callers want shard/read.h.
 *
 * Owns:    what open() made; close() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_MISSING, TT_FORMAT (damaged, foreign, newer, or not what
 *          dataset.json says), TT_IO, TT_NOMEM.
 */
#ifndef SHARD_READER_H
#define SHARD_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "shard/dataset.h"
#include "shard/format.h"

struct shard_reader;

/** Open the file that dataset.json describes; its form and counts are checked,
 *  its checksums are not (shard/verify.h). */
int shard_reader_open(struct shard_reader **out, const char *folder,
                      const struct shard_file *file,
                      struct tt_error *err) TT_MUST;

uint64_t shard_reader_count(const struct shard_reader *r);

/** A record's SHARD_RECORD bytes. */
int shard_reader_record(struct shard_reader *r, uint64_t index, uint8_t *record,
                        struct tt_error *err) TT_MUST;

/** The path that it came from; good until the next call or close(). */
int shard_reader_source(struct shard_reader *r, uint64_t index,
                        const char **path, struct tt_error *err) TT_MUST;

/** Digests: of all records in order, and of the photos' files; `count` each,
 *  good until close(). */
int shard_reader_digests(struct shard_reader *r,
                         const struct tt_sha256 **records,
                         const struct tt_sha256 **photos,
                         struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void shard_reader_close(struct shard_reader *r);

#endif
