/**
 * db: the record, one SQLite file. The scheduler alone writes it; commands
 * open it to read, also while no scheduler runs.
 *
 * A writer holds flock on "db.lock" beside the file for as long as it is open.
 * Functions of this room that write begin a transaction of their own, unless
 * the caller has begun one (db_begin): then each is whole or absent within it,
 * and all become durable together at db_commit.
 *
 * Whatever lists rows puts rows and texts into a struct db_arena of the
 * caller's, so no statement (and no snapshot) stays open between calls.
 *
 * Owns:    db_open made it, db_close frees it, half open as well.
 * Threads: one thread per struct db.
 * Fails:   TT_MISSING (no file), TT_FORMAT (foreign, damaged, newer), TT_BUSY
 *          (another writer; a lock held too long), TT_INPUT (a network file
 *          system), TT_OUTPUT (disk full, read-only), TT_IO, TT_NOMEM.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct db; /* opaque */

/** Open for writing: makes the file and its folder where absent, takes the
 *  lock, migrates (after a backup copy), counts the generation up. */
int db_open(struct db **out, const char *path, struct tt_error *err) TT_MUST;

/** Open read-only. TT_MISSING if there is no record yet. */
int db_open_reader(struct db **out, const char *path,
                   struct tt_error *err) TT_MUST;

/** Close and free; a writer leaves a file without a WAL. NULL is allowed. */
void db_close(struct db *db);

/** 32 hex digits: which database this is, for ever. */
const char *db_uuid(const struct db *db);

/** How often a writer has opened this database; Redis is fenced by it. */
int64_t db_generation(const struct db *db);

/** Make the generation at least this: taking over after a restored backup. */
int db_generation_raise(struct db *db, int64_t least,
                        struct tt_error *err) TT_MUST;

/** The file's path, as given. */
const char *db_path(const struct db *db);

/** Begin a transaction that many writes share. Not nested. */
int db_begin(struct db *db, struct tt_error *err) TT_MUST;

/** Commit it. On -1 nothing of it has happened and it is over. */
int db_commit(struct db *db, struct tt_error *err) TT_MUST;

/** Undo it. Harmless where none is open. */
void db_rollback(struct db *db);

/** The name of a network file system by its statfs type, NULL if it is none
 *  that we know: WAL needs shared memory, hence one host. */
const char *db_network_name(long f_type);

/** "3.40.1": SQLite's, as it runs. */
const char *db_sqlite_version(void);

#endif
