/**
 * collect: results and notes from Redis into the record: a batch a
 * transaction, acknowledged after its commit, always from the oldest entry on.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_COLLECT_H
#define SCHEDULER_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

struct scheduler;

struct collect {
    bool busy;
    int64_t next;     /* steady ms of the next look */
    long backoff_ms;  /* after a record that could not be written */
    int careful;      /* entries to take one at a time, after a bad batch */
    int asked;        /* entries, in the call in flight */
    bool met;         /* strangers among the workers were asked for */
    int64_t recorded; /* results so far */
    /* who waits for the stream to have been read to its end */
    void (*at_end)(struct scheduler *s);
    bool armed; /* the read in flight began after at_end was set */
};

void collect_tick(struct scheduler *s, int64_t now);
void collect_reset(struct scheduler *s);

/** Call at_end once all entries that are in the stream by now are recorded.
 *  One waiter at a time; forgotten by collect_reset. */
void collect_when_read(struct scheduler *s,
                       void (*at_end)(struct scheduler *s));

#endif
