/**
 * crew: the processes that are one worker, as mpirun or srun starts them with
 * --reduce. Rank 0 leads: it alone has leases, Redis and the job's files; the
 * others wait for it to begin a training, and follow it into that.
 *
 * A process that dies takes the crew with it, since mpirun and srun end the
 * others; the lease then ends by itself, and whoever takes the job next goes on
 * from its last checkpoint.
 *
 * Owns:    nothing; the group is the engine's.
 * Threads: one at a time.
 * Fails:   TT_UNAVAILABLE (a process is gone), TT_NOMEM, TT_FORMAT.
 */
#ifndef WORKERS_CREW_H
#define WORKERS_CREW_H

#include <jansson.h>

#include "base/error.h"
#include "model/reduce/reduce.h"
#include "workers/runner.h"

/** The leader: a training begins; header: its manifest's. Each follower then
 *  calls train_run as well. */
int worker_crew_call(struct reduce *group, const json_t *header,
                     struct tt_error *err) TT_MUST;

/** The leader: there will be no more. */
int worker_crew_dismiss(struct reduce *group, struct tt_error *err) TT_MUST;

/** A follower: train whenever called, until dismissed. */
int worker_crew_follow(struct worker_engine *engine,
                       struct tt_error *err) TT_MUST;

#endif
