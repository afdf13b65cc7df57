/**
 * reconcile: makes Redis hold what the record says it holds: at the start,
 * after every loss of the connection, and each 30 s.
 *
 *   1  all chunks that are issued: mend half ones; absent ones are issued again
 *      (of a paused job: put to wait)
 *   2  the stream is read to its end; what says "reported" and has no entry is
 *      issued again
 *   3  whatever else is there (strays) is retracted; jobs that were cancelling
 *      are cancelled
 *
 * deep, after a Redis that we have not met, also walks the ready lists and has
 * Redis write its log anew.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_RECONCILE_H
#define SCHEDULER_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/queue.h"

struct scheduler;

struct reconcile {
    bool busy, deep;
    bool settled; /* Redis is known to hold what it should: issue may go on */
    bool incomplete; /* something could not be issued again: soon once more */
    int64_t next;    /* steady ms of the next one */
    char met[48];    /* run id of the Redis that was reconciled deeply */
    int64_t after_job, after_seq;
    struct queue_chunk page[256];
    size_t n;
    struct queue_chunk *reported; /* grown as needed */
    size_t n_reported, room;
};

void reconcile_tick(struct scheduler *s, int64_t now);
/** Once more soon: something did not get into Redis. */
void reconcile_soon(struct scheduler *s);
void reconcile_reset(struct scheduler *s);
void reconcile_release(struct scheduler *s);

#endif
