/**
 * history: the questions people ask of the record. Reads only; works on a
 * reader and on the writer; a few milliseconds each at a million jobs.
 *
 * Lists come in pages: a limit, and the last id of the page before (0: the
 * first page). Rows and texts lie in the arena given.
 *
 * The find functions take what people type: "j7", "7", "@last", or a name
 * (the newest of that name). 1 found, 0 no such thing, -1 failed.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_HISTORY_H
#define DB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "db/arena.h"
#include "db/dataset.h"
#include "db/db.h"
#include "db/event.h"
#include "db/job.h"
#include "db/model.h"
#include "db/run.h"
#include "db/worker.h"
#include "job/state.h"

/* --- jobs --- */

#define DB_STATE(s) (1u << (s)) /* states are asked for as a set of bits */

struct db_history_filter {
    unsigned states;      /* bits of DB_STATE; 0: any */
    enum job_kind kind;   /* 0: any */
    int64_t since, until; /* submitted in [since, until), wall ms; 0: open */
    const char *owner;    /* NULL: any */
    const char *name;     /* exact, or a pattern with * ? [ ]; NULL: any */
    const char *outdir;   /* the folder of outputs, absolute; NULL: any */
    int64_t before;       /* ids below that; 0: from the newest */
    int limit;            /* 0: 100 */
};

/** Newest first. */
int db_history_jobs(struct db *db, const struct db_history_filter *f,
                    struct db_arena *mem, struct db_job **rows, size_t *n,
                    struct tt_error *err) TT_MUST;
int db_history_job_find(struct db *db, const char *text, int64_t *id,
                        struct tt_error *err) TT_MUST;

struct db_progress {
    enum job_state state;
    int64_t total, ended; /* photos, or steps of a job that is one unit */
    int64_t done, skipped, failed;
    int64_t issued, waiting; /* chunks */
    int64_t started, at;     /* wall ms; at: when this was asked, or the end */
    double rate;             /* ended a second since the start; 0: not known */
};

int db_history_progress(struct db *db, int64_t job, int64_t now,
                        struct db_progress *p, struct tt_error *err) TT_MUST;

/** Jobs ever, and jobs that are open now. */
int db_history_counts(struct db *db, int64_t *jobs, int64_t *live,
                      struct tt_error *err) TT_MUST;

/** Oldest first, ids above `after`; job 0: of everything. */
int db_history_events(struct db *db, int64_t job, int64_t after, int limit,
                      struct db_arena *mem, struct db_event **rows, size_t *n,
                      struct tt_error *err) TT_MUST;

/* --- photos --- */

struct db_photo {
    int64_t job, index; /* from 0 */
    enum photo_state state;
    const char *reason, *message; /* "" when ok */
    const char *in;               /* path, or NULL if the manifest was gone */
    const char *out;              /* absolute path, or NULL: no output */
    bool has_in, has_out;
    struct tt_sha256 sha_in, sha_out;
    int width, height, bits;
    int64_t bytes, ms;
    const char *flags; /* words with a space between */
    int64_t chunk;
    int att,
        tries;     /* attempt that was recorded; results so far, with retries */
    int64_t ended; /* wall ms */
};

/** In order, numbers above `after` (-1: from the first); states 0: any. */
int db_history_photos(struct db *db, int64_t job, unsigned states,
                      int64_t after, int limit, struct db_arena *mem,
                      struct db_photo **rows, size_t *n,
                      struct tt_error *err) TT_MUST;
/** 1: *photo is filled; 0: it has no row (yet). */
int db_history_photo(struct db *db, int64_t job, int64_t index,
                     struct db_arena *mem, struct db_photo *photo,
                     struct tt_error *err) TT_MUST;

/** All that is known of one output. */
struct db_which {
    struct db_photo photo;
    struct db_job job;
    struct db_model model;     /* id 0: none */
    struct db_run run;         /* that made the model; id 0: none */
    struct db_dataset dataset; /* of that run; id 0: none */
    struct db_worker worker;   /* id 0: not known */
};

/** By the absolute path of an output, by the hash of its bytes, or both (path
 *  first, then the hash); either may be NULL. Newest job first. */
int db_history_which(struct db *db, const char *path,
                     const struct tt_sha256 *sha, int limit,
                     struct db_arena *mem, struct db_which **rows, size_t *n,
                     struct tt_error *err) TT_MUST;

/* --- runs --- */

/** Newest first. name: exact or a pattern, NULL: any. */
int db_history_runs(struct db *db, unsigned states, const char *name,
                    int64_t before, int limit, struct db_arena *mem,
                    struct db_run **rows, size_t *n,
                    struct tt_error *err) TT_MUST;
int db_history_run(struct db *db, int64_t id, struct db_arena *mem,
                   struct db_run *run, struct tt_error *err) TT_MUST;
/** Also "r7", "@best" (the lowest `best` of all) and "j7", the run of a job. */
int db_history_run_find(struct db *db, const char *text, int64_t *id,
                        struct tt_error *err) TT_MUST;

struct db_series {
    int64_t id;
    const char *name;
    int64_t first_step, last_step;
    double last, min, max;
};

/** All series of a run, by name. */
int db_history_series(struct db *db, int64_t run, struct db_arena *mem,
                      struct db_series **rows, size_t *n,
                      struct tt_error *err) TT_MUST;

struct db_point {
    int64_t step;
    double value;
};

/** A curve from step `from` on, thinned to at most `most` points (0: all of
 *  them), first and last kept. None if the run has no such series. */
int db_history_metric(struct db *db, int64_t run, const char *name,
                      int64_t from, int most, struct db_arena *mem,
                      struct db_point **rows, size_t *n,
                      struct tt_error *err) TT_MUST;

/** The same as at most `most` means over equal spans of steps, each at the mean
 *  step of its span; all values themselves if they are no more than that and
 *  evenly spread. */
int db_history_means(struct db *db, int64_t run, const char *name, int most,
                     struct db_arena *mem, struct db_point **rows, size_t *n,
                     struct tt_error *err) TT_MUST;

/* --- models, datasets, workers --- */

int db_history_models(struct db *db, int64_t before, int limit,
                      struct db_arena *mem, struct db_model **rows, size_t *n,
                      struct tt_error *err) TT_MUST;
int db_history_model(struct db *db, int64_t id, struct db_arena *mem,
                     struct db_model *m, struct tt_error *err) TT_MUST;
/** The evaluations of a model that have a result, newest first. */
int db_history_evaluations(struct db *db, int64_t model, int limit,
                           struct db_arena *mem, struct db_job **rows,
                           size_t *n, struct tt_error *err) TT_MUST;
/** "m7", "portrait" (its newest), "portrait-1", at least 6 hex digits of its
 *  SHA-256, "@current", "@last". */
int db_history_model_find(struct db *db, const char *text, int64_t *id,
                          struct tt_error *err) TT_MUST;

/** Without shards and verdicts. */
int db_history_datasets(struct db *db, int64_t before, int limit,
                        struct db_arena *mem, struct db_dataset **rows,
                        size_t *n, struct tt_error *err) TT_MUST;
/** With them; verdicts by number, largest first. */
int db_history_dataset(struct db *db, int64_t id, struct db_arena *mem,
                       struct db_dataset *d, struct tt_error *err) TT_MUST;
/** Also "d7" and the absolute path of its folder. */
int db_history_dataset_find(struct db *db, const char *text, int64_t *id,
                            struct tt_error *err) TT_MUST;

/** Last seen first. alive_since: only those seen since then and not ended. */
int db_history_workers(struct db *db, int64_t alive_since, int limit,
                       struct db_arena *mem, struct db_worker **rows, size_t *n,
                       struct tt_error *err) TT_MUST;

#endif
