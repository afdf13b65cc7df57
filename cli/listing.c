#include "cli/listing.h"

#include <stdlib.h>

#define PAGE 500

int cli_listing_row(struct cli_listing *l, int64_t known, json_t *row,
                    struct tt_error *err)
{
    l->last = known;
    if (l->left == 0) {
        json_decref(row);
        return 0;
    }
    l->left--;
    return cli_print_row(l->print, row, err);
}

static int print_pages(struct cli_listing *l, cli_page *page,
                       struct tt_error *err)
{
    int n = 1;

    while (n > 0 && l->left > 0) {
        db_arena_reset(l->record.mem);
        n = page(l, l->left < PAGE ? (int)l->left : PAGE, err);
    }
    return n < 0 ? -1 : 0;
}

/* Whoever has not said how many rows may take these for all. */
static int say_more(struct cli_listing *l, cli_page *page, struct tt_error *err)
{
    const struct cli_context *c = l->c;
    int n;

    if (l->left > 0 || c->print.limit != strtol(CLI_LIMIT, NULL, 10))
        return 0;
    n = page(l, 1, err);
    if (n > 0 && !c->settings.quiet) {
        fflush(c->out);
        fputs("there are more: -l 0 shows all\n", stderr);
    }
    return n < 0 ? -1 : 0;
}

int cli_listing_print(struct cli_listing *l, struct cli_context *c,
                      const char *noun, cli_page *page, struct tt_error *err)
{
    int rc = cli_print_open(&l->print, c->out, &c->print, c->command->columns,
                            noun, err);

    l->c = c;
    l->left = c->print.limit ? c->print.limit : INT64_MAX;
    if (rc == 0 && !l->record.mem)
        rc = cli_record_open(&l->record, &c->settings, err);
    if (rc == 0 && l->record.db)
        rc = print_pages(l, page, err);
    if (rc == 0)
        rc = cli_print_end(l->print, err);
    if (rc == 0 && l->record.db)
        rc = say_more(l, page, err);
    cli_print_close(l->print);
    return rc;
}
