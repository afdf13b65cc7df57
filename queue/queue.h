/**
 * queue: the queue as the scheduler sees it: one connection's life, from the
 * greeting to the loss, and the calls between.
 *
 * Keys (prefix P = "tt:{NAME}"; SQLite decides, Redis transports)
 *
 *   P:meta       hash    gen, db (whose keys these are), fence (both in one)
 *   P:r:<class>  list    ready chunks; class = priority 0..2 and a lane: "1g"
 *   P:c:<cid>    hash    s r/l/d, a attempt, k class, p payload, t token,
 *                        w worker, u cursor; cid = "<job>.<seq>"
 *   P:lease      zset    cid -> deadline in Redis' own milliseconds
 *   P:all        set     the cids there are, for finding strays
 *   P:res        stream  results and notes, one reader, read from the oldest
 *   P:wk:<class> list    wake hints
 *   P:w:<id>     hash    a worker, of itself; expires
 *   P:ws         set     the workers there are
 *
 * The functions that keep them are in tintype.lua, loaded by queue_open.
 * Whatever the scheduler asks carries the fence: where another scheduler, or
 * another database, has adopted the queue, or its keys are gone (FLUSHALL),
 * the answer is TT_BUSY and the thing to do is to close and open anew. The
 * rule of all writes: the transaction first, then the call here.
 *
 * Owns:    open made it; close ends it, and its memory goes after `closed`.
 * Threads: that of the loop; all callbacks come from there.
 * Fails:   TT_UNAVAILABLE (away; outcome unknown), TT_BUSY (fenced), TT_NOMEM
 *          (also: Redis is full), TT_USAGE (a Redis that we cannot use),
 *          TT_FORMAT.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "queue/queue_client.h"

struct queue; /* opaque */

struct queue_ready {
    char run_id[48];   /* of the Redis process: another one means a restart */
    char version[24];  /* of Redis */
    bool fresh;        /* there were no keys, or they were wiped */
    int64_t redis_now; /* Redis' clock, ms */
};

struct queue_events {
    void *ctx;
    /** Greeted and adopted: calls may be made. */
    void (*ready)(void *ctx, const struct queue_ready *ready);
    /** Never came up, or is lost; once, after all answers. Now close it.
     *  hopeless: trying again is of no use before somebody acts (Redis too
     *  old, evicting, password refused; a later scheduler has been here). */
    void (*down)(void *ctx, const struct tt_error *err, bool hopeless);
};

struct queue_options {
    const char *url;  /* queue/address.h */
    const char *name; /* letters, digits, "_.-", at most 32 */
    const char *db;   /* uuid of the database */
    int64_t gen;      /* its generation */
    bool may_wipe;    /* keys of another database may be deleted */
    bool wipe;        /* delete whatever is there (taking over) */
    long timeout_ms;  /* of each call; 0: 5000 */
};

/** Connect, check version and policy, load the functions, adopt. The outcome
 *  comes by events, never from within. Texts are copied. */
int queue_open(struct queue **out, uv_loop_t *loop,
               const struct queue_options *options,
               const struct queue_events *events, struct tt_error *err) TT_MUST;

/** The generation that Redis saw, if it is later than ours and we are down for
 *  that; else 0. */
int64_t queue_later_generation(const struct queue *q);

/** Close: calls in flight are answered from within, `down` is not called, and
 *  closed(ctx) comes from the loop. closed may be NULL, and so may q. */
void queue_close(struct queue *q, void (*closed)(void *ctx), void *ctx);

/** True if the name can be a queue's. */
bool queue_name_ok(const char *name);

/* --- calls: each cb is called once if the call returned 0, else never.
 * rc is 0, or -1 and *err says why. What is handed over is borrowed. --- */

typedef void (*queue_done_cb)(void *ctx, int rc, const struct tt_error *err);

/** A chunk and one of its attempts. */
struct queue_chunk {
    int64_t job, seq;
    int64_t attempt;
};

struct queue_issue {
    struct queue_chunk chunk;
    int prio;            /* 0..2 */
    const char *lane;    /* "g" */
    const char *payload; /* job/wire.h */
};

/** Put chunks into the queue; a newer attempt replaces an older one, the same
 *  or a newer one stays. */
int queue_issue(struct queue *q, const struct queue_issue *items, size_t n,
                queue_done_cb cb, void *ctx, struct tt_error *err) TT_MUST;

/** An entry of the results stream. */
struct queue_entry {
    const char *id;
    bool sane; /* false: not ours in form; acknowledge it and forget it */
    struct queue_chunk chunk;
    char worker[QUEUE_ID_SIZE]; /* who held the lease; "" not known */
    bool is_note;
    enum queue_result_kind kind; /* of a result */
    const char *body;
};

typedef void (*queue_entries_cb)(void *ctx, int rc, const struct tt_error *err,
                                 const struct queue_entry *entries, size_t n);

/** The oldest entries, at most count. */
int queue_read(struct queue *q, int count, queue_entries_cb cb, void *ctx,
               struct tt_error *err) TT_MUST;

struct queue_ack {
    const char *id; /* of the entry */
    struct queue_chunk chunk;
    /* chunk.attempt is a bound: if Redis holds that attempt or an older one
     * the chunk leaves the queue. 0 (a note): only the entry goes. */
};

/** Forget entries, after their commit. */
int queue_ack(struct queue *q, const struct queue_ack *acks, size_t n,
              queue_done_cb cb, void *ctx, struct tt_error *err) TT_MUST;

/** One answer a chunk, in order. */
typedef void (*queue_flags_cb)(void *ctx, int rc, const struct tt_error *err,
                               const int *flags, size_t n);

/** Take chunks out, whatever the attempt; 1: it was taken, 0: it stays. ready:
 *  only those that nobody has begun. */
int queue_retract(struct queue *q, bool ready, const struct queue_chunk *chunks,
                  size_t n, queue_flags_cb cb, void *ctx,
                  struct tt_error *err) TT_MUST;

enum queue_repaired {
    QUEUE_FINE = 0,
    QUEUE_MENDED = 1,
    QUEUE_ABSENT = 2,  /* or an older attempt: issue it again */
    QUEUE_REPORTED = 3 /* a result should be in the stream */
};

/** Mend what half a function left behind. deep: also chunks that say they are
 *  ready and stand in no list (walks the lists). */
int queue_repair(struct queue *q, bool deep, const struct queue_chunk *chunks,
                 size_t n, queue_flags_cb cb, void *ctx,
                 struct tt_error *err) TT_MUST;

struct queue_expiry {
    struct queue_chunk chunk;
    char worker[QUEUE_ID_SIZE];
    int64_t cursor;   /* -1: not known */
    int64_t deadline; /* Redis' clock, ms */
};

typedef void (*queue_expired_cb)(void *ctx, int rc, const struct tt_error *err,
                                 int64_t redis_now,
                                 const struct queue_expiry *rows, size_t n);

/** Leases that have ended, at most limit; changes nothing. */
int queue_expired(struct queue *q, int limit, queue_expired_cb cb, void *ctx,
                  struct tt_error *err) TT_MUST;

/** The leases that this worker has, whatever their deadlines. */
int queue_held(struct queue *q, const char *worker, queue_expired_cb cb,
               void *ctx, struct tt_error *err) TT_MUST;

/** Drop the leases of these attempts, after their strikes are committed. The
 *  chunks stay: a late success is still welcome. */
int queue_unlease(struct queue *q, const struct queue_chunk *chunks, size_t n,
                  queue_done_cb cb, void *ctx, struct tt_error *err) TT_MUST;

typedef void (*queue_all_cb)(void *ctx, int rc, const struct tt_error *err,
                             const struct queue_chunk *chunks, size_t n);

/** Every chunk that is in the queue (attempts are not filled). */
int queue_all(struct queue *q, queue_all_cb cb, void *ctx,
              struct tt_error *err) TT_MUST;

struct queue_worker {
    char id[QUEUE_ID_SIZE];
    bool alive;        /* false: silent for too long, or said farewell */
    const char *ended; /* its farewell, or NULL: lost */
    struct queue_worker_info info; /* if its hash is there, else zero */
};

typedef void (*queue_workers_cb)(void *ctx, int rc, const struct tt_error *err,
                                 const struct queue_worker *rows, size_t n);

/** Every worker that has announced itself and was not forgotten. */
int queue_workers(struct queue *q, queue_workers_cb cb, void *ctx,
                  struct tt_error *err) TT_MUST;

/** Forget workers that have ended, once that is recorded. */
int queue_forget(struct queue *q, const struct queue_worker *rows, size_t n,
                 queue_done_cb cb, void *ctx, struct tt_error *err) TT_MUST;

/** Have Redis write its log anew, so that no torn tail is replayed twice. */
int queue_rewrite(struct queue *q, queue_done_cb cb, void *ctx,
                  struct tt_error *err) TT_MUST;

#endif
