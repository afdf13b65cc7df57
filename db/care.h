/**
 * care: checkpoints, backups and checks of the record.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_CARE_H
#define DB_CARE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/arena.h"
#include "db/db.h"

/** To be called a few times a second outside transactions: moves the WAL into
 *  the file after 4000 pages or a second of quiet, and cuts it above 64 MB
 *  when no reader stands in the way. Never waits for anyone. */
int db_checkpoint_tick(struct db *db, struct tt_error *err) TT_MUST;

struct db_backup; /* opaque */

/** Begin a copy to path, which must not exist. Use the writer's connection
 *  while a scheduler runs (its own writes do not start the copy over). */
int db_backup_start(struct db_backup **out, struct db *db, const char *path,
                    struct tt_error *err) TT_MUST;

/** Copy some pages (-1: all that are left). 1: there is more; 0: the copy is
 *  whole and checked and stands at path; -1: it is not, and there is none. */
int db_backup_step(struct db_backup *b, int pages,
                   struct tt_error *err) TT_MUST;

/** How far it is, in pages. */
void db_backup_progress(const struct db_backup *b, int *done, int *total);

/** Free; removes a copy that was not finished. NULL is allowed. */
void db_backup_close(struct db_backup *b);

/** All at once. */
int db_backup(struct db *db, const char *path, struct tt_error *err) TT_MUST;

/** SQLite's own check (quick leaves out the indices) and that of the foreign
 *  keys. 0: sound; 1: *problems (in mem) says what is wrong, a line each. */
int db_check(struct db *db, bool quick, struct db_arena *mem,
             const char **problems, struct tt_error *err) TT_MUST;

#endif
