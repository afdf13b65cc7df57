/**
 * event: what happened to a job, a chunk or a worker, and when. State changes
 * only, never one a photo.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_EVENT_H
#define DB_EVENT_H

#include <stdint.h>

#include "db/arena.h"
#include "db/db.h"

/* The numbers are those of the record: append, never renumber. */
// clang-format off
#define DB_EVENTS(X)                                                           \
    X(DB_EVENT_SUBMITTED, 1,  "submitted")                                     \
    X(DB_EVENT_STARTED,   2,  "started")                                       \
    X(DB_EVENT_PAUSED,    3,  "paused")                                        \
    X(DB_EVENT_RESUMED,   4,  "resumed")                                       \
    X(DB_EVENT_CANCELLED, 5,  "cancelled")                                     \
    X(DB_EVENT_RETRIED,   6,  "retried")                                       \
    X(DB_EVENT_ENDED,     7,  "ended")                                         \
    X(DB_EVENT_STRIKE,    8,  "strike")                                        \
    X(DB_EVENT_SPLIT,     9,  "split")                                         \
    X(DB_EVENT_DEAD,      10, "dead")                                          \
    X(DB_EVENT_WORKER,    11, "worker")                                        \
    X(DB_EVENT_LOST,      12, "lost")                                          \
    X(DB_EVENT_MODEL,     13, "model")                                         \
    X(DB_EVENT_DATASET,   14, "dataset")                                       \
    X(DB_EVENT_SAID,      15, "said")                                          \
    X(DB_EVENT_QUEUE,     16, "queue")
// clang-format on

enum db_event_kind {
#define X(name, number, word) name = number,
    DB_EVENTS(X)
#undef X
};

struct db_event {
    int64_t id;
    int64_t at;     /* wall ms */
    int64_t job;    /* 0: none */
    int64_t chunk;  /* its seq; 0: none */
    int64_t worker; /* 0: none */
    enum db_event_kind kind;
    const char *body; /* words for people, or NULL */
};

const char *db_event_word(enum db_event_kind kind);

/** Add one; e->id is ignored. */
int db_event_add(struct db *db, const struct db_event *e,
                 struct tt_error *err) TT_MUST;

#endif
