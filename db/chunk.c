#include "db/chunk.h"

#include <string.h>

#include "db/paths.h"
#include "db/piece.h"
#include "db/stmt.h"

/* --- asking --- */

int db_chunk_get(struct db *db, int64_t job, int64_t seq, struct db_arena *mem,
                 struct db_chunk *c, struct tt_error *err)
{
    memset(c, 0, sizeof(*c));
    return db_first(db,
                    "SELECT " DB_CHUNK_COLUMNS " FROM chunk c"
                    " CROSS JOIN job j ON j.id=c.job"
                    " WHERE c.job=? AND c.seq=?",
                    ARGS(I(job), I(seq)), db_piece_row, mem, c, err);
}

int db_chunk_issued(struct db *db, int64_t job, int64_t after_job,
                    int64_t after_seq, int limit, struct db_arena *mem,
                    struct db_chunk **rows, size_t *n, struct tt_error *err)
{
    struct db_rows list = {.mem = mem, .size = sizeof(struct db_chunk)};
    int rc;

    if (job)
        rc = db_list(db,
                     "SELECT " DB_CHUNK_COLUMNS " FROM chunk c"
                     " CROSS JOIN job j ON j.id=c.job"
                     " WHERE c.state=2 AND c.job=? AND c.seq>?"
                     " ORDER BY c.job,c.seq LIMIT ?",
                     ARGS(I(job), I(after_seq), I(limit)), db_piece_row, &list,
                     err);
    else
        rc = db_list(db,
                     "SELECT " DB_CHUNK_COLUMNS " FROM chunk c"
                     " CROSS JOIN job j ON j.id=c.job"
                     " WHERE c.state=2 AND (c.job,c.seq)>(?,?)"
                     " ORDER BY c.job,c.seq LIMIT ?",
                     ARGS(I(after_job), I(after_seq), I(limit)), db_piece_row,
                     &list, err);
    *rows = list.rows;
    *n = list.n;
    return rc;
}

int db_chunk_issued_count(struct db *db, int64_t *n, struct tt_error *err)
{
    return db_one(db, "SELECT count(*) FROM chunk WHERE state=2", NO_ARGS, n,
                  err) < 0
               ? -1
               : 0;
}

/* --- issuing --- */

struct cutting {
    int64_t job, total, cut;
    uint64_t at;
    enum job_kind kind;
    enum job_state state;
    const char *manifest;
};

static void fill_cutting(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct cutting *c = row;

    c->job = db_int(q, 0);
    c->total = db_int(q, 1);
    c->cut = db_int(q, 2);
    c->at = (uint64_t)db_int(q, 3);
    c->kind = (enum job_kind)db_int(q, 4);
    c->state = (enum job_state)db_int(q, 5);
    c->manifest = db_text(q, 6, mem);
}

static int read_cutting(struct db *db, int64_t job, struct db_arena *mem,
                        struct cutting *c, struct tt_error *err)
{
    int rc = db_first(db,
                      "SELECT id,total,cut,cut_at,kind,state,"
                      "tt_home(manifest) FROM job"
                      " WHERE id=?",
                      ARGS(I(job)), fill_cutting, mem, c, err);

    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no job j%lld", (long long)job);
    return rc < 0 ? -1 : 0;
}

/* The next chunk_n photos become a chunk that waits. */
static int cut_one(struct db *db, struct cutting *c, int chunk_n,
                   struct tt_error *err)
{
    struct db_piece p = {.job = c->job, .first = c->cut, .at = c->at};

    p.n = c->total - c->cut < chunk_n ? c->total - c->cut : chunk_n;
    if (c->kind == JOB_COLORIZE &&
        db_paths_skip(db->paths, c->manifest, c->at, p.n, &c->at, err) < 0)
        return -1;
    if (db_piece_add(db, &p, err) < 0)
        return -1;
    c->cut += p.n;
    return db_exec(db,
                   "UPDATE job SET cut=?1,cut_at=?2,open=open+?3 WHERE id=?4",
                   ARGS(I(c->cut), I(c->at), I(p.n), I(c->job)), err);
}

static int due_chunks(struct db *db, int64_t job, int64_t now, int max,
                      struct db_rows *list, struct tt_error *err)
{
    return db_list(db,
                   "SELECT " DB_CHUNK_COLUMNS " FROM chunk c"
                   " CROSS JOIN job j ON j.id=c.job"
                   " WHERE c.state=1 AND c.job=?1 AND " DB_PIECE_IS_DUE
                   " ORDER BY c.due,c.seq LIMIT ?3",
                   ARGS(I(job), I(now), I(max)), db_piece_row, list, err);
}

static int mark_issued(struct db *db, const struct db_rows *list,
                       struct tt_error *err)
{
    struct db_chunk *c = list->rows;

    for (size_t i = 0; i < list->n; i++, c++) {
        if (db_exec(db, "UPDATE chunk SET state=2 WHERE job=? AND seq=?",
                    ARGS(I(c->job), I(c->seq)), err) < 0)
            return -1;
        c->state = CHUNK_ISSUED;
    }
    return 0;
}

static int issue(struct db *db, int64_t job, int chunk_n, int max, int64_t now,
                 struct db_rows *list, struct tt_error *err)
{
    struct cutting c = {0};
    int64_t waiting;

    if (read_cutting(db, job, list->mem, &c, err) < 0)
        return -1;
    if (c.state != JOB_QUEUED && c.state != JOB_RUNNING)
        return 0;
    if (db_one(db,
               "SELECT count(*) FROM (SELECT 1 FROM chunk"
               " WHERE state=1 AND job=?1 AND " DB_PIECE_IS_DUE " LIMIT ?3)",
               ARGS(I(job), I(now), I(max)), &waiting, err) < 0)
        return -1;
    for (; waiting < max && c.cut < c.total; waiting++) {
        if (cut_one(db, &c, chunk_n, err) < 0)
            return -1;
    }
    if (due_chunks(db, job, now, max, list, err) < 0)
        return -1;
    return mark_issued(db, list, err);
}

int db_chunk_issue(struct db *db, int64_t job, int chunk_n, int max,
                   int64_t now, struct db_arena *mem, struct db_chunk **rows,
                   size_t *n, struct tt_error *err)
{
    struct db_rows list = {.mem = mem, .size = sizeof(struct db_chunk)};
    int rc;

    *rows = NULL;
    *n = 0;
    if (chunk_n < 1)
        return tt_fail(err, TT_USAGE, "chunks of %d photos", chunk_n);
    if (db_enter(db, err) < 0)
        return -1;
    rc = db_leave(db, issue(db, job, chunk_n, max, now, &list, err), err);
    if (rc < 0)
        return -1;
    *rows = list.rows;
    *n = list.n;
    return 0;
}

int db_chunk_unissue(struct db *db, int64_t job, int64_t seq, int att,
                     struct tt_error *err)
{
    if (db_exec(db,
                "UPDATE chunk SET state=1,due=0"
                " WHERE job=? AND seq=? AND state=2 AND att=?",
                ARGS(I(job), I(seq), I(att)), err) < 0)
        return -1;
    return db_changes(db) > 0;
}
