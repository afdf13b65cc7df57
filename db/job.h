/**
 * job: jobs as the scheduler moves them. Counters stand in the job's row and
 * change in the transaction that changes what they count:
 *
 *   cut     photos that are in a chunk (or were)     0 .. total
 *   open    photos in chunks that wait or are issued
 *   done, skipped, failed   photos by their row
 *
 * so a job has ended when cut == total and open == 0. A job without photos
 * (ingest, train, evaluate) is one unit: total 1, done or failed 1.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h; TT_MISSING (no such job), TT_USAGE (a move that the job's
 *          state does not allow).
 */
#ifndef DB_JOB_H
#define DB_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "db/arena.h"
#include "db/db.h"
#include "job/kind.h"
#include "job/state.h"

#define DB_KEY_SIZE 16

struct db_job {
    int64_t id;
    enum job_kind kind;
    enum job_state state;
    const char *name, *owner;
    int prio;               /* 0 first, 2 last */
    int weight;             /* share among owners */
    int64_t model, dataset; /* that it uses; 0: none */
    const char *params;     /* JSON object as text */
    const char *manifest;   /* path */
    const char *outdir;     /* or NULL */
    int64_t total, cut, open, done, skipped, failed;
    int64_t step, steps;    /* of a job that is one unit, by its notes */
    int64_t bytes, work_ms; /* written; spent by workers */
    int64_t submitted, started, ended; /* wall ms; 0: not yet */
    const char *error;  /* why it failed or was paused, or NULL */
    const char *result; /* JSON object as text (an evaluation), or NULL */
    int64_t issued;     /* chunks in the window; by db_job_hungry only */
};

struct db_submit {
    uint8_t key[DB_KEY_SIZE]; /* random, the client's: the same key is the
                                 same job, however often it is sent */
    enum job_kind kind;
    const char *name, *owner;
    int prio, weight;
    const char *params;     /* JSON object as text; NULL: {} */
    const char *manifest;   /* absolute path */
    uint64_t at;            /* where its first entry begins, in bytes */
    const char *outdir;     /* absolute, or NULL */
    int64_t total;          /* photos; 1 for a job without */
    int64_t model, dataset; /* 0: none */
};

/** Enter a job: 1 new, 0 it was here already; *id in both cases. A train job
 *  gets its run. A job of no photos is done at once. */
int db_job_submit(struct db *db, const struct db_submit *s, int64_t now,
                  int64_t *id, struct tt_error *err) TT_MUST;

/** 1: *job is filled, its texts in mem; 0: there is none. Readers as well. */
int db_job_get(struct db *db, int64_t id, struct db_arena *mem,
               struct db_job *job, struct tt_error *err) TT_MUST;

/** Jobs that have something to issue at `now`, by priority and age, at most
 *  limit: what the window is filled from. With `issued`. */
int db_job_hungry(struct db *db, int64_t now, int limit, struct db_arena *mem,
                  struct db_job **rows, size_t *n,
                  struct tt_error *err) TT_MUST;

/** When the next chunk that is not due yet becomes so: wall ms; 0: none. */
int db_job_next_due(struct db *db, int64_t now, int64_t *at,
                    struct tt_error *err) TT_MUST;

/** A chunk that was in the window when its job was stopped. */
struct db_chunk_ref {
    int64_t job, seq;
    int att;
};

/** Cancel: all open chunks are cancelled; rows are those that were issued, to
 *  be retracted. The job is cancelled if there were none, else cancelling
 *  until db_job_cancelled. reason may be NULL. */
int db_job_cancel(struct db *db, int64_t job, const char *reason, int64_t now,
                  struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                  struct tt_error *err) TT_MUST;

/** Its chunks are out of the queue: cancelling becomes cancelled. Harmless in
 *  any other state. */
int db_job_cancelled(struct db *db, int64_t job, int64_t now,
                     struct tt_error *err) TT_MUST;

/** Ids of the jobs that are cancelling: what a scheduler finds at its start. */
int db_job_cancelling(struct db *db, struct db_arena *mem, int64_t **ids,
                      size_t *n, struct tt_error *err) TT_MUST;

/** End it as failed: the manifest is gone, and the like. rows as in cancel. */
int db_job_fail(struct db *db, int64_t job, const char *why, int64_t now,
                struct db_arena *mem, struct db_chunk_ref **rows, size_t *n,
                struct tt_error *err) TT_MUST;

/** Issue no more of it (chunks that are issued may end). reason may be NULL. */
int db_job_pause(struct db *db, int64_t job, const char *reason, int64_t now,
                 struct tt_error *err) TT_MUST;
int db_job_resume(struct db *db, int64_t job, int64_t now,
                  struct tt_error *err) TT_MUST;

/** The failed photos of a partial or failed job (or the unit itself) become
 *  new chunks of at most chunk_n photos, as does what was open when the job
 *  was failed as a whole. Rows of failed photos stay until the new result
 *  replaces them. *n: how many photos; 0 leaves the job as it is. */
int db_job_retry(struct db *db, int64_t job, int chunk_n, int64_t now,
                 int64_t *n, struct tt_error *err) TT_MUST;

#endif
