/**
 * summary: the last words on a job: what was done, where, and what failed.
 *
 * Threads: one.
 * Fails:   TT_OUTPUT, and as db.h.
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/work.h"

/** What only the command knows. */
struct cli_summary {
    const char *out; /* as it was typed; NULL: the record's path */
    size_t before;   /* outputs that were there already */
};

/** Print it, in the form that the options ask for; *status is the exit
 *  status. */
int cli_summary_print(const struct cli_context *c, struct cli_outcome *o,
                      const struct cli_summary *s, int *status,
                      struct tt_error *err) TT_MUST;

/** Submit the job; with --queue print its id, else wait and print its summary.
 *  The exit status. The caller ends w. */
int cli_summary_work(const struct cli_context *c, struct cli_work *w,
                     const struct cli_summary *s, struct tt_error *err) TT_MUST;

/** "14 coloured, 0 failed, 0 skipped" */
void cli_summary_counts(long long done, long long failed, long long skipped,
                        long long before, char *text, size_t size);

#endif
