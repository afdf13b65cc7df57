#include "db/stmt.h"

#include <stdlib.h>
#include <string.h>

/* SQLite's words for a full disk are those for a broken one where a file of its
 * own beside the record cannot grow. */
static bool no_room(int rc)
{
    return rc == SQLITE_IOERR_SHMSIZE || (rc & 0xff) == SQLITE_FULL;
}

static enum tt_code code_of(int rc)
{
    if (no_room(rc))
        return TT_OUTPUT;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return TT_BUSY;
    case SQLITE_NOMEM:
        return TT_NOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return TT_FORMAT;
    case SQLITE_READONLY:
        return TT_OUTPUT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return TT_IO;
    default:
        return TT_BUG;
    }
}

int db_sql_fail(struct db *db, const char *what, struct tt_error *err)
{
    int rc = sqlite3_extended_errcode(db->sql);

    if ((rc & 0xff) == SQLITE_CORRUPT)
        tt_fail(err, TT_FORMAT,
                "%s: the record is damaged (%s); put a backup in its place",
                db->path, sqlite3_errmsg(db->sql));
    else
        tt_fail(err, code_of(rc), "%s: %s: %s", db->path, what,
                no_room(rc) ? "No space left on device"
                            : sqlite3_errmsg(db->sql));
    err->sys = rc;
    /* A full disk and the like make SQLite undo the whole transaction. */
    if (db->batch && !db->broken && sqlite3_get_autocommit(db->sql)) {
        db->broken = true;
        db->why = *err;
    }
    return -1;
}

/* --- statements --- */

static size_t slot_of(const char *text)
{
    uint32_t h = 2166136261u; // FNV-1a

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h % DB_STATEMENTS;
}

static int prepare(struct db *db, const char *sql, sqlite3_stmt **out,
                   struct tt_error *err)
{
    size_t slot = slot_of(sql);

    for (int tries = 0; tries < DB_STATEMENTS; tries++) {
        if (!db->cache[slot].text)
            break;
        if (strcmp(db->cache[slot].text, sql) == 0) {
            *out = db->cache[slot].stmt;
            return 0;
        }
        slot = (slot + 1) % DB_STATEMENTS;
    }
    if (db->cache[slot].text)
        return tt_fail(err, TT_BUG, "more than %d statements", DB_STATEMENTS);
    if (sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
                           NULL) != SQLITE_OK)
        return db_sql_fail(db, "prepare", err);
    db->cache[slot].text = strdup(sql);
    if (!db->cache[slot].text) {
        sqlite3_finalize(*out);
        return tt_fail(err, TT_NOMEM, "no memory for a statement");
    }
    db->cache[slot].stmt = *out;
    return 0;
}

static int bind(sqlite3_stmt *q, int i, const struct db_arg *a)
{
    if (a->null)
        return sqlite3_bind_null(q, i);
    switch (a->type) {
    case DB_ARG_INT:
        return sqlite3_bind_int64(q, i, a->i);
    case DB_ARG_REAL:
        return sqlite3_bind_double(q, i, a->d);
    case DB_ARG_TEXT:
        return sqlite3_bind_text(q, i, a->p, -1, SQLITE_STATIC);
    case DB_ARG_BLOB:
        return sqlite3_bind_blob64(q, i, a->p, a->n, SQLITE_STATIC);
    default:
        return SQLITE_MISUSE;
    }
}

int db_query(struct db *db, const char *sql, const struct db_arg *args,
             sqlite3_stmt **out, struct tt_error *err)
{
    int n = 0;

    *out = NULL;
    if (prepare(db, sql, out, err) < 0)
        return -1;
    for (; args[n].type != DB_ARG_END; n++) {
        if (bind(*out, n + 1, &args[n]) != SQLITE_OK)
            return db_sql_fail(db, "bind", err);
    }
    if (n != sqlite3_bind_parameter_count(*out))
        return tt_fail(err, TT_BUG, "%d arguments for: %.200s", n, sql);
    return 0;
}

int db_step(struct db *db, sqlite3_stmt *q, struct tt_error *err)
{
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        db_reset(q);
        return 0;
    default:
        db_sql_fail(db, "the record", err);
        db_reset(q);
        return -1;
    }
}

void db_reset(sqlite3_stmt *q)
{
    if (!q)
        return;
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
}

int db_exec(struct db *db, const char *sql, const struct db_arg *args,
            struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, sql, args, &q, err);

    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0)
        db_reset(q);
    return rc < 0 ? -1 : 0;
}

int db_one(struct db *db, const char *sql, const struct db_arg *args,
           int64_t *value, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, sql, args, &q, err);

    *value = 0;
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0) {
        *value = sqlite3_column_int64(q, 0);
        rc = sqlite3_column_type(q, 0) != SQLITE_NULL;
        db_reset(q);
    }
    return rc;
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->sql);
}

void db_forget(struct db *db)
{
    for (int i = 0; i < DB_STATEMENTS; i++) {
        sqlite3_finalize(db->cache[i].stmt);
        free(db->cache[i].text);
        db->cache[i].stmt = NULL;
        db->cache[i].text = NULL;
    }
}

/* --- columns and rows --- */

int64_t db_int(sqlite3_stmt *q, int col)
{
    return sqlite3_column_int64(q, col);
}

const char *db_text(sqlite3_stmt *q, int col, struct db_arena *mem)
{
    const unsigned char *text = sqlite3_column_text(q, col);

    return text ? db_arena_text(mem, (const char *)text,
                                (size_t)sqlite3_column_bytes(q, col))
                : NULL;
}

bool db_sha(sqlite3_stmt *q, int col, struct tt_sha256 *sha)
{
    const void *blob = sqlite3_column_blob(q, col);

    if (!blob || sqlite3_column_bytes(q, col) != TT_SHA256_SIZE)
        return false;
    memcpy(sha->bytes, blob, TT_SHA256_SIZE);
    return true;
}

void *db_rows_add(struct db_rows *r)
{
    if (r->n == r->room) {
        size_t room = r->room ? r->room * 2 : 16;
        void *rows = db_arena_alloc(r->mem, room * r->size);

        if (!rows)
            return NULL;
        if (r->n)
            memcpy(rows, r->rows, r->n * r->size);
        r->rows = rows;
        r->room = room;
    }
    return (char *)r->rows + r->n++ * r->size;
}

static int check_memory(const struct db_arena *mem, struct tt_error *err)
{
    if (db_arena_failed(mem))
        return tt_fail(err, TT_NOMEM, "no memory for an answer");
    return 0;
}

int db_list(struct db *db, const char *sql, const struct db_arg *args,
            DB_FILL(fill), struct db_rows *list, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, sql, args, &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        void *row = db_rows_add(list);

        if (!row) {
            db_reset(q);
            break;
        }
        fill(q, list->mem, row);
    }
    return rc < 0 ? -1 : check_memory(list->mem, err);
}

int db_first(struct db *db, const char *sql, const struct db_arg *args,
             DB_FILL(fill), struct db_arena *mem, void *row,
             struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, sql, args, &q, err);

    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc <= 0)
        return rc;
    fill(q, mem, row);
    db_reset(q);
    return check_memory(mem, err) < 0 ? -1 : 1;
}

/* --- transactions --- */

int db_enter(struct db *db, struct tt_error *err)
{
    bool inner = db->batch || db->depth > 0;

    if (db->batch && db->broken) {
        *err = db->why;
        return -1;
    }
    if (db_exec(db, inner ? "SAVEPOINT tt" : "BEGIN IMMEDIATE", NO_ARGS, err) <
        0)
        return -1;
    db->depth++;
    return 0;
}

int db_leave(struct db *db, int rc, struct tt_error *err)
{
    bool inner = db->batch || db->depth > 1;
    struct tt_error ignored;

    db->depth--;
    if (rc >= 0 &&
        db_exec(db, inner ? "RELEASE tt" : "COMMIT", NO_ARGS, err) == 0)
        return rc;
    if (sqlite3_get_autocommit(db->sql))
        return -1; // SQLite has undone it already
    if (inner && db_exec(db, "ROLLBACK TO tt", NO_ARGS, &ignored) == 0 &&
        db_exec(db, "RELEASE tt", NO_ARGS, &ignored) == 0)
        return -1;
    if (db_exec(db, "ROLLBACK", NO_ARGS, &ignored) < 0 || inner) {
        db->broken = db->batch;
        db->why = *err;
    }
    return -1;
}

int db_begin(struct db *db, struct tt_error *err)
{
    if (db->batch)
        return tt_fail(err, TT_BUG, "a transaction within another");
    if (db_exec(db, "BEGIN IMMEDIATE", NO_ARGS, err) < 0)
        return -1;
    db->batch = true;
    db->broken = false;
    return 0;
}

int db_commit(struct db *db, struct tt_error *err)
{
    if (!db->batch)
        return tt_fail(err, TT_BUG, "no transaction to commit");
    if (db->broken)
        *err = db->why;
    else if (db_exec(db, "COMMIT", NO_ARGS, err) == 0) {
        db->batch = false;
        return 0;
    }
    db_rollback(db);
    return -1;
}

void db_rollback(struct db *db)
{
    struct tt_error ignored;

    if (db->batch && !sqlite3_get_autocommit(db->sql) &&
        db_exec(db, "ROLLBACK", NO_ARGS, &ignored) < 0)
        sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    db->batch = false;
    db->broken = false;
}
