#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/record.h"
#include "cli/rows.h"

static void print_model(FILE *out, const struct db_which *w)
{
    char hash[32], at[32];

    if (w->model.id) {
        cli_text_hash(&w->model.sha256, hash, sizeof(hash));
        fprintf(out, "model %s-%lld (%s)", w->model.name,
                (long long)w->model.version, hash);
        if (w->run.id)
            fprintf(out, "  trained by r%lld", (long long)w->run.id);
        if (w->run.id && w->dataset.id)
            fprintf(out, " on d%lld, %lld photos", (long long)w->dataset.id,
                    (long long)w->dataset.train);
        fputs("   ", out);
    }
    fprintf(out, "tintype %s   %s\n",
            w->worker.id && w->worker.version ? w->worker.version : TT_VERSION,
            tt_time_text(w->photo.ended, at, sizeof(at)));
}

/* now: of the file as it is; NULL: it is gone. */
static void print_one(FILE *out, const char *typed, const struct db_which *w,
                      const struct tt_sha256 *now)
{
    char hash[32], in_hash[32], safe[TT_PATH_SIZE];

    cli_text_hash(&w->photo.sha_out, hash, sizeof(hash));
    cli_text_hash(&w->photo.sha_in, in_hash, sizeof(in_hash));
    cli_text_safe(typed, safe, sizeof(safe));
    fprintf(out, "%s  sha256 %s  job j%lld item %lld", safe, hash,
            (long long)w->photo.job, (long long)w->photo.index + 1);
    cli_text_safe(w->photo.in ? cli_text_path(w->photo.in) : "?", safe,
                  sizeof(safe));
    fprintf(out, "  from %s (sha256 %s)\n", safe, in_hash);
    print_model(out, w);
    if (!now) {
        fputs("it is gone\n", out);
    } else if (!tt_sha256_same(now, &w->photo.sha_out)) {
        cli_text_hash(now, hash, sizeof(hash));
        fprintf(out, "its bytes are not those recorded: sha256 %s now\n", hash);
    }
}

static json_t *whole(const struct db_which *w, const struct tt_sha256 *now)
{
    json_t *o = json_object();
    bool same = now && tt_sha256_same(now, &w->photo.sha_out);

    cli_set_hash(o, "sha256_now", now != NULL, now);
    cli_set_bool(o, "as_recorded", same);
    json_object_set_new(o, "photo", cli_row_photo(&w->photo));
    json_object_set_new(o, "job", cli_row_job(&w->job, tt_wall_ms()));
    json_object_set_new(o, "model",
                        w->model.id ? cli_row_model(&w->model) : json_null());
    json_object_set_new(
        o, "run",
        w->run.id ? cli_row_run(&w->run, NULL, 0, NULL, 0, tt_wall_ms())
                  : json_null());
    json_object_set_new(o, "dataset",
                        w->dataset.id ? cli_row_dataset(&w->dataset)
                                      : json_null());
    json_object_set_new(o, "worker",
                        w->worker.id ? cli_row_worker(&w->worker, tt_wall_ms())
                                     : json_null());
    return o;
}

static int which_one(struct cli_context *c, struct cli_record *r,
                     const char *typed, struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    struct tt_sha256 sha, *now = &sha;
    struct db_which *w;
    size_t n;

    if (cli_record_path(typed, path, err) < 0)
        return -1;
    if (tt_sha256_file(path, &sha, NULL, err) < 0) {
        if (err->code != TT_MISSING)
            return -1;
        now = NULL;
    }
    if (db_history_which(r->db, path, now, 1, r->mem, &w, &n, err) < 0)
        return -1;
    if (n == 0 && !now)
        return tt_fail(err, TT_MISSING,
                       "%s: no such file, and no job of the record made it",
                       typed);
    if (n == 0)
        return tt_fail(err, TT_MISSING,
                       "%s: no job of the record made it, by name or by bytes",
                       typed);
    if (!cli_print_human(&c->print))
        return cli_print_document(c->out, &c->print, "output", whole(w, now),
                                  err);
    print_one(c->out, typed, w, now);
    return 0;
}

static int which(struct cli_context *c, struct tt_error *err)
{
    struct cli_record r;
    int rc;

    if (c->print.json && c->operands > 1)
        return tt_fail(err, TT_USAGE,
                       "--json is one document: --jsonl for several files");
    rc = cli_record_need(&r, &c->settings, err);
    for (int i = 0; rc == 0 && i < c->operands; i++)
        rc = which_one(c, &r, c->operand[i], err);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_which = {
    .name = "which",
    .operands = "FILE…",
    .summary = "from an output back to everything: original, job, model, run",
    .about = "A file that was moved or renamed is known by its bytes, one that "
             "is gone by its name.",
    .example = "tintype which colour/001.tif",
    .flags = CLI_DATA,
    .least = 1,
    .most = -1,
    .run = which,
};
