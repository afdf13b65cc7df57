#include "db/job.h"

#include "db/settle.h"
#include "db/stmt.h"

/* What people and breakers do to a job: stop it, hold it, let it go on. */

static int state_of(struct db *db, int64_t job, enum job_state *state,
                    struct tt_error *err)
{
    int64_t number;
    int rc = db_one(db, "SELECT state FROM job WHERE id=?", ARGS(I(job)),
                    &number, err);

    *state = (enum job_state)number;
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no job j%lld", (long long)job);
    return rc < 0 ? -1 : 0;
}

static int may(struct db *db, int64_t job, enum job_state to, const char *verb,
               enum job_state *from, struct tt_error *err)
{
    if (state_of(db, job, from, err) < 0)
        return -1;
    if (*from != to && !job_state_may(*from, to))
        return tt_fail(err, TT_USAGE, "j%lld is %s and cannot be %s",
                       (long long)job, job_state_word(*from), verb);
    return 0;
}

/* --- stopping --- */

static void fill_ref(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_chunk_ref *ref = row;

    (void)mem;
    ref->job = db_int(q, 0);
    ref->seq = db_int(q, 1);
    ref->att = (int)db_int(q, 2);
}

static int list_issued(struct db *db, int64_t job, struct db_arena *mem,
                       struct db_chunk_ref **rows, size_t *n,
                       struct tt_error *err)
{
    struct db_rows list = {.mem = mem, .size = sizeof(struct db_chunk_ref)};
    int rc = db_list(db,
                     "SELECT job,seq,att FROM chunk WHERE job=? AND state=2"
                     " ORDER BY seq",
                     ARGS(I(job)), fill_ref, &list, err);

    *rows = list.rows;
    *n = list.n;
    return rc;
}

static int close_chunks(struct db *db, int64_t job, int64_t now,
                        struct tt_error *err)
{
    static const char *const each[] = {
        "UPDATE chunk SET state=6,ended=?1 WHERE job=?2 AND state=1",
        "UPDATE chunk SET state=6,ended=?1 WHERE job=?2 AND state=2",
        "UPDATE job SET open=0,ended=?1 WHERE id=?2",
    };

    for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
        if (db_exec(db, each[i], ARGS(I(now), I(job)), err) < 0)
            return -1;
    }
    return 0;
}

static int set_state(struct db *db, int64_t job, enum job_state state,
                     const char *error, struct tt_error *err)
{
    return db_exec(db, "UPDATE job SET state=?,error=? WHERE id=?",
                   ARGS(I(state), T(error), I(job)), err);
}

static int cancel(struct db *db, int64_t job, const char *reason, int64_t now,
                  struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                  struct tt_error *err)
{
    enum job_state from;

    *n = 0;
    if (may(db, job, JOB_CANCELLED, "cancelled", &from, err) < 0)
        return -1;
    if (from == JOB_CANCELLING || from == JOB_CANCELLED)
        return 0;
    if (list_issued(db, job, mem, rows, n, err) < 0 ||
        close_chunks(db, job, now, err) < 0 ||
        set_state(db, job, *n ? JOB_CANCELLING : JOB_CANCELLED, reason, err) <
            0)
        return -1;
    return db_settle_say(db, job, 0, DB_EVENT_CANCELLED, now, err, "%s",
                         reason ? reason : "by hand");
}

int db_job_cancel(struct db *db, int64_t job, const char *reason, int64_t now,
                  struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                  struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, cancel(db, job, reason, now, mem, rows, n, err), err);
}

int db_job_cancelled(struct db *db, int64_t job, int64_t now,
                     struct tt_error *err)
{
    return db_exec(db, "UPDATE job SET state=8,ended=? WHERE id=? AND state=4",
                   ARGS(I(now), I(job)), err);
}

static int fail(struct db *db, int64_t job, const char *why, int64_t now,
                struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                struct tt_error *err)
{
    enum job_state from;

    *n = 0;
    if (may(db, job, JOB_FAILED, "failed", &from, err) < 0)
        return -1;
    if (from == JOB_FAILED)
        return 0;
    if (list_issued(db, job, mem, rows, n, err) < 0 ||
        close_chunks(db, job, now, err) < 0 ||
        set_state(db, job, JOB_FAILED, why, err) < 0)
        return -1;
    return db_settle_say(db, job, 0, DB_EVENT_ENDED, now, err, "failed: %s",
                         why);
}

int db_job_fail(struct db *db, int64_t job, const char *why, int64_t now,
                struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, fail(db, job, why, now, mem, rows, n, err), err);
}

/* --- holding --- */

static int pause_job(struct db *db, int64_t job, const char *reason,
                     int64_t now, struct tt_error *err)
{
    enum job_state from;

    if (may(db, job, JOB_PAUSED, "paused", &from, err) < 0)
        return -1;
    if (from == JOB_PAUSED)
        return 0;
    if (set_state(db, job, JOB_PAUSED, reason, err) < 0)
        return -1;
    return db_settle_say(db, job, 0, DB_EVENT_PAUSED, now, err, "%s",
                         reason ? reason : "by hand");
}

int db_job_pause(struct db *db, int64_t job, const char *reason, int64_t now,
                 struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, pause_job(db, job, reason, now, err), err);
}

static int resume(struct db *db, int64_t job, int64_t now, struct tt_error *err)
{
    enum job_state from;
    int64_t begun;

    if (state_of(db, job, &from, err) < 0 ||
        db_one(db, "SELECT started IS NOT NULL FROM job WHERE id=?",
               ARGS(I(job)), &begun, err) < 0)
        return -1;
    if (from == JOB_QUEUED || from == JOB_RUNNING)
        return 0;
    if (from != JOB_PAUSED)
        return tt_fail(err, TT_USAGE, "j%lld is %s and cannot go on",
                       (long long)job, job_state_word(from));
    if (set_state(db, job, begun ? JOB_RUNNING : JOB_QUEUED, NULL, err) < 0)
        return -1;
    return db_settle_say(db, job, 0, DB_EVENT_RESUMED, now, err, "by hand");
}

int db_job_resume(struct db *db, int64_t job, int64_t now, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, resume(db, job, now, err), err);
}
