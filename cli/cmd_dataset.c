#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/params.h"
#include "cli/rows.h"

static int page(struct cli_listing *l, int most, struct tt_error *err)
{
    struct db_dataset *rows;
    size_t n;

    if (db_history_datasets(l->record.db, l->last, most, l->record.mem, &rows,
                            &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (cli_listing_row(l, rows[i].id, cli_row_dataset(&rows[i]), err) < 0)
            return -1;
    }
    return (int)n;
}

static int list(struct cli_context *c, struct tt_error *err)
{
    struct cli_listing l = {0};
    int rc = cli_listing_print(&l, c, "datasets", page, err);

    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_dataset_list = {
    .name = "dataset list",
    .summary = "datasets that have been ingested, newest first",
    .example = "tintype dataset list",
    .flags = CLI_DATA | CLI_TABLE,
    .columns = cli_dataset_columns,
    .run = list,
};

/* --- show --- */

static json_t *whole(const struct db_dataset *d)
{
    json_t *row = cli_row_dataset(d);
    json_t *refused = json_object(), *shards = json_array();

    for (size_t i = 0; i < d->n_verdicts; i++)
        cli_set_count(refused, d->verdicts[i].reason, d->verdicts[i].n);
    for (size_t i = 0; i < d->n_shards; i++) {
        json_t *s = json_object();

        cli_set_path(s, "path", d->shards[i].path);
        cli_set_text(s, "split", d->shards[i].split);
        cli_set_count(s, "records", d->shards[i].records);
        cli_set_count(s, "bytes", d->shards[i].bytes);
        cli_set_hash(s, "sha256", d->shards[i].has_sha256,
                     &d->shards[i].sha256);
        json_array_append_new(shards, s);
    }
    cli_set_json(row, "params", d->params);
    json_object_set_new(row, "verdicts", refused);
    json_object_set_new(row, "shards", shards);
    return row;
}

static void print_people(FILE *out, const struct db_dataset *d)
{
    char bytes[32], settings[1200];

    cli_text_bytes(d->bytes, bytes, sizeof(bytes));
    fprintf(out, "dataset d%lld   %s   %s   %s\n", (long long)d->id, d->name,
            cli_text_path(d->path), bytes);
    fprintf(out, "kept %lld   train %lld  val %lld  test %lld\n",
            (long long)d->records, (long long)d->train, (long long)d->val,
            (long long)d->test);
    fprintf(out, "refused %lld of %lld\n", (long long)d->refused,
            (long long)d->seen);
    for (size_t i = 0; i < d->n_verdicts; i++)
        fprintf(out, "  %-16s %lld\n", d->verdicts[i].reason,
                (long long)d->verdicts[i].n);
    if (d->job)
        fprintf(out, "made by job j%lld\n", (long long)d->job);
    cli_params_text(JOB_INGEST, d->params, settings, sizeof(settings));
    fprintf(out, "settings %s\n", settings);
    for (size_t i = 0; i < d->n_shards; i++)
        fprintf(out, "  %-24s %-6s %lld records\n", d->shards[i].path,
                d->shards[i].split ? d->shards[i].split : "-",
                (long long)d->shards[i].records);
}

static int show(struct cli_context *c, struct tt_error *err)
{
    const char *asked = c->operands ? c->operand[0] : "@last";
    char real[PATH_MAX];
    struct db_dataset d = {0};
    struct cli_record r = {NULL, NULL};
    int64_t id = 0;
    int rc = cli_record_need(&r, &c->settings, err);

    if (strchr(asked, '/') && realpath(asked, real))
        asked = real;
    if (rc == 0)
        rc = cli_record_find(&r, 'd', asked, &id, err);
    if (rc == 0) {
        rc = db_history_dataset(r.db, id, r.mem, &d, err);
        if (rc == 0)
            rc = tt_fail(err, TT_MISSING, "no dataset d%lld", (long long)id);
    }
    if (rc > 0 && !cli_print_human(&c->print))
        rc = cli_print_document(c->out, &c->print, "dataset", whole(&d), err);
    else if (rc > 0)
        print_people(c->out, &d);
    cli_record_close(&r);
    return rc < 0 ? -1 : 0;
}

const struct cli_command cmd_dataset_show = {
    .name = "dataset show",
    .operands = "[DATASET]",
    .summary = "all about one dataset: counts, refusals, shards",
    .about = "DATASET is an id (d1), a name, its folder (with a '/' in it), or "
             "@last, which is meant\nwhen none is named.",
    .example = "tintype dataset show d1",
    .flags = CLI_DATA,
    .most = 1,
    .run = show,
};
