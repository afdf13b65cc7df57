#include "db/history.h"

#include <stdlib.h>
#include <string.h>

#include "db/photo.h"
#include "db/row.h"

#define PAGE 100

static int outdir_of(struct db *db, int64_t job, struct db_arena *mem,
                     const char **outdir, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, "SELECT outdir FROM job WHERE id=?", ARGS(I(job)), &q,
                      err);

    *outdir = NULL;
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0) {
        *outdir = db_text(q, 0, mem);
        db_reset(q);
    }
    return rc < 0 ? -1 : 0;
}

/* Each state in words of its own: that is what the partial indices are by. */
static const char *const page_sql[PHOTO_STATES] = {
    [0] = "SELECT " DB_PHOTO_COLUMNS " FROM photo p"
          " WHERE p.job=? AND p.photo>? ORDER BY p.job,p.photo LIMIT ?",
    [PHOTO_OK] = "SELECT " DB_PHOTO_COLUMNS
                 " FROM photo p WHERE p.job=? AND p.photo>? AND p.state=1"
                 " ORDER BY p.job,p.photo LIMIT ?",
    [PHOTO_SKIPPED] = "SELECT " DB_PHOTO_COLUMNS
                      " FROM photo p WHERE p.job=? AND p.photo>? AND p.state=2"
                      " ORDER BY p.job,p.photo LIMIT ?",
    [PHOTO_FAILED] = "SELECT " DB_PHOTO_COLUMNS
                     " FROM photo p WHERE p.job=? AND p.photo>? AND p.state=3"
                     " ORDER BY p.job,p.photo LIMIT ?",
};

static int list(struct db *db, int state, int64_t job, int64_t after, int limit,
                const char *outdir, struct db_rows *all, struct tt_error *err)
{
    struct db_photo *p;
    sqlite3_stmt *q;
    int rc = db_query(db, page_sql[state], ARGS(I(job), I(after), I(limit)), &q,
                      err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        p = db_rows_add(all);
        if (!p)
            break;
        db_row_photo(q, 0, outdir, all->mem, p);
    }
    db_reset(rc > 0 ? q : NULL);
    return db_rows_end(all, rc, err);
}

static int by_index(const void *a, const void *b)
{
    int64_t x = ((const struct db_photo *)a)->index;
    int64_t y = ((const struct db_photo *)b)->index;

    return x < y ? -1 : x > y ? 1 : 0;
}

int db_history_photos(struct db *db, int64_t job, unsigned states,
                      int64_t after, int limit, struct db_arena *mem,
                      struct db_photo **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_photo)};
    const char *outdir;
    unsigned any =
        DB_STATE(PHOTO_OK) | DB_STATE(PHOTO_SKIPPED) | DB_STATE(PHOTO_FAILED);

    limit = limit > 0 ? limit : PAGE;
    *rows = NULL;
    *n = 0;
    if (outdir_of(db, job, mem, &outdir, err) < 0)
        return -1;
    if (!states || (states & any) == any) {
        if (list(db, 0, job, after, limit, outdir, &all, err) < 0)
            return -1;
        states = 0;
    }
    for (int s = 1; s < PHOTO_STATES; s++) {
        if ((states & DB_STATE(s)) &&
            list(db, s, job, after, limit, outdir, &all, err) < 0)
            return -1;
    }
    if (states && all.n > 1)
        qsort(all.rows, all.n, sizeof(struct db_photo), by_index);
    *rows = all.rows;
    *n = all.n < (size_t)limit ? all.n : (size_t)limit;
    return 0;
}

int db_history_photo(struct db *db, int64_t job, int64_t index,
                     struct db_arena *mem, struct db_photo *photo,
                     struct tt_error *err)
{
    struct db_photo *rows;
    size_t n;

    memset(photo, 0, sizeof(*photo));
    if (db_history_photos(db, job, 0, index - 1, 1, mem, &rows, &n, err) < 0)
        return -1;
    if (n == 0 || rows[0].index != index)
        return 0;
    *photo = rows[0];
    return 1;
}

/* --- which --- */

#define WHICH_SELECT                                                           \
    "SELECT " DB_PHOTO_COLUMNS ",j.outdir FROM photo p"                        \
    " CROSS JOIN job j ON j.id=p.job"

/* w is the last of all. */
static bool is_known(const struct db_rows *all, const struct db_which *w)
{
    const struct db_which *other = all->rows;

    for (; other < w; other++) {
        if (other->photo.job == w->photo.job &&
            other->photo.index == w->photo.index)
            return true;
    }
    return false;
}

static int collect(struct db *db, const char *sql, const struct db_arg *args,
                   const char *path, struct db_rows *all, struct tt_error *err)
{
    struct db_which *w;
    sqlite3_stmt *q;
    int rc = db_query(db, sql, args, &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        w = db_rows_add(all);
        if (!w)
            break;
        db_row_photo(q, 0, db_text(q, DB_PHOTO_N, all->mem), all->mem,
                     &w->photo);
        // Two paths may share a key; found by hash a row may be here already.
        if ((path && (!w->photo.out || strcmp(w->photo.out, path) != 0)) ||
            is_known(all, w))
            all->n--;
    }
    db_reset(rc > 0 ? q : NULL);
    return db_rows_end(all, rc, err);
}

static int worker_of(struct db *db, const struct db_photo *p,
                     struct db_arena *mem, struct db_worker *w,
                     struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT " DB_WORKER_COLUMNS " FROM chunk c"
                      " CROSS JOIN worker w ON w.id=c.worker"
                      " WHERE c.job=? AND c.seq=?",
                      ARGS(I(p->job), I(p->chunk)), &q, err);

    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0) {
        db_row_worker(q, 0, mem, w);
        db_reset(q);
    }
    return rc < 0 ? -1 : 0;
}

/* From the photo back to everything; what is not known stays 0. */
static int follow(struct db *db, struct db_which *w, struct db_arena *mem,
                  struct tt_error *err)
{
    if (db_job_get(db, w->photo.job, mem, &w->job, err) < 0 ||
        worker_of(db, &w->photo, mem, &w->worker, err) < 0)
        return -1;
    if (w->job.model &&
        db_history_model(db, w->job.model, mem, &w->model, err) < 0)
        return -1;
    if (w->model.run && db_history_run(db, w->model.run, mem, &w->run, err) < 0)
        return -1;
    if (w->run.dataset &&
        db_history_dataset(db, w->run.dataset, mem, &w->dataset, err) < 0)
        return -1;
    return 0;
}

int db_history_which(struct db *db, const char *path,
                     const struct tt_sha256 *sha, int limit,
                     struct db_arena *mem, struct db_which **rows, size_t *n,
                     struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_which)};
    int64_t key;

    limit = limit > 0 ? limit : PAGE;
    *rows = NULL;
    *n = 0;
    if (path &&
        (db_photo_key(path, &key, err) < 0 ||
         collect(db,
                 WHICH_SELECT " WHERE p.out_key=? ORDER BY p.job DESC LIMIT ?",
                 ARGS(I(key), I(limit)), path, &all, err) < 0))
        return -1;
    if (sha && collect(db,
                       WHICH_SELECT " WHERE substr(p.sha_out,1,8)=?"
                                    " AND p.sha_out IS NOT NULL"
                                    " AND p.sha_out=?"
                                    " ORDER BY p.job DESC,p.photo LIMIT ?",
                       ARGS(B(sha->bytes, 8), SHA(true, sha), I(limit)), NULL,
                       &all, err) < 0)
        return -1;
    *rows = all.rows;
    *n = all.n < (size_t)limit ? all.n : (size_t)limit;
    for (size_t i = 0; i < *n; i++) {
        if (follow(db, *rows + i, mem, err) < 0)
            return -1;
    }
    return 0;
}
