/**
 * photo: the rows of photos, written a chunk at a time together with the
 * counters of their job. For this room alone; within a transaction of the
 * caller.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_PHOTO_H
#define DB_PHOTO_H

#include <stdbool.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/paths.h"
#include "db/stmt.h"
#include "job/wire.h"

/** The number by which the record finds an output: the first 8 bytes of the
 *  SHA-256 of its absolute path. */
int db_photo_key(const char *path, int64_t *key, struct tt_error *err) TT_MUST;

struct db_photo_batch {
    struct db *db;
    const struct db_chunk *chunk;
    int64_t worker, now;
    bool again;            /* failed rows may be replaced */
    const char *outdir;    /* or NULL */
    struct db_path *names; /* of the chunk's photos; NULL: manifest gone */
    int64_t put;           /* rows written, and of these … */
    int64_t done, skipped, failed; /* (less what they replaced) */
    int64_t bytes, ms;
};

/** Begin; names lie in db->scratch, which must live until the end. */
int db_photo_begin(struct db *db, const struct db_chunk *c, int64_t worker,
                   int64_t now, struct db_photo_batch *b,
                   struct tt_error *err) TT_MUST;

/** One row. A photo that has one already keeps it, unless it failed and this
 *  is a retry. p->index must be of the chunk. */
int db_photo_put(struct db_photo_batch *b, const struct job_photo *p,
                 struct tt_error *err) TT_MUST;

/** Add up the counters of job and worker. */
int db_photo_end(struct db_photo_batch *b, struct tt_error *err) TT_MUST;

#endif
