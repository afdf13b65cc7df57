/**
 * outputs: what the record knows of outputs that were named: all of a folder
 * (or of one within it), one, or those of a job. They come in pages. An output
 * that a later job made anew is that job's alone.
 *
 * Owns:    nothing between calls; rows are good until page() returns.
 * Threads: one.
 * Fails:   TT_MISSING (the record knows no such outputs); as db.h; and what
 *          page() fails with.
 */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli/record.h"

#define CLI_OUTPUTS_PAGE 256

struct cli_outputs {
    struct cli_record *record;
    int (*page)(void *ctx, const struct db_photo *const *rows, size_t n,
                struct tt_error *err);
    void *ctx;
    int64_t most; /* how many there are, at most, as far as is known by now */
};

/** typed: a folder, a file, or a job as `job show` takes it. */
int cli_outputs_each(struct cli_outputs *o, const char *typed,
                     struct tt_error *err) TT_MUST;

#endif
