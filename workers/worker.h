/**
 * worker: takes chunks from the queue, does them, says what came of them. It
 * never opens the record: all it needs is in the job's manifest, all it has to
 * say is in the result.
 *
 *   main thread   leases: signals, beats, results, notes   (workers/lease.h)
 *   claim thread  takes one chunk ahead                    (workers/lease.c)
 *   work thread   runs chunks, one after another           (workers/runner.h)
 *   for colorize  reader, decoders, model, painters,
 *                 publisher, joined by bounded queues      (workers/pipeline.h)
 *   a child for each decoder                               (workers/decoder.h)
 *
 * SIGTERM, SIGINT: drain: claim no more, give back what has not begun, finish
 * the chunk in hand if it ends within `grace`, else report the part that is
 * done; then 0. A second signal: stop at once; leases end by themselves.
 *
 * With `reduce` the processes that mpirun or srun started are one worker, which
 * trains (workers/crew.h).
 *
 * A worker that cannot go on (the disk of its outputs is full or broken) gives
 * its chunk back with the reason and ends as after a signal, but with -1.
 *
 * Owns:    everything for as long as worker_run runs.
 * Threads: the one that calls it, which blocks SIGTERM and SIGINT.
 * Fails:   TT_USAGE (an option, a refused password), TT_UNAVAILABLE never (it
 *          waits for Redis), TT_OUTPUT (a host fault, see above), TT_BUG (the
 *          work hung for longer than `stall`), TT_NOMEM.
 */
#ifndef WORKERS_WORKER_H
#define WORKERS_WORKER_H

#include "base/error.h"
#include "base/opt.h"

struct worker_options {
    const char *redis;     /* queue/address.h */
    const char *state;     /* folder for scratch; NULL: that of the jobs */
    const char *queue;     /* name of the queue */
    const char *classes;   /* lanes to serve: "g,t" */
    const char *precision; /* of the network: auto, f32, bf16 */
    const char *device;    /* auto, cpu, cuda, cuda:N; NULL: cpu */
    const char *reduce; /* engine of model/reduce; NULL: this process alone */
    long threads;       /* 0: one a processor */
    long lease;         /* ms a lease lasts without a beat */
    long stall;         /* ms without progress, then the lease is let go */
    long grace;         /* ms to finish a chunk after SIGTERM */
    long idle_exit;     /* end after so many ms without work; 0: never */
    long deadline;      /* ms to decode one photo, more for large ones */
    long memory;        /* MB of pixels in flight at a time */
};

/** The rows for all but redis and state, which commands share. */
extern const struct tt_opt worker_opts[];

/** Work until told to stop (0), until idle for idle_exit (0), or until it
 *  cannot go on. */
int worker_run(const struct worker_options *options,
               struct tt_error *err) TT_MUST;

#endif
