/**
 * stmt: how this room speaks SQL; for this room alone. Statements are prepared
 * once for each text and kept; a query is bound, stepped and reset here, so
 * that no other file calls sqlite3_ functions for it.
 *
 *   struct sqlite3_stmt *q;
 *   int rc = db_query(db, "SELECT a FROM t WHERE b=?", ARGS(I(b)), &q, err);
 *   while (rc >= 0 && (rc = db_step(db, q, err)) > 0)
 *       … db_int(q, 0) …
 *
 * A query that is not stepped to its end must be given to db_reset.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h; TT_BUG where SQL and schema do not fit.
 */
#ifndef DB_STMT_H
#define DB_STMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/hash.h"
#include "db/arena.h"
#include "db/db.h"

#define DB_STATEMENTS 256 /* slots; far more than there are texts */

struct db_paths;

struct db {
    sqlite3 *sql;
    char *path;
    bool writer, ready; /* ready: open to the end */
    int lock;           /* descriptor of db.lock, or -1 */
    char uuid[33];
    int64_t generation;

    int depth;           /* of db_enter */
    bool batch;          /* between db_begin and db_commit */
    bool broken;         /* SQLite has undone the batch by itself … */
    struct tt_error why; /* … because of this */

    int wal_pages;  /* in the WAL after the last commit, not yet copied */
    int64_t wal_at; /* steady ms of that commit */

    struct db_paths *paths;   /* manifests that are open, see paths.h */
    struct db_arena *scratch; /* reset by whoever writes a result */
    struct {
        char *text;
        sqlite3_stmt *stmt;
    } cache[DB_STATEMENTS];
};

enum db_arg_type {
    DB_ARG_END,
    DB_ARG_INT,
    DB_ARG_REAL,
    DB_ARG_TEXT,
    DB_ARG_BLOB
};

struct db_arg {
    enum db_arg_type type;
    bool null;
    int64_t i;
    double d;
    const void *p;
    size_t n; /* of a blob */
};

// clang-format off
#define ARGS(...) ((const struct db_arg[]){__VA_ARGS__, {.type = DB_ARG_END}})
#define NO_ARGS ((const struct db_arg[]){{.type = DB_ARG_END}})
#define I(x) {.type = DB_ARG_INT, .i = (int64_t)(x)}
#define ID(x) {.type = DB_ARG_INT, .i = (int64_t)(x), .null = !(x)} /* 0: NULL */
#define R(x) {.type = DB_ARG_REAL, .d = (x)}
#define T(x) {.type = DB_ARG_TEXT, .p = (x)} /* NULL: NULL, as with B */
#define B(x, size) {.type = DB_ARG_BLOB, .p = (x), .n = (size)}
#define SHA(has, h) {.type = DB_ARG_BLOB, .p = (h)->bytes,                     \
                     .n = TT_SHA256_SIZE, .null = !(has)}
// clang-format on

/** Turn SQLite's last error into *err; what says who failed. Returns -1. */
int db_sql_fail(struct db *db, const char *what, struct tt_error *err);

/** A prepared query with its arguments; texts and blobs are borrowed until it
 *  is reset. */
int db_query(struct db *db, const char *sql, const struct db_arg *args,
             sqlite3_stmt **out, struct tt_error *err) TT_MUST;

/** 1: a row; 0: no more, and reset; -1: failed, and reset. */
int db_step(struct db *db, sqlite3_stmt *q, struct tt_error *err) TT_MUST;

/** Leave a query early. NULL is allowed. */
void db_reset(sqlite3_stmt *q);

/** A statement without rows. */
int db_exec(struct db *db, const char *sql, const struct db_arg *args,
            struct tt_error *err) TT_MUST;

/** The first column of the first row: 1; 0: no row, or NULL (*value is 0). */
int db_one(struct db *db, const char *sql, const struct db_arg *args,
           int64_t *value, struct tt_error *err) TT_MUST;

/** Rows that the last statement changed. */
int64_t db_changes(struct db *db);

/** Columns, from 0; NULL gives 0, NULL, false. Texts are copied into mem. */
int64_t db_int(sqlite3_stmt *q, int col);
const char *db_text(sqlite3_stmt *q, int col, struct db_arena *mem);
bool db_sha(sqlite3_stmt *q, int col, struct tt_sha256 *sha);

/** A list that grows in an arena. */
struct db_rows {
    struct db_arena *mem;
    size_t size; /* of one row */
    void *rows;
    size_t n, room;
};

/** Room for one more row, zeroed; NULL if memory ran out. */
void *db_rows_add(struct db_rows *r);

/** How a row of a query becomes one of ours; its texts go into mem. */
#define DB_FILL(name)                                                          \
    void (*name)(sqlite3_stmt * q, struct db_arena * mem, void *row)

/** All rows of a query, behind those that the list has. */
int db_list(struct db *db, const char *sql, const struct db_arg *args,
            DB_FILL(fill), struct db_rows *list, struct tt_error *err) TT_MUST;

/** The first row of a query: 1 and filled; 0: there is none. */
int db_first(struct db *db, const char *sql, const struct db_arg *args,
             DB_FILL(fill), struct db_arena *mem, void *row,
             struct tt_error *err) TT_MUST;

/** Begin a transaction, or a savepoint within one. */
int db_enter(struct db *db, struct tt_error *err) TT_MUST;

/** End what db_enter began: kept if rc >= 0, undone if not. Returns rc, or -1
 *  if keeping it failed. */
int db_leave(struct db *db, int rc, struct tt_error *err) TT_MUST;

/** Free all prepared statements. */
void db_forget(struct db *db);

#endif
