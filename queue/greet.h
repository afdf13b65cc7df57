/**
 * greet: what the scheduler says first on a new connection: which Redis is
 * this, may it be used, here are the functions, these keys are ours.
 *
 *   INFO -> FUNCTION LOAD -> (SCAN, DEL)* if asked to wipe -> tt_adopt
 *     -> on WIPE, where that is allowed: (SCAN, DEL)* -> tt_adopt
 *
 * Owns:    itself; frees itself after done.
 * Threads: that of the loop.
 * Fails:   as queue/queue.h.
 */
#ifndef QUEUE_GREET_H
#define QUEUE_GREET_H

#include "queue/conn.h"
#include "queue/queue.h"

struct queue_greeting {
    struct queue_ready ready;
    bool hopeless;     /* on failure */
    int64_t later_gen; /* on failure: Redis saw this generation, else 0 */
};

/** err is NULL if all went well. */
typedef void (*queue_greet_cb)(void *ctx, const struct queue_greeting *g,
                               const struct tt_error *err);

/** prefix and fence as in queue.h; the options' texts are copied. done is
 *  called once if this returned 0. */
int queue_greet(struct queue_conn *conn, const struct queue_options *options,
                const char *prefix, const char *fence, queue_greet_cb done,
                void *ctx, struct tt_error *err) TT_MUST;

/** Begin an FCALL: function name, one key. */
void queue_greet_call(struct queue_args *args, const char *function,
                      const char *prefix);

#endif
