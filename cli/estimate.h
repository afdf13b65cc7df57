/**
 * estimate: what a job would do, for --dry-run: looks at every photo, writes
 * nothing. Photos are opened in a decoder child, as by a worker.
 *
 * Threads: one.
 * Fails:   TT_UNAVAILABLE (no decoder), TT_NOMEM, TT_OUTPUT.
 */
#ifndef CLI_ESTIMATE_H
#define CLI_ESTIMATE_H

#include "cli/command.h"
#include "cli/folder.h"
#include "cli/record.h"

/** Print it; the exit status: 0. before: outputs that are there already. */
int cli_estimate_colorize(struct cli_context *c, const struct cli_folder *f,
                          size_t before, bool force, struct cli_record *r,
                          struct tt_error *err) TT_MUST;

#endif
