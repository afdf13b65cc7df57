#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/summary.h"
#include "shard/dataset.h"
#include "shard/format.h"

struct evaluate_opts {
    const char *lookup;
    bool csv;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(evaluate_opts, lookup, 0, "DATASET", NULL,
            "take the lookup's colours from its training photos"),
    TT_FLAG(evaluate_opts, csv, 0, "comma-separated values, one a row"),
    TT_OPT_END,
};
// clang-format on

/* What is measured, and what on. */
struct evaluation {
    struct cli_choice model;
    struct cli_pick data;  /* path "": there is no dataset */
    char photos[PATH_MAX]; /* "": a split of the dataset */
};

/* --- what on --- */

/* A folder or an archive of photos; what dataset.json is in is a dataset. */
static bool is_photos(const char *text, char real[PATH_MAX])
{
    char list[TT_PATH_SIZE];
    struct tt_error ignored;
    struct stat st;

    if (!realpath(text, real) || stat(real, &st) < 0)
        return false;
    return !S_ISDIR(st.st_mode) ||
           (tt_path_join(list, sizeof(list), real, SHARD_DATASET_FILE,
                         &ignored) == 0 &&
            !tt_file_exists(list));
}

/* The lookup of photos that are in no dataset: that of --lookup, else of what
 * the model was trained on, if that is still there; else none. */
static int pick_lookup(struct evaluation *e, const struct evaluate_opts *o,
                       struct cli_record *r, struct tt_error *err)
{
    struct tt_error ignored;

    if (o->lookup)
        return cli_pick_dataset(&e->data, r, o->lookup, err);
    if (!e->model.dataset ||
        cli_pick_dataset_id(&e->data, r, e->model.dataset, &ignored) < 0)
        e->data.path[0] = '\0';
    return 0;
}

/* The second operand, else what the model was trained on. */
static int pick(struct evaluation *e, const struct cli_context *c,
                struct cli_record *r, struct tt_error *err)
{
    const struct evaluate_opts *o = c->opts;

    if (c->operands > 1 && is_photos(c->operand[1], e->photos))
        return pick_lookup(e, o, r, err);
    e->photos[0] = '\0';
    if (o->lookup)
        return tt_fail(err, TT_USAGE,
                       "--lookup: a dataset has its own training photos");
    if (c->operands > 1)
        return cli_pick_dataset(&e->data, r, c->operand[1], err);
    if (!e->model.dataset)
        return tt_fail(err, TT_USAGE,
                       "on which dataset or photos? the record does not know "
                       "what %s was trained on",
                       e->model.name);
    return cli_pick_dataset_id(&e->data, r, e->model.dataset, err);
}

/* --- the job --- */

static int make_manifest(const struct cli_context *c, struct cli_work *w,
                         const struct evaluation *e, struct tt_error *err)
{
    const char *on = e->photos[0] ? e->photos : e->data.path;
    char name[200];

    snprintf(name, sizeof(name), "%s on %.60s", e->model.name,
             tt_path_name(on));
    if (cli_work_begin(w, c, name, err) < 0 ||
        cli_work_set(w, "model", cli_choice_json(&e->model), err) < 0)
        return -1;
    if (e->photos[0] &&
        cli_work_set(w, "photos", json_string(e->photos), err) < 0)
        return -1;
    if (!e->data.path[0])
        return 0;
    return cli_work_set(w, "dataset", cli_pick_json(&e->data), err);
}

static int work(const struct cli_context *c, const struct evaluation *e,
                struct tt_error *err)
{
    struct cli_summary s = {NULL, 0};
    struct cli_work w = {0};
    int rc = make_manifest(c, &w, e, err);

    if (rc == 0)
        rc = cli_summary_work(c, &w, &s, err);
    cli_work_end(&w, !c->work.queue);
    return rc;
}

/* What a worker would refuse is refused before the job is in the record. */
static int check(struct cli_context *c, struct tt_error *err)
{
    const struct evaluate_opts *o = c->opts;
    const struct job_evaluate *p = c->params;

    if (shard_split_from(p->split) == SHARD_SPLITS)
        return tt_fail(err, TT_USAGE,
                       "--split: \"%s\" is not train, val or test", p->split);
    if (strcmp(p->by, "skin") != 0 && strcmp(p->by, "none") != 0)
        return tt_fail(err, TT_USAGE, "--by: \"%s\" is not skin or none",
                       p->by);
    if (strcmp(p->grey, "lstar") != 0 && strcmp(p->grey, "rec601") != 0)
        return tt_fail(err, TT_USAGE, "--grey: \"%s\" is not lstar or rec601",
                       p->grey);
    if (o->csv && (c->print.json || c->print.jsonl))
        return tt_fail(err, TT_USAGE, "--csv or --json, not both");
    c->print.csv = o->csv;
    return 0;
}

static int run(struct cli_context *c, struct tt_error *err)
{
    const struct job_evaluate *p = c->params;
    const char *asked = c->operands ? c->operand[0] : p->model;
    struct evaluation e = {.model = {.version = 0}};
    struct cli_record r;
    int rc;

    if (check(c, err) < 0)
        return -1;
    rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_choice_make(&e.model, &r, &c->settings, asked, err);
    if (rc == 0)
        rc = pick(&e, c, &r, err);
    cli_record_close(&r);
    if (rc == 0 && c->work.dry_run)
        fprintf(c->out, "would measure %s on the %s%s of %s; nothing written\n",
                e.model.name, e.photos[0] ? "" : p->split,
                e.photos[0] ? "photos" : " photos",
                e.photos[0] ? e.photos : e.data.path);
    else if (rc == 0)
        rc = work(c, &e, err);
    cli_choice_release(&e.model);
    return rc;
}

const struct cli_command cmd_evaluate = {
    .name = "evaluate",
    .operands = "[MODEL|RUN [DATASET|PHOTOS]]",
    .summary = "measure a model on photos it has not seen",
    .about =
        "PHOTOS is a folder or an archive of photos in colour, which are "
        "greyed. Without it: the\ndataset that the model's run was trained "
        "on. Beside the network stand two that need\nnone: gray, and a lookup "
        "of the mean colour of each lightness. ± is half of a 95 %\ninterval "
        "(bootstrap over photos). --by skin groups photos by how light the "
        "skin in\ntheir middle is (ITA angle): it measures photos, not "
        "persons.",
    .example = "tintype evaluate r1 --by skin\n"
               "tintype evaluate portrait-1 d2 --split val --csv\n"
               "tintype evaluate portrait-1 portraits/ --grey rec601",
    .flags = CLI_WORK | CLI_DATA,
    .least = 0,
    .most = 2,
    .opts = opts,
    .opts_size = sizeof(struct evaluate_opts),
    .kind = JOB_EVALUATE,
    .run = run,
};
