/**
 * issue: fills the window: waiting chunks, and new ones cut from manifests, go
 * to Redis as long as there is room. Urgent jobs first; among equals each gets
 * a few in turn, and none holds more than its share of the window.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_ISSUE_H
#define SCHEDULER_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/job.h"
#include "queue/queue.h"

struct scheduler;

struct issue {
    int64_t next; /* steady ms of the next look */
};

void issue_tick(struct scheduler *s, int64_t now);

/** There may be work or room: look at the next tick. */
void issue_soon(struct scheduler *s);

/** Chunks that may be in Redis at a time. */
long issue_window(const struct scheduler *s);

/** Photos in a chunk of this job; units, of any other kind, go one by one. */
int issue_chunk_size(const struct scheduler *s, const struct db_job *job);

/** How many chunks a job may have in the window when `jobs` are hungry. */
long issue_share(long window, size_t jobs);

/** Put chunks that are committed as issued into Redis, in batches. What does
 *  not get there is mended by reconcile. */
void issue_send(struct scheduler *s, struct db_chunk *const *chunks, size_t n);

/** The same for chunks that Redis has lost: those that the record still holds
 *  issued with that attempt; of a paused job they go back to wait. */
void issue_again(struct scheduler *s, const struct queue_chunk *chunks,
                 size_t n);

/** Take a stopped job's chunks out of Redis: those in refs that nobody has
 *  begun (ready), or all of them; then the job is cancelled. */
void issue_retract(struct scheduler *s, int64_t job, bool ready,
                   const struct db_chunk_ref *refs, size_t n);

/** Take a paused job's chunks out of Redis that nobody has begun. */
void issue_withdraw(struct scheduler *s, int64_t job);

#endif
