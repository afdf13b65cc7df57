#include "base/clock.h"
#include "cli/commands.h"
#include "cli/record.h"
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

static int list(struct cli_context *c, struct tt_error *err)
{
    const struct list_opts *o = c->opts;
    struct cli_record r = {NULL, NULL};
    struct cli_print *p = NULL;
    int64_t now = tt_wall_ms();
    struct db_worker *rows;
    size_t n = 0;
    int rc = cli_print_open(&p, c->out, &c->print, cli_worker_columns,
                            "workers", err);

    if (rc == 0)
        rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0 && r.db)
        rc = db_history_workers(r.db, o->all ? 0 : now - ALIVE_MS,
                                (int)c->print.limit, r.mem, &rows, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = cli_print_row(p, cli_row_worker(&rows[i], now), err);
    if (rc == 0)
        rc = cli_print_end(p, err);
    cli_print_close(p);
    cli_record_close(&r);
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
