/**
 * reap: leases that ended. Redis never moves a chunk by itself: the strike is
 * committed here, and the next attempt is issued like any other chunk.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_REAP_H
#define SCHEDULER_REAP_H

#include <stdbool.h>
#include <stdint.h>

struct scheduler;

struct reap {
    bool busy;
    int64_t next; /* steady ms of the next look */
};

void reap_tick(struct scheduler *s, int64_t now);
void reap_reset(struct scheduler *s);

/** This worker is dead: take back what it has leased, now. */
void reap_worker(struct scheduler *s, const char *id);

#endif
