/**
 * scheduler: decides what runs when. One process a database, one uv loop, the
 * only writer of the record:
 *
 *   issue      record -> window of work in Redis      (scheduler/issue.h)
 *   collect    results in Redis -> record             (scheduler/collect.h)
 *   reap       leases that ended -> strikes           (scheduler/reap.h)
 *   reconcile  puts back what Redis has lost          (scheduler/reconcile.h)
 *   control    what the command line asks             (scheduler/control.h)
 *
 * The transaction comes first, the call to Redis after it, always; a crash
 * between the two is mended by reconcile. Redis may be away for any time: the
 * scheduler answers on its socket, and tries again.
 *
 * Owns:    everything for as long as scheduler_run runs.
 * Threads: the one that calls it; takes SIGTERM and SIGINT, ignores SIGPIPE.
 * Fails:   TT_BUSY (another scheduler has the database or the queue), TT_USAGE
 *          (a Redis that we cannot use), and as db_open.
 */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/opt.h"

#define SCHEDULER_DB     "tintype.db"   /* in the state folder */
#define SCHEDULER_SOCKET "control.sock" /* in the state folder */

struct scheduler_options {
    const char *state; /* folder */
    const char *redis; /* queue/address.h */
    const char *queue; /* name of the queue */
    long lease;        /* ms that a worker may be silent; 0: the setting */
    long window;       /* chunks in Redis at a time; 0: by the workers */
    long chunk;        /* photos in a chunk; 0: by what they take */
    bool take_over;    /* Redis saw a later scheduler: win all the same */
};

/** The rows for all but state and redis, which the command line shares among
 *  its commands. */
extern const struct tt_opt scheduler_opts[];

/** Run until SIGTERM, SIGINT or a "shutdown" on the socket: 0. */
int scheduler_run(const struct scheduler_options *options,
                  struct tt_error *err) TT_MUST;

#endif
