#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/bag.h"
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/rows.h"

struct bag_opts {
    const char *out;
};

// clang-format off
static const struct tt_opt bag_opts[] = {
    TT_TEXT(bag_opts, out, 'o', "FOLDER", NULL, "the bag; must not exist"),
    TT_OPT_END,
};
// clang-format on

struct packing {
    struct cli_context *c;
    struct cli_record r;
    struct cli_outputs outputs;
    struct cli_progress progress;
    struct cli_bag *bag;
    char folder[PATH_MAX]; /* of the outputs */
    int64_t done, begun;
};

static void show(struct packing *k)
{
    int64_t now = tt_steady_ms(), ms = now - k->begun;
    const struct cli_progress_at at = {
        .done = k->done,
        .total = k->outputs.most,
        .rate = ms > 0 ? (double)k->done * 1000 / (double)ms : 0};

    cli_progress_show(&k->progress, &at, now);
}

static int take_page(void *ctx, const struct db_photo *const *rows, size_t n,
                     struct tt_error *err)
{
    struct packing *k = ctx;
    size_t prefix = strlen(k->folder) + 1;

    for (size_t i = 0; i < n; i++) {
        const char *name = rows[i]->out + prefix;
        json_t *line;

        if (!rows[i]->has_out)
            return tt_fail(err, TT_FORMAT, "%s: the record has no hash of it",
                           rows[i]->out);
        if (cli_bag_add(k->bag, rows[i]->out, name, &rows[i]->sha_out, err) < 0)
            return -1;
        line = cli_row_photo(rows[i]);
        cli_set_path(line, "payload", name); // below data/
        if (cli_bag_say(k->bag, line, err) < 0)
            return -1;
        k->done++;
    }
    show(k);
    return 0;
}

static int fill(struct packing *k, const char *typed, struct tt_error *err)
{
    if (cli_outputs_each(&k->outputs, typed, err) < 0)
        return -1;
    return cli_bag_info(k->bag, "External-Description",
                        "photographs coloured by a model: the grey is the "
                        "original's, the colours are not documentary",
                        err);
}

static int pack(struct packing *k, const char *typed, const char *out,
                struct tt_error *err)
{
    char safe[TT_PATH_SIZE];

    if (cli_bag_open(&k->bag, out, err) < 0)
        return -1;
    if (fill(k, typed, err) < 0) {
        cli_bag_drop(k->bag);
        return -1;
    }
    if (cli_bag_end(k->bag, tt_wall_ms(), err) < 0)
        return -1;
    cli_progress_clear(&k->progress);
    cli_text_safe(out, safe, sizeof(safe));
    fprintf(k->c->out, "%lld outputs, each as recorded   %s\n",
            (long long)k->done, safe);
    return 0;
}

static int bag(struct cli_context *c, struct tt_error *err)
{
    const struct bag_opts *o = c->opts;
    struct packing k = {.c = c, .begun = tt_steady_ms()};
    char out[TT_PATH_SIZE];
    size_t n = o->out ? strlen(o->out) : 0;
    int rc;

    if (n == 0)
        return tt_fail(err, TT_USAGE,
                       "-o FOLDER is needed: where the bag goes");
    if (!tt_folder_exists(c->operand[0]) || !realpath(c->operand[0], k.folder))
        return tt_fail(err, TT_MISSING, "%s: no such folder", c->operand[0]);
    if (n >= sizeof(out))
        return tt_fail(err, TT_OUTPUT, "-o: the path is too long");
    snprintf(out, sizeof(out), "%s", o->out);
    while (n > 1 && out[n - 1] == '/')
        out[--n] = '\0';
    k.outputs = (struct cli_outputs){&k.r, take_page, &k, 0};
    cli_progress_init(&k.progress, &c->settings, stderr);
    rc = cli_record_need(&k.r, &c->settings, err);
    if (rc == 0)
        rc = pack(&k, c->operand[0], out, err);
    cli_record_close(&k.r);
    return rc;
}

const struct cli_command cmd_bag = {
    .name = "bag",
    .operands = "OUT",
    .summary = "a folder of outputs as a BagIt bag, for delivery",
    .about = "BagIt 1.0 (RFC 8493) with SHA-256: the outputs that the record "
             "knows, copied and held\nagainst their recorded hashes, and what "
             "it knows of each (metadata/outputs.jsonl).\nThe bag is whole or "
             "absent.",
    .example = "tintype bag colour/ -o delivery/",
    .flags = CLI_WAITS,
    .least = 1,
    .most = 1,
    .opts = bag_opts,
    .opts_size = sizeof(struct bag_opts),
    .run = bag,
};
