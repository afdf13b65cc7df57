/**
 * worker: who has done the work. A row a process, kept for ever: a photo's
 * chunk names its worker, and that its host and version.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_WORKER_H
#define DB_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "db/arena.h"
#include "db/db.h"

struct db_worker {
    int64_t id;
    const char *uid; /* its name in the queue, unique for ever */
    const char *host;
    int64_t pid;
    const char *caps;    /* "g t cpu:2", as it says itself */
    const char *version; /* of tintype */
    int64_t threads;
    int64_t first_seen, last_seen; /* wall ms */
    int64_t ended;                 /* wall ms; 0: not known to have ended */
    int64_t chunks, photos;        /* recorded from it */
};

/** It lives: make or renew its row (id, first_seen, chunks and photos are
 *  ignored). *id may be NULL. */
int db_worker_seen(struct db *db, const struct db_worker *w, int64_t now,
                   int64_t *id, struct tt_error *err) TT_MUST;

/** The id of that uid, 0 if it was never seen. */
int db_worker_id(struct db *db, const char *uid, int64_t *id,
                 struct tt_error *err) TT_MUST;

/** It has ended; why goes into its event ("drained", "lease ended"). Harmless
 *  twice. */
int db_worker_ended(struct db *db, const char *uid, bool lost, const char *why,
                    int64_t now, struct tt_error *err) TT_MUST;

#endif
