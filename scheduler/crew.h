/**
 * crew: the workers, as they announce themselves, into the record.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_CREW_H
#define SCHEDULER_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scheduler;

struct crew {
    bool busy;
    int64_t next; /* steady ms of the next look */
    size_t alive;
};

void crew_tick(struct scheduler *s, int64_t now);
void crew_reset(struct scheduler *s);

/** Look at the next tick. */
void crew_soon(struct scheduler *s);

#endif
