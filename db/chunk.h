/**
 * chunk: pieces of jobs: cut from the manifest when there is room for them,
 * issued, struck when their worker fails, split to find the one bad photo.
 *
 *   wait -> issued -> done
 *   issued -> wait           a strike: attempt + 1, due later
 *   issued | wait -> split   the third strike of several photos, or a part
 *   issued -> dead           the third strike of one
 *   open -> cancelled
 *
 * Attempts are born here and only here.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h; TT_FORMAT (the manifest is damaged).
 */
#ifndef DB_CHUNK_H
#define DB_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/arena.h"
#include "db/db.h"
#include "job/kind.h"
#include "job/state.h"

#define DB_STRIKES 3 /* that many and a chunk is split, or dead */

struct db_chunk {
    int64_t job, seq;
    int64_t first, n; /* photos, from 0 */
    uint64_t at;      /* byte position of the first one in the manifest */
    enum chunk_state state;
    int att, strikes;
    int64_t due, ended; /* wall ms */
    enum job_kind kind; /* of its job, as all below */
    enum job_state job_state;
    int prio;
    const char *manifest;
};

/** Issue up to max chunks of a job: those that wait and are due, then new ones
 *  of chunk_n photos cut from the manifest. rows are to be put into the queue
 *  once this is committed. None if the job is not queued or running. */
int db_chunk_issue(struct db *db, int64_t job, int chunk_n, int max,
                   int64_t now, struct db_arena *mem, struct db_chunk **rows,
                   size_t *n, struct tt_error *err) TT_MUST;

/** A page of the issued chunks of a job (0: of all), after (after_job,
 *  after_seq), in that order: what reconcile compares the queue with. */
int db_chunk_issued(struct db *db, int64_t job, int64_t after_job,
                    int64_t after_seq, int limit, struct db_arena *mem,
                    struct db_chunk **rows, size_t *n,
                    struct tt_error *err) TT_MUST;

/** How many are issued. */
int db_chunk_issued_count(struct db *db, int64_t *n,
                          struct tt_error *err) TT_MUST;

/** 1: *c is filled; 0: there is none. */
int db_chunk_get(struct db *db, int64_t job, int64_t seq, struct db_arena *mem,
                 struct db_chunk *c, struct tt_error *err) TT_MUST;

/** Back to wait, same attempt: it was taken out of the queue unbegun (pause).
 *  1 done, 0 it was not issued with that attempt. */
int db_chunk_unissue(struct db *db, int64_t job, int64_t seq, int att,
                     struct tt_error *err) TT_MUST;

/** A failure of one attempt. */
struct db_strike {
    int64_t job, seq;
    int att;
    int64_t cursor;     /* number of the photo in hand, -1 not known */
    int64_t worker;     /* row id, 0 not known */
    bool permanent;     /* no further attempt makes sense */
    const char *reason; /* one word for the photos' rows; NULL: "crashed" */
    const char *why;    /* "lease ended", "killed by signal 9", … */
};

struct db_strike_result {
    bool struck;              /* false: stale, nothing happened */
    enum chunk_state state;   /* wait, split or dead; if struck */
    int64_t due;              /* of the next attempt, if wait */
    enum job_state job_state; /* may have ended by this */
};

/** Strike it if chunk and attempt both match and it is issued: attempt + 1 and
 *  due in 1 s x 4^strikes (at most 300 s, give or take a quarter); the third
 *  time split at the cursor, or in halves, or dead if it is one photo. */
int db_chunk_strike(struct db *db, const struct db_strike *s, int64_t now,
                    struct db_strike_result *out, struct tt_error *err) TT_MUST;

#endif
