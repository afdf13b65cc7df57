#include "db/settle.h"

#include <stdarg.h>
#include <stdio.h>

struct counters {
    enum job_state state;
    int64_t left; /* photos not cut yet, or in open chunks */
    int64_t done, skipped, failed;
};

static int read_counters(struct db *db, int64_t job, struct counters *c,
                         struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT state,total-cut+open,done,skipped,failed"
                      " FROM job WHERE id=?",
                      ARGS(I(job)), &q, err);

    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc == 0)
        tt_fail(err, TT_MISSING, "no job j%lld", (long long)job);
    if (rc <= 0)
        return -1;
    c->state = (enum job_state)db_int(q, 0);
    c->left = db_int(q, 1);
    c->done = db_int(q, 2);
    c->skipped = db_int(q, 3);
    c->failed = db_int(q, 4);
    db_reset(q);
    return 0;
}

static enum job_state end_of(const struct counters *c)
{
    if (c->failed == 0)
        return JOB_DONE;
    return c->done + c->skipped > 0 ? JOB_PARTIAL : JOB_FAILED;
}

int db_settle_begin(struct db *db, int64_t job, int64_t now,
                    struct tt_error *err)
{
    if (db_exec(db,
                "UPDATE job SET started=?,state=CASE state WHEN ? THEN ?"
                " ELSE state END WHERE id=? AND started IS NULL",
                ARGS(I(now), I(JOB_QUEUED), I(JOB_RUNNING), I(job)), err) < 0)
        return -1;
    if (db_changes(db) == 0)
        return 0;
    return db_settle_say(db, job, 0, DB_EVENT_STARTED, now, err, "running");
}

int db_settle(struct db *db, int64_t job, int64_t now, enum job_state *state,
              struct tt_error *err)
{
    struct counters c;

    if (read_counters(db, job, &c, err) < 0)
        return -1;
    *state = c.state;
    if (c.left > 0 || c.state >= JOB_ENDED || c.state == JOB_CANCELLING)
        return 0;
    *state = end_of(&c);
    if (db_exec(db,
                "UPDATE job SET state=?,started=coalesce(started,?2),ended=?2"
                " WHERE id=?3",
                ARGS(I(*state), I(now), I(job)), err) < 0)
        return -1;
    return db_settle_say(db, job, 0, DB_EVENT_ENDED, now, err,
                         "%s: %lld done, %lld skipped, %lld failed",
                         job_state_word(*state), (long long)c.done,
                         (long long)c.skipped, (long long)c.failed);
}

int db_settle_say(struct db *db, int64_t job, int64_t chunk,
                  enum db_event_kind kind, int64_t now, struct tt_error *err,
                  const char *fmt, ...)
{
    char body[TT_ERROR_TEXT];
    struct db_event e = {
        .at = now, .job = job, .chunk = chunk, .kind = kind, .body = body};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(body, sizeof(body), fmt, ap);
    va_end(ap);
    return db_event_add(db, &e, err);
}
