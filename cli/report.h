/**
 * report: a job of colouring as one page of HTML for people: what was asked and
 * done, photos before and after, those to look at first, and what failed. It
 * needs nothing beside itself: no script, no file, no network.
 *
 * Owns:    nothing between calls.
 * Threads: one, between image_start and image_stop.
 * Fails:   TT_OUTPUT, TT_NOMEM, and as db.h.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "cli/record.h"

/** most: pairs of pictures. Those whose row has a flag (toned, unsure, with
 *  transparency, more pages …) come first, then others, evenly from all. */
int cli_report_write(FILE *out, struct cli_record *r, const struct db_job *job,
                     int most, struct tt_error *err) TT_MUST;

#endif
