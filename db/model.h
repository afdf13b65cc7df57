/**
 * model: what can colour: a checkpoint file with a name, and which one is in
 * use. A model is its bytes: the same SHA-256 is the same row.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h; TT_MISSING.
 */
#ifndef DB_MODEL_H
#define DB_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "db/arena.h"
#include "db/db.h"

struct db_model {
    int64_t id;
    const char *name; /* "portrait"; typed as "portrait-1" */
    int64_t version;  /* 0 on add: the next one of that name */
    struct tt_sha256 sha256;
    const char *path;
    const char *preset;  /* "S", or NULL */
    int64_t parameters;  /* 0: not known */
    const char *metrics; /* JSON object as text, or NULL */
    int64_t run;         /* that made it; 0: came from elsewhere */
    int64_t created;     /* wall ms */
    bool current;        /* what colorize uses by default */
    int64_t jobs;        /* that used it; filled by history only */
};

/** Enter a model: *id is its row, an older one if the bytes are known already
 *  (whose path is renewed). id, created, current and jobs are ignored. The
 *  first model ever becomes the current one. 1 new, 0 known. */
int db_model_add(struct db *db, const struct db_model *m, int64_t now,
                 int64_t *id, struct tt_error *err) TT_MUST;

/** Make it the current one. TT_MISSING if there is none with that id. */
int db_model_use(struct db *db, int64_t id, int64_t now,
                 struct tt_error *err) TT_MUST;

#endif
