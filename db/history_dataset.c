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
    int rc = db_list(
        db,
        "SELECT " DB_DATASET_COLUMNS " FROM dataset d"
        " WHERE d.id<? ORDER BY d.id DESC LIMIT ?",
        ARGS(I(before > 0 ? before : INT64_MAX), I(limit > 0 ? limit : PAGE)),
        db_row_dataset, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}

/* --- one, with all its parts --- */

static void fill_shard(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_shard *s = row;

    s->path = db_text(q, 0, mem);
    s->split = db_text(q, 1, mem);
    s->records = db_int(q, 2);
    s->bytes = db_int(q, 3);
    s->has_sha256 = db_sha(q, 4, &s->sha256);
}

static void fill_verdict(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_verdict *v = row;

    v->reason = db_text(q, 0, mem);
    v->n = db_int(q, 1);
}

static int read_parts(struct db *db, struct db_arena *mem, struct db_dataset *d,
                      struct tt_error *err)
{
    struct db_rows shards = {.mem = mem, .size = sizeof(struct db_shard)};
    struct db_rows verdicts = {.mem = mem, .size = sizeof(struct db_verdict)};

    if (db_list(db,
                "SELECT path,split,records,bytes,sha256 FROM shard"
                " WHERE dataset=? ORDER BY n",
                ARGS(I(d->id)), fill_shard, &shards, err) < 0 ||
        db_list(db,
                "SELECT reason,n FROM verdict WHERE dataset=?"
                " ORDER BY n DESC,reason",
                ARGS(I(d->id)), fill_verdict, &verdicts, err) < 0)
        return -1;
    d->shards = shards.rows;
    d->n_shards = shards.n;
    d->verdicts = verdicts.rows;
    d->n_verdicts = verdicts.n;
    return 0;
}

int db_history_dataset(struct db *db, int64_t id, struct db_arena *mem,
                       struct db_dataset *d, struct tt_error *err)
{
    int rc;

    memset(d, 0, sizeof(*d));
    rc = db_first(db,
                  "SELECT " DB_DATASET_COLUMNS " FROM dataset d WHERE d.id=?",
                  ARGS(I(id)), db_row_dataset, mem, d, err);
    if (rc > 0 && read_parts(db, mem, d, err) < 0)
        return -1;
    return rc;
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
