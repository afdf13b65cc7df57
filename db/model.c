#include "db/model.h"

#include <stdio.h>

#include "db/event.h"
#include "db/stmt.h"

static int known(struct db *db, const struct db_model *m, int64_t *id,
                 struct tt_error *err)
{
    int rc = db_one(db, "SELECT id FROM model WHERE sha256=?",
                    ARGS(SHA(true, &m->sha256)), id, err);

    if (rc > 0 && db_exec(db, "UPDATE model SET path=tt_within(?) WHERE id=?",
                          ARGS(T(m->path), I(*id)), err) < 0)
        return -1;
    return rc;
}

/* The number asked for, or the next one if that is none, or taken. */
static int choose_version(struct db *db, const struct db_model *m,
                          int64_t *version, struct tt_error *err)
{
    int64_t newest, taken;

    if (db_one(db, "SELECT max(version) FROM model WHERE name=?",
               ARGS(T(m->name)), &newest, err) < 0 ||
        db_one(db, "SELECT id FROM model WHERE name=? AND version=?",
               ARGS(T(m->name), I(m->version)), &taken, err) < 0)
        return -1;
    *version = m->version > 0 && !taken ? m->version : newest + 1;
    return 0;
}

static int set_current(struct db *db, int64_t id, struct tt_error *err)
{
    return db_exec(db, "INSERT OR REPLACE INTO meta(k,v) VALUES('model',?)",
                   ARGS(I(id)), err);
}

static int add(struct db *db, const struct db_model *m, int64_t now,
               int64_t *id, struct tt_error *err)
{
    int64_t version, current;
    int rc = known(db, m, id, err);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (choose_version(db, m, &version, err) < 0 ||
        db_exec(db,
                "INSERT INTO model(name,version,sha256,path,preset,parameters,"
                "metrics,run,created) VALUES(?,?,?,tt_within(?),?,?,?,?,?)",
                ARGS(T(m->name), I(version), SHA(true, &m->sha256), T(m->path),
                     T(m->preset), ID(m->parameters), T(m->metrics), ID(m->run),
                     I(now)),
                err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sql);
    rc = db_one(db, "SELECT v FROM meta WHERE k='model'", NO_ARGS, &current,
                err);
    if (rc < 0 || (rc == 0 && set_current(db, *id, err) < 0))
        return -1;
    return 1;
}

int db_model_add(struct db *db, const struct db_model *m, int64_t now,
                 int64_t *id, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, add(db, m, now, id, err), err);
}

static int use(struct db *db, int64_t id, int64_t now, struct tt_error *err)
{
    struct db_event e = {.at = now, .kind = DB_EVENT_MODEL};
    char body[64];
    int64_t found;

    if (db_one(db, "SELECT id FROM model WHERE id=?", ARGS(I(id)), &found,
               err) < 0)
        return -1;
    if (!found)
        return tt_fail(err, TT_MISSING, "no model m%lld", (long long)id);
    snprintf(body, sizeof(body), "m%lld is in use", (long long)id);
    e.body = body;
    if (set_current(db, id, err) < 0)
        return -1;
    return db_event_add(db, &e, err);
}

int db_model_use(struct db *db, int64_t id, int64_t now, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, use(db, id, now, err), err);
}
