/**
 * ingest_plan: the parameters of an ingest job as the plan of an ingest.
 *
 * Owns:    nothing.
 * Threads: any; a pure function.
 * Fails:   never.
 */
#ifndef WORKERS_INGEST_PLAN_H
#define WORKERS_INGEST_PLAN_H

#include "ingest/ingest.h"
#include "job/kind.h"

/** Everything but sources, out and threads. */
void worker_ingest_plan(const struct job_ingest *params,
                        struct ingest_plan *plan);

#endif
