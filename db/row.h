/**
 * row: the columns of the tables in one order, and the structs that they fill.
 * For this room alone.
 *
 * A query says "SELECT " DB_JOB_COLUMNS " FROM job j WHERE …"; the letter of
 * the table is part of the agreement, and so is that they come first. The row
 * is a struct db_job and so on.
 *
 * Threads: that of the struct db.
 * Fails:   never; texts that found no memory show in db_arena_failed.
 */
#ifndef DB_ROW_H
#define DB_ROW_H

#include "db/history.h"
#include "db/stmt.h"

// clang-format off
#define DB_JOB_COLUMNS                                                         \
    "j.id,j.kind,j.state,j.name,j.owner,j.prio,j.weight,j.model,j.dataset,"    \
    "j.params,tt_home(j.manifest),j.outdir,j.total,j.cut,j.open,j.done,"       \
    "j.skipped,j.failed,j.step,j.steps,j.bytes,j.work_ms,j.submitted,"         \
    "j.started,j.ended,j.error,j.result"
#define DB_JOB_N 27 /* of them */

#define DB_PHOTO_COLUMNS                                                       \
    "p.job,p.photo,p.state,p.reason,p.message,p.in_path,p.out_path,p.sha_in,"  \
    "p.sha_out,p.width,p.height,p.bits,p.bytes,p.ms,p.flags,p.chunk,p.att,"    \
    "p.tries,p.ended,j.outdir"

#define DB_RUN_COLUMNS                                                         \
    "r.id,r.job,r.name,j.state,r.params,r.dataset,r.seed,tt_home(r.folder),"   \
    "r.preset,r.device,r.precision,r.step,r.steps,r.epoch,r.epochs,"           \
    "r.best_name,r.best,r.best_step,tt_home(r.checkpoint),r.sha256,r.model,"   \
    "r.summary,r.created,j.started,j.ended"

#define DB_MODEL_COLUMNS                                                       \
    "m.id,m.name,m.version,m.sha256,tt_home(m.path),m.preset,m.parameters,"    \
    "m.metrics,m.run,m.created,m.jobs,"                                        \
    "m.id IS (SELECT v FROM meta WHERE k='model')"

#define DB_DATASET_COLUMNS                                                     \
    "d.id,d.name,d.path,d.job,d.params,d.side,d.seen,d.records,d.train,d.val," \
    "d.test,d.refused,d.bytes,d.sha256,d.created"

#define DB_WORKER_COLUMNS                                                      \
    "w.id,w.uid,w.host,w.pid,w.caps,w.version,w.threads,w.first_seen,"         \
    "w.last_seen,w.ended,w.chunks,w.photos"
// clang-format on

void db_row_job(sqlite3_stmt *q, struct db_arena *mem, void *row);

/** photo p JOIN job j. */
void db_row_photo(sqlite3_stmt *q, struct db_arena *mem, void *row);

/** run r JOIN job j. */
void db_row_run(sqlite3_stmt *q, struct db_arena *mem, void *row);
void db_row_model(sqlite3_stmt *q, struct db_arena *mem, void *row);
void db_row_dataset(sqlite3_stmt *q, struct db_arena *mem, void *row);
void db_row_worker(sqlite3_stmt *q, struct db_arena *mem, void *row);

#endif
