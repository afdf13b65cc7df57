/**
 * shards: the parts of a data set being filled, record by record.
 *
 *   add() ──► shard being filled ──(full)──► a thread: synced, hashed, in place
 *             of each part                        └─► the journal is told
 *
 * A full shard is ended by a thread of its own while the next one is filled, so
 * that whoever adds does not wait for the disk. Which record goes where depends
 * on the order of add() alone. A shard that the journal knows already is
 * counted, but not written again.
 *
 * Owns:    what open() made; close() frees it, and throws away what was not
 *          finished.
 * Threads: all calls on one thread, the journal's.
 * Fails:   TT_OUTPUT (the disk is full), TT_NOMEM.
 */
#ifndef INGEST_SHARDS_H
#define INGEST_SHARDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/journal.h"
#include "shard/write.h"

struct ingest_shards;

struct ingest_shards_setup {
    const char *folder;
    uint64_t records;               /* in one shard */
    struct ingest_journal *journal; /* NULL: count, write nothing */
};

/** Where a record went. */
struct ingest_place {
    const char *shard; /* good until the next call; NULL: nothing is written */
    uint64_t index;
};

/** What setup points to is used until close(). */
int ingest_shards_open(struct ingest_shards **out,
                       const struct ingest_shards_setup *setup,
                       struct tt_error *err) TT_MUST;

/** Append a record (SHARD_RECORD bytes). A shard ends when the one after its
 *  last record comes: all its lines are in the journal by then. */
int ingest_shards_add(struct ingest_shards *s, enum shard_split split,
                      const uint8_t *record, const struct shard_origin *origin,
                      struct ingest_place *place, struct tt_error *err) TT_MUST;

/** End what is being filled and wait until everything is in place: *files, in
 *  the order of dataset.json, is the caller's (free). */
int ingest_shards_finish(struct ingest_shards *s, struct shard_file **files,
                         size_t *n, struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void ingest_shards_close(struct ingest_shards *s);

#endif
