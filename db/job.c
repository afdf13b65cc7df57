#include "db/job.h"

#include <string.h>

#include "db/piece.h"
#include "db/row.h"
#include "db/run.h"
#include "db/settle.h"
#include "db/stmt.h"

/* --- entering --- */

static int check_uses(struct db *db, const struct db_submit *s,
                      struct tt_error *err)
{
    int64_t found;

    if (s->model && db_one(db, "SELECT id FROM model WHERE id=?",
                           ARGS(I(s->model)), &found, err) <= 0)
        return tt_fail(err, TT_MISSING, "no model m%lld", (long long)s->model);
    if (s->dataset && db_one(db, "SELECT id FROM dataset WHERE id=?",
                             ARGS(I(s->dataset)), &found, err) <= 0)
        return tt_fail(err, TT_MISSING, "no dataset d%lld",
                       (long long)s->dataset);
    if (!job_kind_info((int)s->kind) || s->total < 0 || s->prio < 0 ||
        s->prio > 2 || s->weight < 1)
        return tt_fail(err, TT_USAGE, "a job that makes no sense");
    return 0;
}

/* The time of submission never goes back, so that ids are in its order and
 * --since is a range of ids. */
static int insert(struct db *db, const struct db_submit *s, int64_t now,
                  int64_t *id, struct tt_error *err)
{
    if (db_exec(db,
                "INSERT INTO job(key,kind,name,owner,prio,weight,state,model,"
                "dataset,params,manifest,outdir,total,cut_at,submitted)"
                " VALUES(?,?,?,?,?,?,?,?,?,?,tt_within(?),?,?,?,"
                " max(?,coalesce((SELECT max(submitted) FROM job),0)))",
                ARGS(B(s->key, DB_KEY_SIZE), I(s->kind), T(s->name),
                     T(s->owner), I(s->prio), I(s->weight), I(JOB_QUEUED),
                     ID(s->model), ID(s->dataset),
                     T(s->params ? s->params : "{}"), T(s->manifest),
                     T(s->outdir), I(s->total), I(s->at), I(now)),
                err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sql);
    if (s->model && db_exec(db, "UPDATE model SET jobs=jobs+1 WHERE id=?",
                            ARGS(I(s->model)), err) < 0)
        return -1;
    return 0;
}

static int submit(struct db *db, const struct db_submit *s, int64_t now,
                  int64_t *id, struct tt_error *err)
{
    enum job_state state;
    int rc = db_one(db, "SELECT id FROM job WHERE key=?",
                    ARGS(B(s->key, DB_KEY_SIZE)), id, err);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (check_uses(db, s, err) < 0 || insert(db, s, now, id, err) < 0 ||
        (s->kind == JOB_TRAIN &&
         db_run_start(db, *id, s->name, s->params, s->dataset, now, NULL, err) <
             0) ||
        db_settle_say(db, *id, 0, DB_EVENT_SUBMITTED, now, err, "%s by %s",
                      job_kind_info((int)s->kind)->word, s->owner) < 0 ||
        db_settle(db, *id, now, &state, err) < 0)
        return -1;
    return 1;
}

int db_job_submit(struct db *db, const struct db_submit *s, int64_t now,
                  int64_t *id, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, submit(db, s, now, id, err), err);
}

/* --- asking --- */

int db_job_get(struct db *db, int64_t id, struct db_arena *mem,
               struct db_job *job, struct tt_error *err)
{
    memset(job, 0, sizeof(*job));
    return db_first(db, "SELECT " DB_JOB_COLUMNS " FROM job j WHERE j.id=?",
                    ARGS(I(id)), db_row_job, mem, job, err);
}

/* Jump from job to job: a retry may have 100,000 chunks waiting. */
static const char hungry_sql[] =
    "WITH RECURSIVE waiting(id) AS ("
    "  SELECT min(job) FROM chunk WHERE state=1 UNION ALL"
    "  SELECT (SELECT min(job) FROM chunk WHERE state=1 AND job>waiting.id)"
    "   FROM waiting WHERE id IS NOT NULL)"
    "SELECT " DB_JOB_COLUMNS ",(SELECT count(*) FROM chunk c"
    "  WHERE c.job=j.id AND c.state=2)"
    " FROM job j WHERE j.id IN ("
    "  SELECT id FROM (SELECT id FROM job WHERE state<3 AND cut<total"
    "   ORDER BY prio,id LIMIT ?1)"
    "  UNION SELECT id FROM waiting WHERE EXISTS(SELECT 1 FROM chunk"
    "   WHERE state=1 AND job=waiting.id AND " DB_PIECE_IS_DUE "))"
    " AND j.state<3 ORDER BY j.prio,j.id LIMIT ?1";

static void fill_hungry(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_job *job = row;

    db_row_job(q, mem, job);
    job->issued = db_int(q, DB_JOB_N);
}

int db_job_hungry(struct db *db, int64_t now, int limit, struct db_arena *mem,
                  struct db_job **rows, size_t *n, struct tt_error *err)
{
    struct db_rows list = {.mem = mem, .size = sizeof(struct db_job)};
    int rc = db_list(db, hungry_sql, ARGS(I(limit), I(now)), fill_hungry, &list,
                     err);

    *rows = list.rows;
    *n = list.n;
    return rc;
}

int db_job_next_due(struct db *db, int64_t now, int64_t *at,
                    struct tt_error *err)
{
    return db_one(db, "SELECT min(due) FROM chunk WHERE state=1 AND due>?",
                  ARGS(I(now)), at, err) < 0
               ? -1
               : 0;
}

static void fill_id(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    int64_t *id = row;

    (void)mem;
    *id = db_int(q, 0);
}

int db_job_cancelling(struct db *db, struct db_arena *mem, int64_t **ids,
                      size_t *n, struct tt_error *err)
{
    struct db_rows list = {.mem = mem, .size = sizeof(int64_t)};
    int rc = db_list(db, "SELECT id FROM job WHERE state=4 ORDER BY id",
                     NO_ARGS, fill_id, &list, err);

    *ids = list.rows;
    *n = list.n;
    return rc;
}
