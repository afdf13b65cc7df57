#include <string.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/summary.h"

static int make_manifest(struct cli_context *c, struct cli_work *w,
                         const struct cli_choice *model,
                         const struct cli_pick *data, struct tt_error *err)
{
    char name[200];

    snprintf(name, sizeof(name), "%s on %.60s", model->name,
             tt_path_name(data->path));
    if (cli_work_begin(w, c, name, err) < 0 ||
        cli_work_set(w, "model", cli_choice_json(model), err) < 0)
        return -1;
    return cli_work_set(w, "dataset", cli_pick_json(data), err);
}

static int work(struct cli_context *c, const struct cli_choice *model,
                const struct cli_pick *data, struct tt_error *err)
{
    struct cli_summary s = {NULL, 0};
    struct cli_work w = {0};
    int rc = make_manifest(c, &w, model, data, err);

    if (rc == 0)
        rc = cli_summary_work(c, &w, &s, err);
    cli_work_end(&w, !c->work.queue);
    return rc;
}

/* The second operand, else what the model was trained on. */
static int pick_data(struct cli_context *c, struct cli_pick *data,
                     struct cli_record *r, const struct cli_choice *model,
                     struct tt_error *err)
{
    if (c->operands > 1)
        return cli_pick_dataset(data, r, c->operand[1], err);
    if (!model->dataset)
        return tt_fail(err, TT_USAGE,
                       "on which dataset? the record does not know what %s "
                       "was trained on",
                       model->name);
    return cli_pick_dataset_id(data, r, model->dataset, err);
}

static int run(struct cli_context *c, struct tt_error *err)
{
    const struct job_evaluate *p = c->params;
    const char *asked = c->operands ? c->operand[0] : p->model;
    struct cli_choice model = {.version = 0};
    struct cli_pick data;
    struct cli_record r;
    int rc;

    if (strcmp(p->split, "train") != 0 && strcmp(p->split, "val") != 0 &&
        strcmp(p->split, "test") != 0)
        return tt_fail(err, TT_USAGE,
                       "--split: \"%s\" is not train, val or test", p->split);
    rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_choice_make(&model, &r, &c->settings, asked, err);
    if (rc == 0)
        rc = pick_data(c, &data, &r, &model, err);
    cli_record_close(&r);
    if (rc == 0 && c->work.dry_run)
        fprintf(c->out,
                "would measure %s on the %s photos of %s; nothing "
                "written\n",
                model.name, p->split, data.path);
    else if (rc == 0)
        rc = work(c, &model, &data, err);
    cli_choice_release(&model);
    return rc;
}

const struct cli_command cmd_evaluate = {
    .name = "evaluate",
    .operands = "[MODEL|RUN [DATASET]]",
    .summary = "measure a model on photos it has not seen",
    .about = "Without DATASET: on the one that its run was trained on. Beside "
             "the network stand\ntwo that need none: gray, and a lookup of the "
             "mean colour of each lightness.",
    .example =
        "tintype evaluate r1\ntintype evaluate portrait-1 d2 --split val",
    .flags = CLI_WORK | CLI_DATA,
    .least = 0,
    .most = 2,
    .kind = JOB_EVALUATE,
    .run = run,
};
