#include "db/history.h"

#include <string.h>

#include "db/find.h"
#include "db/row.h"

#define PAGE 100

int db_history_datasets(struct db *db, int64_t before, int limit,
                        struct db_arena *mem, struct db_dataset **rows,
                        size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_dataset)};
    struct db_dataset *d;
    sqlite3_stmt *q;
    int rc = db_query(
        db,
        "SELECT " DB_DATASET_COLUMNS " FROM dataset d"
        " WHERE d.id<? ORDER BY d.id DESC LIMIT ?",
        ARGS(I(before > 0 ? before : INT64_MAX), I(limit > 0 ? limit : PAGE)),
        &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        d = db_rows_add(&all);
        if (!d)
            break;
        db_row_dataset(q, 0, mem, d);
    }
    db_reset(rc > 0 ? q : NULL);
    *rows = all.rows;
    *n = all.n;
    return db_rows_end(&all, rc, err);
}

/* --- one, with all its parts --- */

static int read_shards(struct db *db, struct db_arena *mem,
                       struct db_dataset *d, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_shard)};
    struct db_shard *s;
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT path,split,records,bytes,sha256 FROM shard"
                      " WHERE dataset=? ORDER BY n",
                      ARGS(I(d->id)), &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        s = db_rows_add(&all);
        if (!s)
            break;
        s->path = db_text(q, 0, mem);
        s->split = db_text(q, 1, mem);
        s->records = db_int(q, 2);
        s->bytes = db_int(q, 3);
        s->has_sha256 = db_sha(q, 4, &s->sha256);
    }
    db_reset(rc > 0 ? q : NULL);
    d->shards = all.rows;
    d->n_shards = all.n;
    return db_rows_end(&all, rc, err);
}

static int read_verdicts(struct db *db, struct db_arena *mem,
                         struct db_dataset *d, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_verdict)};
    struct db_verdict *v;
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT reason,n FROM verdict WHERE dataset=?"
                      " ORDER BY n DESC,reason",
                      ARGS(I(d->id)), &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        v = db_rows_add(&all);
        if (!v)
            break;
        v->reason = db_text(q, 0, mem);
        v->n = db_int(q, 1);
    }
    db_reset(rc > 0 ? q : NULL);
    d->verdicts = all.rows;
    d->n_verdicts = all.n;
    return db_rows_end(&all, rc, err);
}

int db_history_dataset(struct db *db, int64_t id, struct db_arena *mem,
                       struct db_dataset *d, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(
        db, "SELECT " DB_DATASET_COLUMNS " FROM dataset d WHERE d.id=?",
        ARGS(I(id)), &q, err);

    memset(d, 0, sizeof(*d));
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc <= 0)
        return rc;
    db_row_dataset(q, 0, mem, d);
    db_reset(q);
    if (read_shards(db, mem, d, err) < 0 || read_verdicts(db, mem, d, err) < 0)
        return -1;
    return 1;
}

int db_history_dataset_find(struct db *db, const char *text, int64_t *id,
                            struct tt_error *err)
{
    static const struct db_find datasets = {
        'd', "SELECT id FROM dataset WHERE id=?", "SELECT max(id) FROM dataset",
        "SELECT max(id) FROM dataset WHERE name=?"};
    int rc = db_find(db, &datasets, text, id, err);

    if (rc == 0)
        rc = db_one(db, "SELECT max(id) FROM dataset WHERE path=?",
                    ARGS(T(text)), id, err);
    return rc;
}
