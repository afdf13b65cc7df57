/**
 * listing: a table of things of the record, page by page, so that a million
 * rows need no memory.
 *
 * Owns:    the record is the caller's to close, also when it was opened here.
 * Threads: one.
 * Fails:   as record.h and print.h.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "cli/command.h"
#include "cli/record.h"

struct cli_listing {
    struct cli_record record; /* opened by the caller, or zero: to be opened */
    int64_t last;             /* what the last row was known by */
    void *own;                /* the caller's */
    struct cli_context *c;
    struct cli_print *print;
    int64_t left; /* rows that are still wanted */
};

/** Read up to `most` rows behind the last one and print them. How many were
 *  read, 0 at the end, or -1. */
typedef int cli_page(struct cli_listing *l, int most, struct tt_error *err);

/** Print a row that is known by that number; takes the reference. Rows that
 *  nobody wants any more are passed over. */
int cli_listing_row(struct cli_listing *l, int64_t known, json_t *row,
                    struct tt_error *err) TT_MUST;

/** All pages, as the command's columns say; noun is the plural. Without a
 *  record there are no rows. That there are more than the default shows is
 *  said on stderr. The caller closes the record. */
int cli_listing_print(struct cli_listing *l, struct cli_context *c,
                      const char *noun, cli_page *page,
                      struct tt_error *err) TT_MUST;

#endif
