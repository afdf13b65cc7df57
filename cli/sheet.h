/**
 * sheet: a contact sheet of a job: each original beside its output.
 *
 * Threads: one; starts and stops libvips.
 * Fails:   TT_OUTPUT, TT_NOMEM, and as db.h.
 */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "cli/record.h"

/** The first 60 photos of the job that have an output, into a PNG at path. */
int cli_sheet_write(struct cli_record *r, int64_t job, const char *path,
                    struct tt_error *err) TT_MUST;

#endif
