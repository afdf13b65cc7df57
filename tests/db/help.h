/**
 * help: what the tests of db share: a record in the test's folder, jobs with
 * manifests, results as workers send them.
 */
#ifndef TESTS_DB_HELP_H
#define TESTS_DB_HELP_H

#include "db/chunk.h"
#include "db/db.h"
#include "db/history.h"
#include "db/job.h"
#include "db/record.h"
#include "tests/check.h"

#define HELP_DB  "state/tt.db"
#define HELP_NOW 1700000000000

struct db *help_open(void);
struct db *help_reader(void);

/** A job of n photos "in/N.jpg" -> "N-out.jpg"; outdir /out/NAME. */
int64_t help_job(struct db *db, const char *name, int64_t n);

/** A job of one unit. */
int64_t help_unit(struct db *db, enum job_kind kind, const char *name);

/** Issue one chunk of at most chunk_n photos; there must be one. */
struct db_chunk help_issue(struct db *db, int64_t job, int chunk_n,
                           int64_t now);

struct db_job help_get(struct db *db, int64_t job);

/** Photos [first, first+n) as done; to be released by job_result_release. */
struct job_result help_result(int64_t first, int64_t n);
/** The same for a text of JSON. */
struct job_result help_body(const char *json);

/** Record it; what came of it. */
struct db_outcome help_record(struct db *db, enum db_report_kind kind,
                              const struct db_chunk *c, int att,
                              const struct job_result *r);
/** A whole chunk done well, from its attempt. */
struct db_outcome help_done(struct db *db, const struct db_chunk *c);
/** A strike of its attempt. */
struct db_strike_result help_strike(struct db *db, const struct db_chunk *c,
                                    int64_t cursor, int64_t now);

/** Counters against rows, open photos against chunks, and SQLite's check. */
void help_sound(struct db *db, int64_t job);

/** One number by SQL, through the statements of the room. */
int64_t help_one(struct db *db, const char *sql);

#endif
