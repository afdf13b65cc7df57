/**
 * home: what lies in the folder of the record (manifests, checkpoints) is kept
 * in it by a path below that folder, so that the whole may be moved. Two SQL
 * functions of a connection, for the columns that name such files:
 *
 *   tt_within(path)  what is kept
 *   tt_home(path)    the absolute path again
 *
 * Other paths, and NULL, stay what they are.
 *
 * Threads: as db.h.
 * Fails:   TT_NOMEM.
 */
#ifndef DB_HOME_H
#define DB_HOME_H

#include "db/stmt.h"

int db_home_open(struct db *db, struct tt_error *err) TT_MUST;

#endif
