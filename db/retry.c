#include "db/job.h"

#include "db/paths.h"
#include "db/piece.h"
#include "db/settle.h"
#include "db/stmt.h"

/* Failed photos again: a walk over their rows in order, with a place in the
 * manifest that walks along. Rows that follow each other share a chunk. */

struct walk {
    struct db *db;
    const char *manifest;
    int64_t job, now;
    int chunk_n;
    int64_t index;    /* the place in the manifest: photo … */
    uint64_t at;      /* … and byte; index -1: none yet */
    int64_t first, n; /* the chunk being gathered, from byte `start` */
    uint64_t start;
    int64_t photos, chunks; /* so far */
};

static int flush(struct walk *w, struct tt_error *err)
{
    struct db_piece p = {.job = w->job,
                         .first = w->first,
                         .n = w->n,
                         .at = w->start,
                         .due = w->now,
                         .again = true};

    if (w->n == 0)
        return 0;
    w->photos += w->n;
    w->chunks++;
    w->n = 0;
    return db_piece_add(w->db, &p, err);
}

/* Go to a photo: on from here, or from the chunk that it came with. */
static int go_to(struct walk *w, int64_t photo, int64_t chunk_first,
                 uint64_t chunk_at, struct tt_error *err)
{
    int64_t from = w->index;

    if (from < chunk_first || from > photo) {
        from = chunk_first;
        w->at = chunk_at;
    }
    w->index = photo;
    return db_paths_skip(w->db->paths, w->manifest, w->at, photo - from, &w->at,
                         err);
}

static int gather(struct walk *w, int64_t photo, int64_t chunk_first,
                  uint64_t chunk_at, struct tt_error *err)
{
    if (w->n > 0 && (photo != w->first + w->n || w->n >= w->chunk_n) &&
        flush(w, err) < 0)
        return -1;
    if (w->n == 0) {
        if (go_to(w, photo, chunk_first, chunk_at, err) < 0)
            return -1;
        w->first = photo;
        w->start = w->at;
    }
    w->n++;
    return 0;
}

#define PAGE 1000

struct failed {
    int64_t photo, chunk_first;
    uint64_t chunk_at;
};

/* A page at a time, since the chunks that are added must not be met. */
static int read_failed(struct walk *w, int64_t after, struct failed *rows,
                       int *n, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(w->db,
                      "SELECT p.photo,c.first,c.at FROM photo p"
                      " CROSS JOIN chunk c ON c.job=p.job AND c.seq=p.chunk"
                      " WHERE p.job=? AND p.state=3 AND p.photo>?"
                      " ORDER BY p.photo LIMIT ?",
                      ARGS(I(w->job), I(after), I(PAGE)), &q, err);

    *n = 0;
    while (rc >= 0 && (rc = db_step(w->db, q, err)) > 0) {
        rows[*n].photo = db_int(q, 0);
        rows[*n].chunk_first = db_int(q, 1);
        rows[*n].chunk_at = (uint64_t)db_int(q, 2);
        ++*n;
    }
    return rc;
}

static int retry_photos(struct walk *w, struct tt_error *err)
{
    struct failed rows[PAGE];
    int64_t after = -1;
    int n = PAGE;

    while (n == PAGE) {
        if (read_failed(w, after, rows, &n, err) < 0)
            return -1;
        for (int i = 0; i < n; i++) {
            if (gather(w, rows[i].photo, rows[i].chunk_first, rows[i].chunk_at,
                       err) < 0)
                return -1;
        }
        after = n ? rows[n - 1].photo : after;
    }
    return flush(w, err);
}

/* A unit has no row to be replaced: it stops being counted as failed now. */
static int retry_unit(struct walk *w, struct tt_error *err)
{
    struct db_piece p = {.job = w->job, .n = 1, .due = w->now};
    int64_t failed;

    if (db_one(w->db, "SELECT failed FROM job WHERE id=?", ARGS(I(w->job)),
               &failed, err) < 0)
        return -1;
    if (!failed)
        return 0;
    if (db_one(w->db, "SELECT at FROM chunk WHERE job=? AND state=4",
               ARGS(I(w->job)), (int64_t *)&p.at, err) < 0 ||
        db_piece_add(w->db, &p, err) < 0)
        return -1;
    w->photos += 1;
    w->chunks += 1;
    return db_exec(w->db, "UPDATE job SET failed=0 WHERE id=?", ARGS(I(w->job)),
                   err);
}

/* Chunks that were open when their job was failed as a whole. */
static int retry_stopped(struct walk *w, struct tt_error *err)
{
    static const char *const each[] = {
        "INSERT INTO chunk(job,seq,first,n,at,state,strikes,due,again,parent)"
        " SELECT job,(SELECT max(seq) FROM chunk WHERE job=?1)+"
        "  row_number() OVER (ORDER BY seq),first,n,at,1,0,?2,again,seq"
        " FROM chunk WHERE job=?1 AND state=6",
        "UPDATE chunk SET state=5,ended=?2 WHERE job=?1 AND state=6",
    };
    int64_t n;

    if (db_one(w->db, "SELECT sum(n) FROM chunk WHERE job=? AND state=6",
               ARGS(I(w->job)), &n, err) < 0)
        return -1;
    for (size_t i = 0; n && i < sizeof(each) / sizeof(*each); i++) {
        if (db_exec(w->db, each[i], ARGS(I(w->job), I(w->now)), err) < 0)
            return -1;
    }
    w->photos += n;
    return 0;
}

static int reopen(struct walk *w, int64_t uncut, struct tt_error *err)
{
    int64_t n = w->photos + uncut;

    if (n == 0)
        return 0;
    if (db_exec(w->db,
                "UPDATE job SET state=2,open=open+?,ended=NULL,error=NULL"
                " WHERE id=?",
                ARGS(I(w->photos), I(w->job)), err) < 0)
        return -1;
    return db_settle_say(w->db, w->job, 0, DB_EVENT_RETRIED, w->now, err,
                         "%lld again", (long long)n);
}

static int check(const struct db_job *job, struct tt_error *err)
{
    if (job_state_may(job->state, JOB_RUNNING) && job->state >= JOB_ENDED)
        return 0;
    return tt_fail(err, TT_USAGE, "j%lld is %s: there is nothing to retry%s",
                   (long long)job->id, job_state_word(job->state),
                   job->state < JOB_ENDED ? " yet" : "");
}

static int retry(struct db *db, int64_t id, int chunk_n, int64_t now,
                 int64_t *n, struct tt_error *err)
{
    struct walk w = {.db = db,
                     .job = id,
                     .now = now,
                     .index = -1,
                     .chunk_n = chunk_n > 0 ? chunk_n : 1};
    struct db_job job;
    int rc;

    db_arena_reset(db->scratch);
    rc = db_job_get(db, id, db->scratch, &job, err);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no job j%lld", (long long)id);
    if (rc < 0)
        return -1;
    if (job.state == JOB_DONE) {
        *n = 0;
        return 0;
    }
    w.manifest = job.manifest;
    if (check(&job, err) < 0 || retry_stopped(&w, err) < 0 ||
        (job.kind == JOB_COLORIZE ? retry_photos(&w, err)
                                  : retry_unit(&w, err)) < 0 ||
        reopen(&w, job.total - job.cut, err) < 0)
        return -1;
    *n = w.photos + job.total - job.cut;
    return 0;
}

int db_job_retry(struct db *db, int64_t job, int chunk_n, int64_t now,
                 int64_t *n, struct tt_error *err)
{
    *n = 0;
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, retry(db, job, chunk_n, now, n, err), err);
}
