#include "db/home.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the record's path up to and with its last '/'; 0: it has none, or
 * is relative, and then nothing lies below it. */
static size_t home_length(const struct db *db)
{
    const char *slash = strrchr(db->path, '/');

    return slash && db->path[0] == '/' ? (size_t)(slash - db->path) + 1 : 0;
}

static void within(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct db *db = sqlite3_user_data(c);
    const char *path = (const char *)sqlite3_value_text(v[0]);
    size_t home = home_length(db);

    (void)n;
    if (path && home && strncmp(path, db->path, home) == 0 && path[home])
        sqlite3_result_text(c, path + home, -1, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(c, v[0]);
}

static void home(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct db *db = sqlite3_user_data(c);
    const char *path = (const char *)sqlite3_value_text(v[0]);
    char *whole;

    (void)n;
    if (!path || path[0] == '/') {
        sqlite3_result_value(c, v[0]);
        return;
    }
    whole = sqlite3_mprintf("%.*s%s", (int)home_length(db), db->path, path);
    if (whole)
        sqlite3_result_text(c, whole, -1, sqlite3_free);
    else
        sqlite3_result_error_nomem(c);
}

int db_home_open(struct db *db, struct tt_error *err)
{
    const int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

    if (sqlite3_create_function(db->sql, "tt_within", 1, how, db, within, NULL,
                                NULL) != SQLITE_OK ||
        sqlite3_create_function(db->sql, "tt_home", 1, how, db, home, NULL,
                                NULL) != SQLITE_OK)
        return db_sql_fail(db, "open", err);
    return 0;
}
