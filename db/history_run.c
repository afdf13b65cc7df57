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
    if (text[0] == 'j' && db_find_number(text, 'j'))
        return db_one(db, "SELECT id FROM run WHERE job=?",
                      ARGS(I(db_find_number(text, 'j'))), id, err);
    return db_find(db, &runs, text, id, err);
}

/* Runs are few beside jobs, so the state is looked up run by run. */
int db_history_runs(struct db *db, unsigned states, const char *name,
                    int64_t before, int limit, struct db_arena *mem,
                    struct db_run **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_run)};
    int rc = db_list(db,
                     "SELECT " DB_RUN_COLUMNS " FROM run r"
                     " CROSS JOIN job j ON j.id=r.job WHERE r.id<?1"
                     " AND (?2=0 OR ?2&(1<<j.state))"
                     " AND (?3 IS NULL OR r.name=?3 OR r.name GLOB ?3)"
                     " ORDER BY r.id DESC LIMIT ?4",
                     ARGS(I(before > 0 ? before : INT64_MAX), I(states),
                          T(name), I(limit > 0 ? limit : PAGE)),
                     db_row_run, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}

int db_history_run(struct db *db, int64_t id, struct db_arena *mem,
                   struct db_run *run, struct tt_error *err)
{
    memset(run, 0, sizeof(*run));
    return db_first(db,
                    "SELECT " DB_RUN_COLUMNS " FROM run r"
                    " CROSS JOIN job j ON j.id=r.job WHERE r.id=?",
                    ARGS(I(id)), db_row_run, mem, run, err);
}

static void fill_series(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_series *s = row;

    s->id = db_int(q, 0);
    s->name = db_text(q, 1, mem);
    s->first_step = db_int(q, 2);
    s->last_step = db_int(q, 3);
    s->last = sqlite3_column_double(q, 4);
    s->min = sqlite3_column_double(q, 5);
    s->max = sqlite3_column_double(q, 6);
}

int db_history_series(struct db *db, int64_t run, struct db_arena *mem,
                      struct db_series **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_series)};
    int rc = db_list(db,
                     "SELECT id,name,(SELECT min(step) FROM metric"
                     "  WHERE series=series.id),last_step,last,min,max"
                     " FROM series WHERE run=? ORDER BY name",
                     ARGS(I(run)), fill_series, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
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

static void fill_point(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_point *p = row;

    (void)mem;
    p->step = db_int(q, 0);
    p->value = sqlite3_column_double(q, 1);
}

int db_history_metric(struct db *db, int64_t run, const char *name,
                      int64_t from, int most, struct db_arena *mem,
                      struct db_point **rows, size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_point)};
    struct curve c = {0};
    int64_t apart = 1;
    int rc = find_curve(db, run, name, from, &c, err);

    *rows = NULL;
    *n = 0;
    if (rc <= 0)
        return rc;
    if (most > 1)
        apart = (c.last - c.first + most - 2) / (most - 1);
    rc = db_list(
        db, curve_sql,
        ARGS(I(c.series), I(c.first), I(c.last), I(apart > 0 ? apart : 1)),
        fill_point, &all, err);
    *rows = all.rows;
    *n = all.n;
    return rc;
}

int db_history_means(struct db *db, int64_t run, const char *name, int most,
                     struct db_arena *mem, struct db_point **rows, size_t *n,
                     struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_point)};
    struct curve c = {0};
    int64_t bin;
    int rc = find_curve(db, run, name, 0, &c, err);

    *rows = NULL;
    *n = 0;
    if (rc <= 0)
        return rc;
    bin = (c.last - c.first) / (most > 0 ? most : 1) + 1;
    rc = db_list(db,
                 "SELECT CAST(avg(step)+0.5 AS INTEGER),avg(v) FROM metric"
                 " WHERE series=?1 GROUP BY (step-?2)/?3 ORDER BY 1",
                 ARGS(I(c.series), I(c.first), I(bin)), fill_point, &all, err);
    *rows = all.rows;
    *n = all.n;
    return rc;
}
