/**
 * curve: the measures of a run against its epochs.
 *
 * The record knows steps. A step's epoch is its share of the steps of one
 * epoch, which all epochs have in common; validations come at their ends, and
 * once more at the end of a run that ends within one.
 *
 * Owns:    everything lies in the record's arena.
 * Threads: one.
 * Fails:   as db.h; TT_NOMEM.
 */
#ifndef CLI_CURVE_H
#define CLI_CURVE_H

#include "cli/record.h"

struct cli_curve {
    const char *metric;
    size_t n; /* 0: the run has no such series */
    double *x, *y;
};

/** Steps of an epoch; 0: not known (before the first validation). */
int cli_curve_epoch(struct cli_record *r, const struct db_run *run,
                    double *steps, struct tt_error *err) TT_MUST;

/** In at most `most` points, means where there are more values than that. x is
 *  in epochs of so many steps; 0: in steps. */
int cli_curve_load(struct cli_record *r, const struct db_run *run,
                   const char *metric, int most, double epoch_steps,
                   struct cli_curve *out, struct tt_error *err) TT_MUST;

/** "mae_ab" of "val_mae_ab", "train_mae_ab", "gray_mae_ab" …: what a series
 *  measures. */
const char *cli_curve_measure(const char *metric);

/** What a measure is called on an axis, with its unit. */
const char *cli_curve_words(const char *measure);

/** Which end of a measure is the good one: -1 the low, 1 the high, 0 neither.
 */
int cli_curve_good(const char *measure);

#endif
