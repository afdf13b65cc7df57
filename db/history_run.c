#include "db/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/find.h"
#include "db/row.h"

#define PAGE 100

int db_history_run_find(struct db *db, const char *text, int64_t *id,
                        struct tt_error *err)
{
    static const struct db_find runs = {'r', "SELECT id FROM run WHERE id=?",
                                        "SELECT max(id) FROM run",
                                        "SELECT max(id) FROM run WHERE name=?"};

    if (strcmp(text, "@best") == 0)
        return db_one(db,
                      "SELECT id FROM run WHERE best IS NOT NULL"
                      " ORDER BY best,id LIMIT 1",
                      NO_ARGS, id, err);
    return db_find(db, &runs, text, id, err);
}

/* Runs are few beside jobs, so the state is looked up run by run. */
int db_history_runs(struct db *db, unsigned states, const char *name,
                    int64_t before, int limit, struct db_arena *mem,
                    struct db_run **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_run)};
    struct db_run *run;
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT " DB_RUN_COLUMNS " FROM run r"
                      " CROSS JOIN job j ON j.id=r.job WHERE r.id<?1"
                      " AND (?2=0 OR ?2&(1<<j.state))"
                      " AND (?3 IS NULL OR r.name=?3 OR r.name GLOB ?3)"
                      " ORDER BY r.id DESC LIMIT ?4",
                      ARGS(I(before > 0 ? before : INT64_MAX), I(states),
                           T(name), I(limit > 0 ? limit : PAGE)),
                      &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        run = db_rows_add(&all);
        if (!run)
            break;
        db_row_run(q, 0, mem, run);
    }
    db_reset(rc > 0 ? q : NULL);
    *rows = all.rows;
    *n = all.n;
    return db_rows_end(&all, rc, err);
}

int db_history_run(struct db *db, int64_t id, struct db_arena *mem,
                   struct db_run *run, struct tt_error *err)
{
    struct db_rows end = {.mem = mem};
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT " DB_RUN_COLUMNS " FROM run r"
                      " CROSS JOIN job j ON j.id=r.job WHERE r.id=?",
                      ARGS(I(id)), &q, err);

    memset(run, 0, sizeof(*run));
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc <= 0)
        return rc;
    db_row_run(q, 0, mem, run);
    db_reset(q);
    return db_rows_end(&end, 0, err) < 0 ? -1 : 1;
}

int db_history_series(struct db *db, int64_t run, struct db_arena *mem,
                      struct db_series **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_series)};
    struct db_series *s;
    sqlite3_stmt *q;
    int rc = db_query(db,
                      "SELECT id,name,(SELECT min(step) FROM metric"
                      "  WHERE series=series.id),last_step,last,min,max"
                      " FROM series WHERE run=? ORDER BY name",
                      ARGS(I(run)), &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        s = db_rows_add(&all);
        if (!s)
            break;
        s->id = db_int(q, 0);
        s->name = db_text(q, 1, mem);
        s->first_step = db_int(q, 2);
        s->last_step = db_int(q, 3);
        s->last = sqlite3_column_double(q, 4);
        s->min = sqlite3_column_double(q, 5);
        s->max = sqlite3_column_double(q, 6);
    }
    db_reset(rc > 0 ? q : NULL);
    *rows = all.rows;
    *n = all.n;
    return db_rows_end(&all, rc, err);
}

/* --- a curve --- */

struct curve {
    int64_t series, first, last;
};

static int find_curve(struct db *db, int64_t run, const char *name,
                      int64_t from, struct curve *c, struct tt_error *err)
{
    int rc = db_one(db, "SELECT id FROM series WHERE run=? AND name=?",
                    ARGS(I(run), T(name)), &c->series, err);

    if (rc > 0)
        rc = db_one(db,
                    "SELECT min(step) FROM metric WHERE series=? AND step>=?",
                    ARGS(I(c->series), I(from)), &c->first, err);
    if (rc > 0)
        rc = db_one(db, "SELECT max(step) FROM metric WHERE series=?",
                    ARGS(I(c->series)), &c->last, err);
    return rc;
}

/* The first value at or after each of so many places, by a seek each; and the
 * last one. A step apart they are simply all. */
static const char curve_sql[] =
    "WITH RECURSIVE at(step) AS (SELECT ?2 UNION ALL"
    " SELECT (SELECT min(step) FROM metric WHERE series=?1"
    "  AND step>=at.step+max(1,min(?4,?3-at.step)))"
    " FROM at WHERE at.step<?3)"
    "SELECT m.step,m.v FROM at"
    " CROSS JOIN metric m ON m.series=?1 AND m.step=at.step";

int db_history_metric(struct db *db, int64_t run, const char *name,
                      int64_t from, int most, struct db_arena *mem,
                      struct db_point **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_point)};
    struct curve c = {0};
    struct db_point *p;
    sqlite3_stmt *q;
    int64_t apart = 1;
    int rc = find_curve(db, run, name, from, &c, err);

    *rows = NULL;
    *n = 0;
    if (rc <= 0)
        return rc;
    if (most > 1)
        apart = (c.last - c.first + most - 2) / (most - 1);
    rc = db_query(
        db, curve_sql,
        ARGS(I(c.series), I(c.first), I(c.last), I(apart > 0 ? apart : 1)), &q,
        err);
    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        p = db_rows_add(&all);
        if (!p)
            break;
        p->step = db_int(q, 0);
        p->value = sqlite3_column_double(q, 1);
    }
    db_reset(rc > 0 ? q : NULL);
    *rows = all.rows;
    *n = all.n;
    return db_rows_end(&all, rc, err);
}
