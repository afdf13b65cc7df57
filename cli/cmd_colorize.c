#include <string.h>
#include <unistd.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/estimate.h"
#include "cli/sheet.h"
#include "cli/summary.h"
#include "cli/target.h"

struct colorize_opts {
    const char *out;
    const char *sheet;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(colorize_opts, out, 'o', "OUT", NULL,
            "folder of the outputs, or the output of one file"),
    TT_TEXT(colorize_opts, sheet, 0, "FILE", NULL,
            "also write a contact sheet, before beside after (PNG)"),
    TT_OPT_END,
};
// clang-format on

/* All that one colorize holds. */
struct task {
    struct cli_context *c;
    struct colorize_opts *opts;
    struct job_colorize *params;
    struct cli_record record;
    struct cli_choice model;
    struct cli_folder photos;
    struct cli_target target;
    size_t found; /* photos among the inputs */
    json_t *json; /* the parameters */
};

/* Everything that can be wrong is found before anything starts. */
static int look(struct task *t, struct tt_error *err)
{
    struct cli_context *c = t->c;

    if (t->params->size % 16 != 0)
        return tt_fail(err, TT_USAGE, "--size: %ld is no multiple of 16",
                       t->params->size);
    if (t->opts->sheet && tt_file_exists(t->opts->sheet))
        return tt_fail(err, TT_OUTPUT, "--sheet %s is there already",
                       t->opts->sheet);
    for (int i = 0; i < c->operands; i++) {
        if (cli_folder_add(&t->photos, c->operand[i], err) < 0)
            return -1;
    }
    if (t->photos.n == 0)
        return tt_fail(err, TT_INPUT, "%s: no file in it", c->operand[0]);
    if (cli_record_open(&t->record, &c->settings, err) < 0 ||
        cli_choice_make(&t->model, &t->record, &c->settings, t->params->model,
                        err) < 0)
        return -1;
    if (t->params->size == 0)
        t->params->size = t->model.side;
    t->json = tt_opt_to_json(job_colorize_opts, t->params);
    if (!t->json)
        return tt_fail(err, TT_NOMEM, "no memory for parameters");
    if (cli_target_choose(&t->target, &t->photos, c->operand, c->operands,
                          t->opts->out, t->json, &t->model.sha256, &t->record,
                          err) < 0)
        return -1;
    t->found = t->photos.n;
    return t->target.busy
               ? 0
               : cli_target_filter(&t->target, &t->photos, &t->record, err);
}

static int finish(struct task *t, struct cli_work *w, struct tt_error *err)
{
    struct cli_summary s = {t->target.shown, t->target.before};
    struct cli_outcome o;
    int status = -1;
    int rc = cli_work_wait(w, &o, err);

    if (rc == 0)
        rc = cli_summary_print(t->c, &o, &s, &status, err);
    if (rc == 0 && t->opts->sheet && o.job.done > 0) {
        rc = cli_sheet_write(&o.record, o.job.id, t->opts->sheet, err);
        if (rc == 0 && cli_print_human(&t->c->print))
            fprintf(t->c->out, "contact sheet  %s\n", t->opts->sheet);
    }
    cli_outcome_release(&o);
    return rc < 0 ? -1 : status;
}

/* The folder's last job is still open: go on with it, until it has ended. */
static int join(struct task *t, struct tt_error *err)
{
    struct cli_work w;
    bool queue = t->c->work.queue;
    int rc;

    if (!t->c->settings.quiet)
        fprintf(stderr,
                t->target.paused ? "going on with job j%lld\n"
                                 : "job j%lld is at work there already\n",
                (long long)t->target.job);
    rc = cli_work_join(&w, t->c, t->target.job, err);
    if (rc == 0 && t->target.paused)
        rc = cli_control_once(&t->c->settings,
                              cli_control_request("resume", t->target.job),
                              NULL, err);
    if (rc == 0 && queue)
        rc = cli_work_print_id(&w, err);
    else if (rc == 0)
        rc = finish(t, &w, err);
    cli_work_end(&w, !queue);
    return rc;
}

static int make_manifest(struct task *t, struct cli_work *w,
                         struct tt_error *err)
{
    if (cli_work_begin(w, t->c, t->target.shown, err) < 0 ||
        cli_work_set(w, "out", json_string(t->target.folder), err) < 0 ||
        cli_work_set(w, "model", cli_choice_json(&t->model), err) < 0)
        return -1;
    for (size_t i = 0; i < t->photos.n; i++) {
        if (cli_work_add(w, t->photos.items[i].in, t->photos.items[i].out,
                         err) < 0)
            return -1;
    }
    return 0;
}

static int submit(struct task *t, struct tt_error *err)
{
    struct cli_work w;
    bool queue = t->c->work.queue;
    int rc = cli_target_mark(&t->target, &t->model.sha256, 0, err);

    if (rc < 0)
        return -1;
    rc = make_manifest(t, &w, err);
    if (rc == 0)
        rc = cli_work_submit(&w, err);
    if (rc == 0)
        rc = cli_target_mark(&t->target, &t->model.sha256, w.job, err);
    if (rc == 0 && queue)
        rc = cli_work_print_id(&w, err);
    else if (rc == 0)
        rc = finish(t, &w, err);
    cli_work_end(&w, !queue);
    return rc;
}

static int nothing_to_do(struct task *t, struct tt_error *err)
{
    char counts[160];

    if (!cli_print_human(&t->c->print))
        return cli_print_document(t->c->out, &t->c->print, "job",
                                  json_pack("{s:n, s:I}", "id", "done_before",
                                            (json_int_t)t->target.before),
                                  err);
    cli_summary_counts(0, 0, 0, (long long)t->target.before, counts,
                       sizeof(counts));
    fprintf(t->c->out, "%s   %s\n", counts, t->target.shown);
    return 0;
}

static int run(struct cli_context *c, struct tt_error *err)
{
    struct task t = {.c = c, .opts = c->opts, .params = c->params};
    int rc = look(&t, err);

    if (rc == 0 && c->work.dry_run)
        rc = cli_estimate_colorize(c, &t.photos, t.target.before,
                                   t.params->force, &t.record, err);
    else if (rc == 0 && t.target.busy)
        rc = join(&t, err);
    else if (rc == 0 && t.photos.n == 0)
        rc = nothing_to_do(&t, err);
    else if (rc == 0)
        rc = submit(&t, err);
    cli_folder_release(&t.photos);
    cli_choice_release(&t.model);
    cli_record_close(&t.record);
    json_decref(t.json);
    return rc;
}

const struct cli_command cmd_colorize = {
    .name = "colorize",
    .operands = "FILE|FOLDER…",
    .summary = "colour black-and-white photos",
    .about =
        "Folders are taken with all below them, but for names that begin\n"
        "with a dot and links to folders. Outputs keep the path below the\n"
        "folder. Without -o they go to FOLDER-colour, or to NAME-colour.jpg\n"
        "beside a single file. Originals are only read, and no file is\n"
        "overwritten: the same command again does what is not done yet.\n"
        "Photos that are in colour already are skipped (--force colours\n"
        "them); of several pages the first is coloured. Files that cannot\n"
        "be read stand in the record with a reason, and the exit status is\n"
        "2. Two inputs that would have the same output (a.webp, a.gif) keep\n"
        "their whole name in front of the new suffix (a.png, a.gif.png).",
    .example = "tintype colorize scans/ -o colour/\n"
               "tintype colorize one.tif -o one-colour.tif",
    .flags = CLI_WORK | CLI_DATA,
    .least = 1,
    .most = -1,
    .opts = opts,
    .opts_size = sizeof(struct colorize_opts),
    .kind = JOB_COLORIZE,
    .run = run,
};
