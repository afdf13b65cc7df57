/**
 * write: one shard: records in, a file out, whole or absent.
 *
 * The same records in the same order give the same bytes.
 *
 * Owns:    what open() made; finish() or abandon() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_OUTPUT, TT_NOMEM.
 */
#ifndef SHARD_WRITE_H
#define SHARD_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "shard/dataset.h"
#include "shard/format.h"

struct shard_writer;

/** What shard `number` of a split is called: "train-00003.h5". */
void shard_writer_call(char name[SHARD_NAME_SIZE], enum shard_split split,
                       unsigned number);

/** Start shard `number` of a split in folder. It appears there, replacing an
 * older one, when finish() returns. */
int shard_writer_open(struct shard_writer **out, const char *folder,
                      enum shard_split split, unsigned number,
                      struct tt_error *err) TT_MUST;

/** Where a record came from. */
struct shard_origin {
    unsigned source;                /* number of the source */
    const char *path;               /* in it: bytes, not necessarily UTF-8 */
    struct tt_sha256 photo;         /* of the photo's file */
    const struct tt_sha256 *record; /* the record's, if known; or NULL */
};

/** Append a record (SHARD_RECORD bytes). */
int shard_writer_add(struct shard_writer *w, const uint8_t *record,
                     const struct shard_origin *origin,
                     struct tt_error *err) TT_MUST;

uint64_t shard_writer_count(const struct shard_writer *w);

/** Sync and put into place; *out is what dataset.json says of it. w is freed,
 *  on failure as well. */
int shard_writer_finish(struct shard_writer *w, struct shard_file *out,
                        struct tt_error *err) TT_MUST;

/** Throw an unfinished one away. NULL is allowed. */
void shard_writer_abandon(struct shard_writer *w);

#endif
