/**
 * link: the connection to Redis: opened, lost, opened again, and what is known
 * of Redis' clock.
 *
 * Mercy: a lease that ran out within one lease's time of a new connection (a
 * restart of Redis or of us among them) or of a step of Redis' clock may be
 * nobody's fault. Until `mercy`
 * (Redis' clock) nothing is reaped, so that holders can renew; leases whose
 * deadline lies before it are issued again without a strike.
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_LINK_H
#define SCHEDULER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "queue/queue.h"

struct scheduler;

struct link {
    struct queue *q; /* NULL: not open */
    uv_timer_t again;
    bool up;   /* ready: calls may be made */
    bool ever; /* was up once */
    bool wipe; /* take over: delete what is there */
    long wait_ms;
    struct queue_ready redis;
    struct tt_error why;         /* it is down */
    int64_t mercy;               /* Redis' clock, ms */
    int64_t redis_at, steady_at; /* both clocks at the last look */
};

/** Begin to connect; goes on for ever, until link_close. */
void link_open(struct scheduler *s);

/** Every callback of a call begins with this. False: it went well. True: it
 *  did not; unless Redis is merely full, the link has been closed and will be
 *  opened again. */
bool link_failed(struct scheduler *s, int rc, const struct tt_error *err);

/** Redis' clock as just heard: grants mercy if it stepped. */
void link_clock(struct scheduler *s, int64_t redis_now);

/** Close for good. */
void link_close(struct scheduler *s);

#endif
