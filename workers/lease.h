/**
 * lease: the chunks that a worker holds: claimed one ahead, kept alive by
 * beats, given back with what came of them.
 *
 *   claim thread ──► ahead ──► work thread ──► outbox ──► main thread ──► Redis
 *                      └───────── beats, notes ──────────────┘
 *
 * At most two chunks are held at a time, whatever their stage, so at most two
 * results wait while Redis is away; they are sent when it is back. The second
 * is claimed only when the first is about to end: it hides the round trip, and
 * does not take work from a worker that is idle. A chunk
 * whose beat is answered "gone" is abandoned: its lease ended, or its job was
 * cancelled. A chunk that does not move for `stall` is no longer renewed, so
 * that somebody else gets it; if it stays so for another lease, the process
 * kills itself, since nothing can be done about a thread that hangs.
 *
 * Owns:    a struct worker_lease owns every chunk but the one taken.
 * Threads: as said of each function.
 * Fails:   as queue/queue_client.h.
 */
#ifndef WORKERS_LEASE_H
#define WORKERS_LEASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "job/wire.h"
#include "queue/queue_client.h"
#include "workers/worker.h"

#define WORKER_CHUNKS 2   /* held at a time */
#define WORKER_NOTES  256 /* waiting at a time; then the oldest go */

struct worker_lease;

/** What becomes of a chunk. */
enum worker_outcome {
    WORKER_DONE,
    WORKER_PART,    /* the rest is for others */
    WORKER_FAIL,    /* nothing came of it */
    WORKER_RELEASE, /* back to the queue as it was, no strike */
    WORKER_DROP     /* no longer ours: say nothing */
};

enum worker_stage { WORKER_AHEAD, WORKER_HAND, WORKER_OUT };

/** A chunk that is held. What is atomic is also looked at by the main thread.
 */
struct worker_chunk {
    struct queue_lease lease;
    struct job_payload payload; /* borrows from hold */
    json_t *hold;
    struct worker_lease *owner;
    int64_t begun_ms;             /* steady; 0: not begun */
    _Atomic int64_t cursor;       /* number of the photo in hand */
    _Atomic uint64_t done, total; /* in whatever unit the work has */
    _Atomic uint64_t moves;       /* changes as long as something happens */
    atomic_bool closing;          /* will end soon: time to claim the next */
    atomic_bool gone;             /* abandon it */

    /* under the lock of struct worker_lease */
    enum worker_stage stage;
    enum worker_outcome outcome;
    char *body; /* owned */

    /* main thread */
    uint64_t moves_seen;
    int64_t moved_ms; /* when that changed */
};

/** Make ready; nothing is sent yet. options are borrowed. */
int worker_lease_open(struct worker_lease **out,
                      const struct worker_options *options,
                      struct tt_error *err) TT_MUST;

/** Main thread: claim, beat, send, until all is over. Blocks SIGTERM, SIGINT
 *  before it is called. -1: a fault that ended the worker. */
int worker_lease_run(struct worker_lease *l, struct tt_error *err) TT_MUST;

/** Work thread: the next chunk, or NULL: there will be no more. */
struct worker_chunk *worker_lease_take(struct worker_lease *l);

/** Work thread: give the chunk back. body is taken over; may be NULL for
 *  RELEASE and DROP. */
void worker_lease_give(struct worker_lease *l, struct worker_chunk *chunk,
                       enum worker_outcome outcome, char *body);

/** Work thread: there will be no further call; ends worker_lease_run. */
void worker_lease_leave(struct worker_lease *l);

/** Any thread: a note of the chunk in hand; text is taken over. */
void worker_lease_note(struct worker_lease *l, const struct worker_chunk *chunk,
                       char *text);

/** Any thread: stop claiming and end, since *why makes going on useless. */
void worker_lease_fault(struct worker_lease *l, const struct tt_error *why);

/** Any thread: something happened. done of total, cursor: the first photo that
 *  has no outcome yet. */
void worker_chunk_move(struct worker_chunk *chunk, int64_t cursor,
                       uint64_t done, uint64_t total);

/** Any thread: true if the work is to stop: the chunk is gone, or the worker
 *  drains and cannot end it in time. Counts as a move. */
bool worker_chunk_stop(struct worker_chunk *chunk);

/** Close and free; the work thread has left. NULL is allowed. */
void worker_lease_close(struct worker_lease *l);

#endif
