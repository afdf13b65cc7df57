#include "db/worker.h"

#include <stdio.h>

#include "db/event.h"
#include "db/stmt.h"

int db_worker_id(struct db *db, const char *uid, int64_t *id,
                 struct tt_error *err)
{
    return db_one(db, "SELECT id FROM worker WHERE uid=?", ARGS(T(uid)), id,
                  err) < 0
               ? -1
               : 0;
}

static int renew(struct db *db, const struct db_worker *w, int64_t now,
                 int64_t id, struct tt_error *err)
{
    return db_exec(db,
                   "UPDATE worker SET host=?,pid=?,caps=?,version=?,threads=?,"
                   "last_seen=max(last_seen,?),ended=NULL WHERE id=?",
                   ARGS(T(w->host), I(w->pid), T(w->caps), T(w->version),
                        I(w->threads), I(w->last_seen ? w->last_seen : now),
                        I(id)),
                   err);
}

static int enter(struct db *db, const struct db_worker *w, int64_t now,
                 int64_t *id, struct tt_error *err)
{
    struct db_event e = {.at = now, .kind = DB_EVENT_WORKER};
    char body[256];

    if (db_exec(db,
                "INSERT INTO worker(uid,host,pid,caps,version,threads,"
                "first_seen,last_seen) VALUES(?,?,?,?,?,?,?,?)",
                ARGS(T(w->uid), T(w->host), I(w->pid), T(w->caps),
                     T(w->version), I(w->threads), I(now),
                     I(w->last_seen ? w->last_seen : now)),
                err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sql);
    snprintf(body, sizeof(body), "w%lld began: %s, pid %lld, %s",
             (long long)*id, w->host, (long long)w->pid, w->caps);
    e.worker = *id;
    e.body = body;
    return db_event_add(db, &e, err);
}

static int seen(struct db *db, const struct db_worker *w, int64_t now,
                int64_t *id, struct tt_error *err)
{
    if (db_worker_id(db, w->uid, id, err) < 0)
        return -1;
    return *id ? renew(db, w, now, *id, err) : enter(db, w, now, id, err);
}

int db_worker_seen(struct db *db, const struct db_worker *w, int64_t now,
                   int64_t *id, struct tt_error *err)
{
    int64_t own;

    if (db_enter(db, err) < 0 ||
        db_leave(db, seen(db, w, now, &own, err), err) < 0)
        return -1;
    if (id)
        *id = own;
    return 0;
}

static int ended(struct db *db, const char *uid, bool lost, const char *why,
                 int64_t now, struct tt_error *err)
{
    struct db_event e = {.at = now,
                         .kind = lost ? DB_EVENT_LOST : DB_EVENT_WORKER};
    char body[256];

    if (db_worker_id(db, uid, &e.worker, err) < 0 ||
        db_exec(db, "UPDATE worker SET ended=? WHERE uid=? AND ended IS NULL",
                ARGS(I(now), T(uid)), err) < 0)
        return -1;
    if (db_changes(db) == 0)
        return 0;
    snprintf(body, sizeof(body), "w%lld %s: %s", (long long)e.worker,
             lost ? "lost" : "ended", why);
    e.body = body;
    return db_event_add(db, &e, err);
}

int db_worker_ended(struct db *db, const char *uid, bool lost, const char *why,
                    int64_t now, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, ended(db, uid, lost, why, now, err), err);
}
