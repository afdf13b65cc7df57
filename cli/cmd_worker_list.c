#include "base/clock.h"
#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/rows.h"

#define ALIVE_MS 60000 /* not heard of for longer: it is not listed */

struct list_opts {
    bool all;
};

// clang-format off
static const struct tt_opt list_opts[] = {
    TT_FLAG(list_opts, all, 'a', "those that have ended as well"),
    TT_OPT_END,
};
// clang-format on

/* Workers are few: one page. */
static int page(struct cli_listing *l, int most, struct tt_error *err)
{
    const struct list_opts *o = l->c->opts;
    int64_t now = tt_wall_ms();
    struct db_worker *rows;
    size_t n;

    if (db_history_workers(l->record.db, o->all ? 0 : now - ALIVE_MS, most,
                           l->record.mem, &rows, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (cli_listing_row(l, 0, cli_row_worker(&rows[i], now), err) < 0)
            return -1;
    }
    return 0;
}

static int list(struct cli_context *c, struct tt_error *err)
{
    struct cli_listing l = {0};
    int rc = cli_listing_print(&l, c, "workers", page, err);

    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_worker_list = {
    .name = "worker list",
    .summary = "workers that live, last seen first",
    .example = "tintype worker list -n -o pid",
    .flags = CLI_DATA | CLI_TABLE,
    .opts = list_opts,
    .opts_size = sizeof(struct list_opts),
    .columns = cli_worker_columns,
    .run = list,
};
