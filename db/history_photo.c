#include "db/history.h"

#include <stdlib.h>
#include <string.h>

#include "db/photo.h"
#include "db/row.h"

#define PAGE 100

/* Each state in words of its own: that is what the partial indices are by. */
#define PHOTO_PAGE(state_is)                                                   \
    "SELECT " DB_PHOTO_COLUMNS " FROM photo p CROSS JOIN job j ON j.id=p.job"  \
    " WHERE p.job=? AND p.photo>?" state_is " ORDER BY p.job,p.photo LIMIT ?"

static const char *const page_sql[PHOTO_STATES] = {
    [0] = PHOTO_PAGE(""),
    [PHOTO_OK] = PHOTO_PAGE(" AND p.state=1"),
    [PHOTO_SKIPPED] = PHOTO_PAGE(" AND p.state=2"),
    [PHOTO_FAILED] = PHOTO_PAGE(" AND p.state=3"),
};

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
    unsigned any =
        DB_STATE(PHOTO_OK) | DB_STATE(PHOTO_SKIPPED) | DB_STATE(PHOTO_FAILED);

    limit = limit > 0 ? limit : PAGE;
    if (!states || (states & any) == any)
        states = DB_STATE(0);
    *rows = NULL;
    *n = 0;
    for (int s = 0; s < PHOTO_STATES; s++) {
        if ((states & DB_STATE(s)) &&
            db_list(db, page_sql[s], ARGS(I(job), I(after), I(limit)),
                    db_row_photo, &all, err) < 0)
            return -1;
    }
    if (all.n > 1)
        qsort(all.rows, all.n, sizeof(struct db_photo), by_index);
    *rows = all.rows;
    *n = all.n < (size_t)limit ? all.n : (size_t)limit;
    return 0;
}

int db_history_photo(struct db *db, int64_t job, int64_t index,
                     struct db_arena *mem, struct db_photo *photo,
                     struct tt_error *err)
{
    memset(photo, 0, sizeof(*photo));
    return db_first(db,
                    "SELECT " DB_PHOTO_COLUMNS " FROM photo p"
                    " CROSS JOIN job j ON j.id=p.job"
                    " WHERE p.job=? AND p.photo=?",
                    ARGS(I(job), I(index)), db_row_photo, mem, photo, err);
}

/* --- which --- */

#define WHICH_SELECT                                                           \
    "SELECT " DB_PHOTO_COLUMNS " FROM photo p CROSS JOIN job j ON j.id=p.job"

static void fill_which(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_which *w = row;

    db_row_photo(q, mem, &w->photo);
}

static bool is_known(const struct db_which *rows, size_t n,
                     const struct db_which *w)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].photo.job == w->photo.job &&
            rows[i].photo.index == w->photo.index)
            return true;
    }
    return false;
}

/* Two paths may share a key, and what is found by hash may be here already. */
static void keep(struct db_rows *all, size_t from, const char *path)
{
    struct db_which *rows = all->rows;
    size_t kept = from;

    for (size_t i = from; i < all->n; i++) {
        const char *out = rows[i].photo.out;

        if ((path && (!out || strcmp(out, path) != 0)) ||
            is_known(rows, kept, &rows[i]))
            continue;
        rows[kept++] = rows[i];
    }
    all->n = kept;
}

static int by_path(struct db *db, const char *path, int limit,
                   struct db_rows *all, struct tt_error *err)
{
    int64_t key;

    if (db_photo_key(path, &key, err) < 0 ||
        db_list(db,
                WHICH_SELECT " WHERE p.out_key=? ORDER BY p.job DESC LIMIT ?",
                ARGS(I(key), I(limit)), fill_which, all, err) < 0)
        return -1;
    keep(all, 0, path);
    return 0;
}

static int by_hash(struct db *db, const struct tt_sha256 *sha, int limit,
                   struct db_rows *all, struct tt_error *err)
{
    size_t from = all->n;

    if (db_list(db,
                WHICH_SELECT " WHERE substr(p.sha_out,1,8)=?"
                             " AND p.sha_out IS NOT NULL AND p.sha_out=?"
                             " ORDER BY p.job DESC,p.photo LIMIT ?",
                ARGS(B(sha->bytes, 8), SHA(true, sha), I(limit)), fill_which,
                all, err) < 0)
        return -1;
    keep(all, from, NULL);
    return 0;
}

static int worker_of(struct db *db, const struct db_photo *p,
                     struct db_arena *mem, struct db_worker *w,
                     struct tt_error *err)
{
    return db_first(db,
                    "SELECT " DB_WORKER_COLUMNS " FROM chunk c"
                    " CROSS JOIN worker w ON w.id=c.worker"
                    " WHERE c.job=? AND c.seq=?",
                    ARGS(I(p->job), I(p->chunk)), db_row_worker, mem, w, err);
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

    limit = limit > 0 ? limit : PAGE;
    *rows = NULL;
    *n = 0;
    if ((path && by_path(db, path, limit, &all, err) < 0) ||
        (sha && by_hash(db, sha, limit, &all, err) < 0))
        return -1;
    *rows = all.rows;
    *n = all.n < (size_t)limit ? all.n : (size_t)limit;
    for (size_t i = 0; i < *n; i++) {
        if (follow(db, *rows + i, mem, err) < 0)
            return -1;
    }
    return 0;
}
