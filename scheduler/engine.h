/**
 * engine: what the parts of the scheduler share. Each part has a struct here,
 * a tick that looks whether there is something to do, and a reset for when the
 * connection to Redis is lost (all its calls have been answered by then).
 *
 * Owns:    scheduler.c makes and frees it.
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_ENGINE_H
#define SCHEDULER_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "db/arena.h"
#include "db/db.h"
#include "queue/queue.h"
#include "scheduler/collect.h"
#include "scheduler/crew.h"
#include "scheduler/issue.h"
#include "scheduler/link.h"
#include "scheduler/reap.h"
#include "scheduler/reconcile.h"
#include "scheduler/scheduler.h"

#define ENGINE_BATCH 256 /* chunks in one call to Redis */

struct control;

struct scheduler {
    const struct scheduler_options *opt;
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t term, interrupt;
    struct db *db;
    struct control *control;
    struct link link;
    struct issue issue;
    struct collect collect;
    struct reap reap;
    struct reconcile reconcile;
    struct crew crew;
    struct tt_error record_error; /* why the record cannot be written, or OK */
    bool shutdown_asked;          /* on the socket */
    bool stopping;
    int64_t leave_by; /* steady ms; 0: nobody has asked us to leave */
    bool failed;      /* why is what scheduler_run returns */
    struct tt_error why;
};

/** End the loop: everything is closed, then scheduler_run returns 0; or -1 if
 *  why is not NULL. Harmless twice. */
void scheduler_stop(struct scheduler *s, const struct tt_error *why);

/** Note that the record could (NULL) or could not be written; says so in the
 *  log when that changes. */
void scheduler_record_said(struct scheduler *s, const struct tt_error *err);

/** Chunks for a call whose answer is read with them in hand; freed by the
 *  callback. NULL if memory ran out. */
struct engine_batch {
    struct scheduler *s;
    int64_t job; /* what it is about; 0: nothing in particular */
    bool last;   /* of several */
    size_t n;
    struct queue_chunk chunks[];
};

struct engine_batch *engine_batch_new(struct scheduler *s, size_t n);

#endif
