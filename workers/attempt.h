/**
 * attempt: the folder in which one attempt at a training writes. Each has its
 * own, named by its token, so that a worker that lost its lease and does not
 * know yet never writes where another goes on:
 *
 *   RUN/try-<attempt>-<token>/latest.h5, best.h5 …   while it trains
 *   RUN/latest.h5, best.h5 …                         when it is done
 *
 * A new attempt starts from the newest latest.h5 that an earlier one left.
 *
 * Owns:    nothing.
 * Threads: one.
 * Fails:   TT_OUTPUT, TT_IO, TT_INPUT (a path too long).
 */
#ifndef WORKERS_ATTEMPT_H
#define WORKERS_ATTEMPT_H

#include "base/error.h"
#include "base/file.h"
#include "queue/queue_client.h"

struct worker_attempt {
    const char *run;           /* folder of the run, borrowed */
    char folder[TT_PATH_SIZE]; /* of this attempt */
    bool resumed;              /* it has a latest.h5 of an earlier one */
};

/** Make the folder and bring in what an earlier attempt left. */
int worker_attempt_begin(struct worker_attempt *a, const char *run,
                         const struct queue_lease *lease,
                         struct tt_error *err) TT_MUST;

/** Where the newest latest.h5 of a run lies, done or not: 1; 0: there is none,
 *  nor perhaps a run. */
int worker_attempt_latest(const char *run, char path[TT_PATH_SIZE],
                          struct tt_error *err) TT_MUST;

/** It is done: its files become the run's, all attempts' folders go. best,
 *  latest: TT_PATH_SIZE, where they are now. */
int worker_attempt_finish(const struct worker_attempt *a, char *latest,
                          char *best, struct tt_error *err) TT_MUST;

#endif
