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

#include "base/error.h"

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

/** The worker of that number on this host is dead, says its parent: what it
 *  held goes out again, without waiting for the end of its leases. */
int crew_lost(struct scheduler *s, int64_t pid, struct tt_error *err) TT_MUST;

#endif
