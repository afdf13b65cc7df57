#include "db/run.h"

#include <math.h>
#include <stdlib.h>

#include "db/json.h"
#include "db/stmt.h"

int db_run_start(struct db *db, int64_t job, const char *name,
                 const char *params, int64_t dataset, int64_t now, int64_t *id,
                 struct tt_error *err)
{
    if (db_exec(db,
                "INSERT INTO run(job,name,params,dataset,created)"
                " VALUES(?,?,?,?,?)",
                ARGS(I(job), T(name), T(params ? params : "{}"), ID(dataset),
                     I(now)),
                err) < 0)
        return -1;
    if (id)
        *id = sqlite3_last_insert_rowid(db->sql);
    return 0;
}

int db_run_of_job(struct db *db, int64_t job, int64_t *id, struct tt_error *err)
{
    return db_one(db, "SELECT id FROM run WHERE job=?", ARGS(I(job)), id, err) <
                   0
               ? -1
               : 0;
}

/* A number that is absent leaves the column as it is: NULL for coalesce. */
static struct db_arg number(const json_t *o, const char *name)
{
    struct db_arg a = {.type = DB_ARG_INT,
                       .null = !json_is_number(json_object_get(o, name)),
                       .i = db_json_int(o, name)};

    return a;
}

static int update_best(struct db *db, int64_t run, const json_t *best,
                       struct tt_error *err)
{
    const char *name = db_json_text(best, "name");
    const json_t *value = json_object_get(best, "value");

    if (!name || !json_is_number(value))
        return 0;
    return db_exec(db,
                   "UPDATE run SET best_name=?,best=?,best_step=? WHERE id=?",
                   ARGS(T(name), R(json_number_value(value)),
                        I(db_json_int(best, "step")), I(run)),
                   err);
}

static int update(struct db *db, int64_t run, const json_t *o,
                  struct tt_error *err)
{
    char *summary = db_json_dump(o, "summary");
    struct tt_sha256 sha;
    bool has = db_json_sha(o, "sha256", &sha);
    int rc = db_exec(
        db,
        "UPDATE run SET "
        "folder=coalesce(tt_within(?),folder),preset=coalesce(?,preset),"
        "device=coalesce(?,device),precision=coalesce(?,precision),"
        "seed=coalesce(?,seed),step=coalesce(?,step),steps=coalesce(?,steps),"
        "epoch=coalesce(?,epoch),epochs=coalesce(?,epochs),"
        "checkpoint=coalesce(tt_within(?),checkpoint),sha256=coalesce(?,sha256)"
        ","
        "summary=coalesce(?,summary) WHERE id=?",
        ARGS(T(db_json_text(o, "folder")), T(db_json_text(o, "preset")),
             T(db_json_text(o, "device")), T(db_json_text(o, "precision")),
             number(o, "seed"), number(o, "step"), number(o, "steps"),
             number(o, "epoch"), number(o, "epochs"),
             T(db_json_text(o, "checkpoint")), SHA(has, &sha), T(summary),
             I(run)),
        err);

    free(summary);
    if (rc < 0)
        return -1;
    return update_best(db, run, json_object_get(o, "best"), err);
}

int db_run_update(struct db *db, int64_t run, const json_t *o,
                  struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, update(db, run, o, err), err);
}

/* --- measures --- */

static int series_of(struct db *db, int64_t run, const char *name, int64_t step,
                     double value, int64_t *id, struct tt_error *err)
{
    int rc = db_one(db, "SELECT id FROM series WHERE run=? AND name=?",
                    ARGS(I(run), T(name)), id, err);

    if (rc != 0)
        return rc;
    if (db_exec(db,
                "INSERT INTO series(run,name,last_step,last,min,max)"
                " VALUES(?1,?2,?3,?4,?4,?4)",
                ARGS(I(run), T(name), I(step), R(value)), err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sql);
    return 0;
}

static int metric(struct db *db, int64_t run, const char *name, int64_t step,
                  double value, struct tt_error *err)
{
    int64_t id;
    int rc = series_of(db, run, name, step, value, &id, err);

    if (rc < 0 ||
        db_exec(db,
                "INSERT INTO metric(series,step,v) VALUES(?,?,?)"
                " ON CONFLICT(series,step) DO UPDATE SET v=excluded.v",
                ARGS(I(id), I(step), R(value)), err) < 0)
        return -1;
    if (rc == 0)
        return 0; // the series began with this value
    return db_exec(db,
                   "UPDATE series SET min=min(min,?1),max=max(max,?1),"
                   "last=CASE WHEN ?2>=last_step THEN ?1 ELSE last END,"
                   "last_step=max(last_step,?2) WHERE id=?3",
                   ARGS(R(value), I(step), I(id)), err);
}

int db_run_metric(struct db *db, int64_t run, const char *name, int64_t step,
                  double value, struct tt_error *err)
{
    if (isnan(value))
        return 0; // SQLite has no NaN; a gap in the curve says the same
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, metric(db, run, name, step, value, err), err);
}

static int rewind_run(struct db *db, int64_t run, int64_t step,
                      struct tt_error *err)
{
    if (db_exec(db,
                "DELETE FROM metric WHERE step>?2 AND series IN"
                " (SELECT id FROM series WHERE run=?1)",
                ARGS(I(run), I(step)), err) < 0 ||
        db_exec(db,
                "DELETE FROM series WHERE run=?1 AND NOT EXISTS"
                " (SELECT 1 FROM metric WHERE series=series.id)",
                ARGS(I(run)), err) < 0 ||
        db_exec(db,
                "UPDATE series SET last_step=m.step,last=m.v FROM metric m"
                " WHERE series.run=?1 AND series.last_step>?2"
                " AND m.series=series.id AND m.step="
                " (SELECT max(step) FROM metric WHERE series=series.id)",
                ARGS(I(run), I(step)), err) < 0)
        return -1;
    return db_exec(db,
                   "UPDATE series SET"
                   " min=(SELECT min(v) FROM metric WHERE series=series.id),"
                   " max=(SELECT max(v) FROM metric WHERE series=series.id)"
                   " WHERE run=?",
                   ARGS(I(run)), err);
}

int db_run_rewind(struct db *db, int64_t run, int64_t step,
                  struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, rewind_run(db, run, step, err), err);
}
