/**
 * plan: the parameters of a job as the plan that an engine follows.
 *
 * Owns:    nothing; texts are borrowed from the parameters.
 * Threads: any.
 * Fails:   TT_USAGE, TT_MISSING (no such preset): what a worker would refuse
 *          is refused before a job is in the record.
 */
#ifndef WORKERS_PLAN_H
#define WORKERS_PLAN_H

#include "base/error.h"
#include "job/kind.h"
#include "model/train/train.h"

/** All of a plan but where its files are. */
int worker_plan_train(const struct job_train *p, struct train_plan *plan,
                      struct tt_error *err) TT_MUST;

#endif
