#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/summary.h"
#include "workers/attempt.h"
#include "workers/plan.h"

static int make_manifest(struct cli_context *c, struct cli_work *w,
                         const struct cli_pick *data,
                         const struct cli_choice *start, struct tt_error *err)
{
    const struct job_train *p = c->params;
    const char *name = p->name ? p->name : tt_path_name(data->path);
    char folder[64]; /* within the state folder, wherever that will be */

    if (cli_work_begin(w, c, name, err) < 0)
        return -1;
    snprintf(folder, sizeof(folder), "runs/%s", w->key);
    if (cli_work_set(w, "run", json_pack("{s:s}", "folder", folder), err) < 0 ||
        cli_work_set(w, "dataset", cli_pick_json(data), err) < 0)
        return -1;
    if (start->path[0])
        return cli_work_set(w, "model", cli_choice_json(start), err);
    return 0;
}

static int work(struct cli_context *c, const struct cli_pick *data,
                const struct cli_choice *start, struct tt_error *err)
{
    struct cli_summary s = {NULL, 0};
    struct cli_work w = {0};
    int rc = make_manifest(c, &w, data, start, err);

    if (rc == 0)
        rc = cli_summary_work(c, &w, &s, err);
    cli_work_end(&w, !c->work.queue);
    return rc;
}

/* The state of a run that is done, or was cancelled: its latest.h5. */
static int find_latest(struct cli_record *r, const char *text,
                       char path[TT_PATH_SIZE], struct tt_error *err)
{
    struct db_run run;
    int rc;

    if (cli_record_run(r, text, &run, err) < 0)
        return tt_wrap(err, "--resume");
    if (run.state < JOB_ENDED)
        return tt_fail(err, TT_USAGE,
                       "--resume: %s is not over; `tintype job resume` goes on "
                       "with one that is paused",
                       text);
    rc = run.folder ? worker_attempt_latest(run.folder, path, err) : 0;
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "--resume: %s has left no latest.h5",
                       text);
    return rc < 0 ? -1 : 0;
}

static void say_plan(const struct cli_context *c, const struct cli_pick *data,
                     const struct train_plan *plan)
{
    const struct job_train *p = c->params;
    char length[48];

    if (p->limit_ms > 0)
        cli_text_age(p->limit_ms, length, sizeof(length));
    else
        snprintf(length, sizeof(length), "%d epochs", train_plan_epochs(plan));
    fprintf(c->out,
            "would train %s on %lld photos of %s, %s; nothing written\n",
            p->preset, (long long)data->train, c->operand[0], length);
}

static int run(struct cli_context *c, struct tt_error *err)
{
    struct job_train *p = c->params;
    struct cli_choice start = {.version = 0};
    char latest[TT_PATH_SIZE];
    struct train_plan plan;
    struct cli_record r;
    struct cli_pick data;
    int rc;

    // what a worker would refuse is refused before the job is in the record
    if (cli_record_name("--name", p->name, err) < 0 ||
        worker_plan_train(p, &plan, err) < 0)
        return -1;
    rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_pick_dataset(&data, &r, c->operand[0], err);
    if (rc == 0 && p->start)
        rc = cli_choice_make(&start, &r, &c->settings, p->start, err);
    if (rc == 0 && p->resume) {
        rc = find_latest(&r, p->resume, latest, err);
        p->resume = latest;
    }
    cli_record_close(&r);
    if (rc == 0 && c->work.dry_run)
        say_plan(c, &data, &plan);
    else if (rc == 0)
        rc = work(c, &data, &start, err);
    cli_choice_release(&start);
    return rc;
}

const struct cli_command cmd_train = {
    .name = "train",
    .operands = "DATASET",
    .summary = "train a network on a dataset",
    .about = "DATASET is what `tintype dataset list` calls it, or its folder. "
             "Checkpoints go to\nthe state folder, measures into the record "
             "(tintype run show @last); the best\none becomes a model. "
             "Interrupted, it is paused, and `tintype job resume` goes on.",
    .example = "tintype train d1 --epochs 20 --name first\n"
               "tintype train d1 --preset P --name small --queue\n"
               "tintype train d1 --schedule mae:20,ssim:10,gan:2",
    .flags = CLI_WORK | CLI_DATA,
    .least = 1,
    .most = 1,
    .kind = JOB_TRAIN,
    .run = run,
};
