/**
 * dataset: what was ingested: the shards, the counts, and why photos were
 * refused.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_DATASET_H
#define DB_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/hash.h"
#include "db/arena.h"
#include "db/db.h"

struct db_shard {
    const char *path;  /* within the dataset's folder */
    const char *split; /* "train", "val", "test", or NULL: mixed */
    int64_t records, bytes;
    bool has_sha256;
    struct tt_sha256 sha256;
};

struct db_verdict {
    const char *reason; /* "grayscale" */
    int64_t n;
};

struct db_dataset {
    int64_t id;
    const char *name;
    const char *path;   /* folder of the shards */
    int64_t job;        /* that made it; 0: entered by hand */
    const char *params; /* JSON object as text, or NULL */
    int64_t side;       /* pixels; 0: not known */
    int64_t seen;       /* photos looked at */
    int64_t records;    /* kept */
    int64_t train, val, test;
    int64_t refused;
    int64_t bytes;
    bool has_sha256;
    struct tt_sha256 sha256; /* of the whole, as its maker defines it */
    int64_t created;         /* wall ms */
    const struct db_shard *shards;
    size_t n_shards;
    const struct db_verdict *verdicts;
    size_t n_verdicts;
};

/** Enter a dataset with shards and verdicts. *id is its row: an older one if
 *  that job has one already, or if it is the same (path and SHA-256). id and
 * created are ignored. 1 new, 0 known. */
int db_dataset_add(struct db *db, const struct db_dataset *d, int64_t now,
                   int64_t *id, struct tt_error *err) TT_MUST;

/** The same from the "dataset" member of a result (form: job/wire.h). */
int db_dataset_add_json(struct db *db, int64_t job, const json_t *o,
                        int64_t now, int64_t *id, struct tt_error *err) TT_MUST;

#endif
