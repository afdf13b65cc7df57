/**
 * rows: things of the record as JSON objects, the same in every command, and
 * the columns by which tables show them.
 *
 * Times are ISO text, spans are milliseconds in <name>_ms and text for people
 * in <name>; ids are text ("j7").
 *
 * Owns:    each function hands over a new reference, NULL if memory ran out.
 * Threads: one.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <jansson.h>

#include "cli/print.h"
#include "db/history.h"

extern const struct cli_column cli_job_columns[];
extern const struct cli_column cli_photo_columns[];
extern const struct cli_column cli_run_columns[];
extern const struct cli_column cli_model_columns[];
extern const struct cli_column cli_dataset_columns[];
extern const struct cli_column cli_worker_columns[];

/** now: wall ms. */
json_t *cli_row_job(const struct db_job *job, int64_t now);
json_t *cli_row_photo(const struct db_photo *photo);
/** curve: the latest losses for the little picture, may be NULL. */
json_t *cli_row_run(const struct db_run *run, const struct db_series *series,
                    size_t n_series, const struct db_point *curve,
                    size_t n_curve, int64_t now);
json_t *cli_row_model(const struct db_model *model);
json_t *cli_row_dataset(const struct db_dataset *dataset);
json_t *cli_row_worker(const struct db_worker *worker, int64_t now);

/** "116+3/120": done, skipped, of all; steps of a job that is one unit. */
void cli_job_items(const struct db_job *job, char *text, size_t size);

/** From start to end, or to now; 0 if it has not started. */
int64_t cli_job_elapsed(const struct db_job *job, int64_t now);

/** A curve in at most 8 characters of falling and rising blocks. */
void cli_spark(const struct db_point *points, size_t n, char *text,
               size_t size);

#endif
