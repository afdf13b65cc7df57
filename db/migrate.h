/**
 * migrate: the steps from an empty file to the form of this program, each in
 * a transaction of its own with PRAGMA user_version last. For this room alone.
 *
 * To add one: db/schema/NNN_name.sql, a line in the list in migrate.c, a test.
 * A step that has been released is never changed.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h; TT_FORMAT where the file is foreign or newer.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdbool.h>

#include "base/error.h"
#include "db/db.h"

/** Marks our files: "TtRc" in PRAGMA application_id. */
#define DB_APPLICATION_ID 0x54745263

struct db_step {
    int version; /* that the file has after it */
    const char *sql;
};

/** Ends in version 0. */
extern const struct db_step db_steps[];

/** The version that the last of the steps leads to. */
int db_steps_version(const struct db_step *steps);

/** What lies there? *version 0: nothing yet. TT_FORMAT if it is no database, a
 *  foreign one, a damaged one, or newer than `newest`. */
int db_migrate_look(struct db *db, int newest, int *version,
                    struct tt_error *err) TT_MUST;

/** Bring the file to the last of the steps. An existing one is copied to
 *  "<path>.v<N>" first, N its old version (an older copy of that name stays
 *  and is taken as good). */
int db_migrate(struct db *db, const struct db_step *steps,
               struct tt_error *err) TT_MUST;

#endif
