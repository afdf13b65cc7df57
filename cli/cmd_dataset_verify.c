#include "base/clock.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "shard/dataset.h"
#include "shard/verify.h"

/* What is found, and how far it is. */
struct check {
    struct cli_context *c;
    struct cli_progress progress;
    json_t *faults;
    uint64_t done;
    int64_t begun;
};

static void found(void *ctx, const char *words)
{
    struct check *k = ctx;

    cli_progress_clear(&k->progress);
    if (cli_print_human(&k->c->print))
        fprintf(k->c->out, "damaged  %s\n", words);
    else
        json_array_append_new(k->faults, json_string(words));
}

static struct cli_progress_at where(const struct check *k, uint64_t total)
{
    int64_t ms = tt_steady_ms() - k->begun;

    return (struct cli_progress_at){
        .done = (int64_t)k->done,
        .total = (int64_t)total,
        .rate = ms > 0 ? (double)k->done * 1000 / (double)ms : 0};
}

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    struct check *k = ctx;
    struct cli_progress_at at;

    k->done = done;
    at = where(k, total);
    cli_progress_show(&k->progress, &at, tt_steady_ms());
}

static json_t *document(const struct check *k, const struct cli_pick *data,
                        const struct shard_dataset *ds, uint64_t faults)
{
    json_t *o = json_object();

    cli_set_id(o, "id", 'd', data->id);
    cli_set_path(o, "path", data->path);
    cli_set_count(o, "shards", (int64_t)ds->n_files);
    cli_set_count(o, "records", data->train + data->val + data->test);
    cli_set_bool(o, "whole", faults == 0);
    json_object_set(o, "faults", k->faults);
    return o;
}

static int say(struct check *k, const struct cli_pick *data,
               const struct shard_dataset *ds, uint64_t faults,
               struct tt_error *err)
{
    int64_t records = data->train + data->val + data->test;
    const char *path = cli_text_path(data->path);
    char bytes[32];
    int64_t sum = 0;

    if (!cli_print_human(&k->c->print))
        return cli_print_document(k->c->out, &k->c->print, "verification",
                                  document(k, data, ds, faults), err);
    for (size_t i = 0; i < ds->n_files; i++)
        sum += (int64_t)ds->files[i].bytes;
    cli_text_bytes(sum, bytes, sizeof(bytes));
    if (faults)
        fprintf(k->c->out, "%s: %llu damaged of %zu shards, %lld records\n",
                path, (unsigned long long)faults, ds->n_files,
                (long long)records);
    else
        fprintf(k->c->out,
                "%s: %zu shards, %lld records, %s, all as they were made\n",
                path, ds->n_files, (long long)records, bytes);
    return 0;
}

static int check(struct check *k, const struct cli_pick *data,
                 struct tt_error *err)
{
    struct shard_faults to = {k, found};
    struct tt_watch watch = {.ctx = k, .progress = progress};
    struct shard_dataset ds;
    struct cli_progress_at at;
    uint64_t faults = 0;
    int rc;

    if (shard_dataset_read(&ds, data->path, err) < 0)
        return -1;
    k->begun = tt_steady_ms();
    rc = shard_verify(data->path, &to, &watch, &faults, err);
    at = where(k, k->done);
    if (rc == 0)
        cli_progress_end(&k->progress, &at, tt_steady_ms() - k->begun);
    if (rc == 0)
        rc = say(k, data, &ds, faults, err);
    shard_dataset_release(&ds);
    return rc == 0 && faults > 0 ? tt_code_exit(TT_FORMAT) : rc;
}

static int verify(struct cli_context *c, struct tt_error *err)
{
    struct check k = {.c = c, .faults = json_array()};
    struct cli_record r;
    struct cli_pick data;
    int rc = cli_record_open(&r, &c->settings, err);

    if (rc == 0)
        rc = cli_pick_dataset(&data, &r, c->operands ? c->operand[0] : "@last",
                              err);
    cli_record_close(&r);
    cli_progress_init(&k.progress, &c->settings, stderr);
    if (rc == 0)
        rc = check(&k, &data, err);
    json_decref(k.faults);
    return rc;
}

const struct cli_command cmd_dataset_verify = {
    .name = "dataset verify",
    .operands = "[DATASET]",
    .summary = "is every byte of a dataset as it was made?",
    .about = "Every file's SHA-256, and every record's SHA-256 and range of "
             "values. What is damaged is\nnamed, and the exit status is 76. "
             "DATASET is what `tintype dataset list` calls it, or a\nfolder.",
    .example = "tintype dataset verify d1\ntintype dataset verify shards/",
    .flags = CLI_DATA | CLI_WAITS,
    .most = 1,
    .run = verify,
};
