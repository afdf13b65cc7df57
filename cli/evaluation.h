/**
 * evaluation: what an evaluation has measured, from the record: as the table
 * for people, as rows, and all of one model.
 *
 * Owns:    nothing.
 * Threads: one.
 * Fails:   as print.h and db.h.
 */
#ifndef CLI_EVALUATION_H
#define CLI_EVALUATION_H

#include <stdio.h>

#include <jansson.h>

#include "cli/print.h"
#include "cli/record.h"

/** group, method, n, measure, mean, low, high. */
extern const struct cli_column cli_evaluation_columns[];

/** The result of the job: all photos with the baselines, then the groups. */
void cli_evaluation_table(const json_t *evaluation, FILE *out);

/** A row for each value, by opts: CSV. */
int cli_evaluation_rows(const json_t *evaluation, FILE *out,
                        const struct cli_print_opts *opts,
                        struct tt_error *err) TT_MUST;

/** Those of a model, newest first: an array of {"job", "photos", "on", "split",
 *  "grey", "mae_ab", "mae_ab_low", "mae_ab_high", …}; NULL with *err. */
json_t *cli_evaluation_of_model(struct cli_record *r, int64_t model,
                                struct tt_error *err);

/** Such an array, a line each; nothing if it is empty. */
void cli_evaluation_lines(const json_t *evaluations, FILE *out);

#endif
