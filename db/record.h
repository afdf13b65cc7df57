/**
 * record: what comes back from the workers, into all tables at once, and
 * harmless twice. The guard is the chunk's state: a result moves it from wait
 * or issued to done or split, once.
 *
 *   kind   counts if the chunk is                     then
 *   done   wait or issued, whatever the attempt       rows, counters, done
 *          (a job of one unit: the current attempt)
 *   part   the same                                   rows; split, a new chunk
 *                                                     for what is missing
 *   either cancelled with its job, of photos          rows, counters
 *   fail   issued, and the attempt is the current     a strike (db/chunk.h)
 *   note   issued, and the attempt is the current     metrics, events
 *
 * For every outcome the entry is to be acknowledged with `att_le` after the
 * commit. Put many into one transaction with db_begin and db_commit.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h. Nonsense from a worker does not fail: it is an outcome.
 */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "job/state.h"
#include "job/wire.h"

enum db_report_kind { DB_REPORT_DONE, DB_REPORT_PART, DB_REPORT_FAIL };

/** One entry of the results stream. */
struct db_report {
    enum db_report_kind kind;
    int64_t job, seq;
    int att;
    int64_t worker; /* row id, 0 not known */
    const struct job_result *result;
};

enum db_outcome_kind {
    DB_RECORDED,
    DB_DUPLICATE, /* the chunk had ended already */
    DB_STALE,     /* of an older attempt, and that matters */
    DB_UNKNOWN    /* no such chunk */
};

struct db_outcome {
    enum db_outcome_kind kind;
    int att_le;               /* bound for the acknowledgement */
    enum chunk_state chunk;   /* after it; 0 if unknown */
    enum job_state job_state; /* after it: >= JOB_ENDED if the job has ended */
};

/** Record one result. A "fail" may carry {"cursor": N} in its body; its code
 *  says whether another attempt makes sense (TT_USAGE, TT_INPUT, TT_MISSING and
 *  TT_FORMAT: none does, the chunk is dead at once). A "done" that leaves
 *  photos out counts as a strike for those; one with photos that are not the
 *  chunk's counts as a fail. */
int db_record_result(struct db *db, const struct db_report *r, int64_t now,
                     struct db_outcome *out, struct tt_error *err) TT_MUST;

/** Record a note of a worker (0: not known): body is its JSON text (form:
 *  job/wire.h). */
int db_record_note(struct db *db, int64_t job, int64_t seq, int att,
                   int64_t worker, const char *body, int64_t now,
                   struct db_outcome *out, struct tt_error *err) TT_MUST;

#endif
