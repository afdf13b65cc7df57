/**
 * run: one training: what it was asked, how it went, what came of it; and its
 * measures, a series each (per step or per epoch, as the trainer names them).
 * A run belongs to one job and shares its state.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_RUN_H
#define DB_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/hash.h"
#include "db/arena.h"
#include "db/db.h"
#include "job/state.h"

struct db_run {
    int64_t id, job;
    const char *name;
    enum job_state state; /* the job's */
    const char *params;   /* JSON object as text */
    int64_t dataset;      /* 0: none */
    int64_t seed;
    const char *folder;    /* of its checkpoints, or NULL */
    const char *preset;    /* "S", or NULL */
    const char *device;    /* "cpu avx512 bf16", or NULL */
    const char *precision; /* or NULL */
    int64_t step, steps;   /* done, and of how many; 0: not known */
    int64_t epoch, epochs;
    const char *best_name; /* what `best` measures: "val_mae_ab", or NULL */
    double best;           /* NAN: none yet */
    int64_t best_step;
    const char *checkpoint; /* path of the best one, or NULL */
    bool has_sha256;
    struct tt_sha256 sha256;         /* of that */
    int64_t model;                   /* that came of it; 0: none */
    const char *summary;             /* JSON object as text, or NULL */
    int64_t created, started, ended; /* wall ms; 0: not yet */
};

/** Enter the run of a train job; db_job_submit does it. *id may be NULL. */
int db_run_start(struct db *db, int64_t job, const char *name,
                 const char *params, int64_t dataset, int64_t now, int64_t *id,
                 struct tt_error *err) TT_MUST;

/** The run of a job, 0 if it has none. */
int db_run_of_job(struct db *db, int64_t job, int64_t *id,
                  struct tt_error *err) TT_MUST;

/** Take over what the object holds of the members of "run" in a result or a
 *  note (form: job/wire.h); the others stay. */
int db_run_update(struct db *db, int64_t run, const json_t *o,
                  struct tt_error *err) TT_MUST;

/** One value of one series; a value of the same step replaces the older. */
int db_run_metric(struct db *db, int64_t run, const char *name, int64_t step,
                  double value, struct tt_error *err) TT_MUST;

/** Forget values later than step: what a resumed run will measure again. */
int db_run_rewind(struct db *db, int64_t run, int64_t step,
                  struct tt_error *err) TT_MUST;

#endif
