#include "db/migrate.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "db/care.h"
#include "db/stmt.h"

const struct db_step db_steps[] = {
    {
        1,
#include "db/schema/001_first.sql.h"
    },
    {0, NULL},
};

int db_steps_version(const struct db_step *steps)
{
    int version = 0;

    for (; steps->version; steps++)
        version = steps->version;
    return version;
}

/* Words for people before those of SQLite. */
static int unreadable(struct db *db, struct tt_error *err)
{
    int rc = sqlite3_errcode(db->sql) & 0xff;

    if (rc == SQLITE_NOTADB)
        return tt_fail(err, TT_FORMAT, "%s: not a database", db->path);
    if (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY)
        return tt_fail(err, TT_IO,
                       "%s: cannot be read: SQLite needs to write beside it "
                       "(its -shm file), or a scheduler that runs",
                       db->path);
    return -1;
}

static int pragma(struct db *db, const char *sql, int64_t *value,
                  struct tt_error *err)
{
    int rc = db_one(db, sql, NO_ARGS, value, err);

    return rc < 0 ? unreadable(db, err) : 0;
}

int db_migrate_look(struct db *db, int newest, int *version,
                    struct tt_error *err)
{
    int64_t pages, id, found;

    *version = 0;
    if (pragma(db, "SELECT count(*) FROM sqlite_schema", &pages, err) < 0 ||
        pragma(db, "PRAGMA application_id", &id, err) < 0 ||
        pragma(db, "PRAGMA user_version", &found, err) < 0)
        return -1;
    if (pages == 0 && id == 0 && found == 0)
        return 0;
    if (id != DB_APPLICATION_ID)
        return tt_fail(err, TT_FORMAT,
                       "%s: a database, but not a record of tintype", db->path);
    if (found > newest)
        return tt_fail(err, TT_FORMAT,
                       "%s: written by a newer tintype (form %d, this one "
                       "knows up to %d); use that one",
                       db->path, (int)found, newest);
    *version = (int)found;
    return 0;
}

static int copy_before(struct db *db, int version, struct tt_error *err)
{
    char copy[TT_PATH_SIZE];

    if ((size_t)snprintf(copy, sizeof(copy), "%s.v%d", db->path, version) >=
        sizeof(copy))
        return tt_fail(err, TT_INPUT, "%s: the path is too long", db->path);
    if (tt_file_exists(copy))
        return 0;
    tt_log(TT_INFO, "%s: copying to %s before it is migrated", db->path, copy);
    return db_backup(db, copy, err);
}

static int run(struct db *db, const char *sql, struct tt_error *err)
{
    if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_sql_fail(db, "migrate", err);
    return 0;
}

static int take_step(struct db *db, const struct db_step *step,
                     struct tt_error *err)
{
    char last[128];

    snprintf(last, sizeof(last),
             "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             DB_APPLICATION_ID, step->version);
    if (run(db, step->sql, err) < 0)
        return -1;
    return run(db, last, err);
}

int db_migrate(struct db *db, const struct db_step *steps, struct tt_error *err)
{
    int version;

    if (db_migrate_look(db, db_steps_version(steps), &version, err) < 0)
        return -1;
    if (version > 0 && version < db_steps_version(steps) &&
        copy_before(db, version, err) < 0)
        return tt_wrap(err, "copying the record before it is migrated");
    for (; steps->version; steps++) {
        if (steps->version <= version)
            continue;
        if (db_enter(db, err) < 0 ||
            db_leave(db, take_step(db, steps, err), err) < 0)
            return tt_wrap(err, "migrating to form %d", steps->version);
    }
    return 0;
}
