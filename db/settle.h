/**
 * settle: has this job begun; has it ended, and how? Called by whatever hears
 * of chunks, in the same transaction. For this room alone.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_SETTLE_H
#define DB_SETTLE_H

#include <stdint.h>

#include "db/event.h"
#include "db/stmt.h"
#include "job/state.h"

/** The job's first sign of life: a worker has a chunk of it. Until then it is
 *  queued, however much of it waits in Redis. */
int db_settle_begin(struct db *db, int64_t job, int64_t now,
                    struct tt_error *err) TT_MUST;

/** End the job if all is cut and nothing is open: done, partial or failed by
 *  its counters. *state is the job's afterwards. */
int db_settle(struct db *db, int64_t job, int64_t now, enum job_state *state,
              struct tt_error *err) TT_MUST;

/** A line in the job's events. */
int db_settle_say(struct db *db, int64_t job, int64_t chunk,
                  enum db_event_kind kind, int64_t now, struct tt_error *err,
                  const char *fmt, ...) TT_PRINTF(7, 8) TT_MUST;

#endif
