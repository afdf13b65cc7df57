#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/train/train.h"
#include "shard/dataset.h"
#include "workers/attempt.h"
#include "workers/crew.h"
#include "workers/notes.h"
#include "workers/plan.h"
#include "workers/runner.h"

/* One training on its way. */
struct training {
    struct worker_task *task;
    struct job_train params;
    struct train_plan plan;
    struct worker_attempt attempt;
    struct worker_notes notes;
    struct train_val best; /* of best.h5, once there is one */
    uint64_t best_step, step, steps, epoch;
    struct tt_sha256 best_sha256;
    char *about; /* owned */
};

/* --- the plan --- */

/* What the checkpoints say of their making. No number of a job and no time,
 * so that the same training gives the same bytes. */
static char *make_about(const struct training *g)
{
    struct shard_dataset ds;
    struct tt_error ignored;
    char hex[TT_SHA256_HEX] = "";
    json_t *o;
    char *text;

    if (shard_dataset_read(&ds, g->plan.dataset, &ignored) == 0) {
        tt_sha256_text(&ds.sha256, hex);
        shard_dataset_release(&ds);
    }
    o = json_pack("{s:s, s:s}", "made_by", "tintype " TT_VERSION, "dataset",
                  hex);
    json_object_set(o, "settings", json_object_get(g->task->header, "params"));
    text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(o);
    return text;
}

static int read_plan(struct training *g, struct tt_error *err)
{
    const struct worker_task *t = g->task;
    const struct job_train *p = &g->params;
    struct train_plan *plan = &g->plan;

    if (worker_task_params(t, &g->params, err) < 0 ||
        worker_plan_train(p, plan, err) < 0 ||
        worker_task_need(t, "dataset", "path", &plan->dataset, err) < 0)
        return -1;
    plan->folder = g->attempt.folder;
    plan->name = p->name ? p->name : worker_task_text(t, NULL, "name");
    plan->backend = t->engine->options->device;
    plan->threads = t->engine->threads;
    plan->group = t->engine->group;
    plan->own_norm = !p->sync_norm;
    if (worker_task_text(t, "model", "path"))
        plan->init = worker_task_text(t, "model", "path");
    plan->resume = g->attempt.resumed;
    g->about = make_about(g);
    plan->about = g->about;
    return g->about ? 0 : tt_fail(err, TT_NOMEM, "no memory for a plan");
}

/* --- what it says --- */

static json_t *run_body(const struct training *g)
{
    const struct train_plan *p = &g->plan;
    json_t *o = json_pack(
        "{s:s, s:s, s:s*, s:s, s:I, s:I, s:I, s:I, s:i}", "folder",
        g->attempt.run, "preset", p->preset, "device", p->backend, "precision",
        backend_precision_word(p->precision), "seed", (json_int_t)p->seed,
        "step", (json_int_t)g->step, "steps", (json_int_t)g->steps, "epoch",
        (json_int_t)g->epoch, "epochs", train_plan_epochs(p));

    if (o && g->best_step > 0)
        json_object_set_new(o, "best",
                            json_pack("{s:s, s:f, s:I}", "name", "val_mae_ab",
                                      "value", g->best.mae_ab, "step",
                                      (json_int_t)g->best_step));
    return o;
}

/* What an epoch has measured is told before its checkpoint stands: whoever
 * goes on from there does not measure it again. */
static void on_metric(void *ctx, const char *series, uint64_t step,
                      double value)
{
    struct training *g = ctx;

    g->step = step;
    worker_notes_metric(&g->notes, series, step, value);
    if (strncmp(series, "val_", 4) == 0)
        worker_notes_flush(&g->notes);
}

static void on_stage(void *ctx, int stage, int stages, const char *loss)
{
    struct training *g = ctx;

    if (stages > 1)
        worker_notes_event(&g->notes, "stage %d of %d: %s", stage + 1, stages,
                           loss);
}

static void on_checkpoint(void *ctx, const char *path, bool best,
                          const struct tt_sha256 *sha256, uint64_t epoch,
                          uint64_t step, const struct train_val *val)
{
    struct training *g = ctx;
    char hex[TT_SHA256_HEX];
    json_t *run;

    g->epoch = epoch;
    g->step = step;
    if (best) {
        g->best = *val;
        g->best_step = step;
        g->best_sha256 = *sha256;
    }
    run = run_body(g);
    if (best) {
        json_object_set_new(run, "checkpoint", json_string(path));
        json_object_set_new(run, "sha256",
                            json_string(tt_sha256_text(sha256, hex)));
    } else if (val) {
        worker_notes_event(&g->notes, "epoch %llu: val_mae_ab %.3f",
                           (unsigned long long)epoch, val->mae_ab);
    }
    worker_notes_set(&g->notes, "run", run);
}

static bool on_stop(void *ctx)
{
    struct training *g = ctx;

    return worker_chunk_stop(g->task->chunk);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct training *g = ctx;

    g->step = done;
    g->steps = total;
    tt_watch_progress(&g->task->watch, done, total);
    worker_notes_progress(&g->notes, done, total);
}

/* --- its end --- */

/* What is not finite is not there: json_real makes nothing of it. */
static json_t *metrics_of(const struct train_val *v)
{
    json_t *o = json_object();

    json_object_set_new(o, "val_loss", json_real(v->loss));
    json_object_set_new(o, "val_mae_ab", json_real(v->mae_ab));
    json_object_set_new(o, "val_psnr", json_real(v->psnr));
    json_object_set_new(o, "val_ssim", json_real(v->ssim));
    json_object_set_new(o, "val_ciede2000", json_real(v->ciede2000));
    json_object_set_new(o, "val_cf_ratio", json_real(v->cf_ratio));
    return o;
}

static int count_parameters(const char *path, int64_t *n, struct tt_error *err)
{
    struct model_checkpoint c;

    if (model_checkpoint_load(&c, path, false, err) < 0)
        return -1;
    *n = (int64_t)c.params->count;
    model_checkpoint_release(&c);
    return 0;
}

static json_t *model_body(const struct training *g, const char *best,
                          const char *hex, const struct train_outcome *out,
                          int64_t parameters)
{
    const char *name = g->plan.name && *g->plan.name ? g->plan.name : "model";

    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "name", name, "path",
                     best, "sha256", hex, "preset", g->plan.preset,
                     "parameters", (json_int_t)parameters, "metrics",
                     metrics_of(&out->best));
}

static int report(struct training *g, const struct train_outcome *out,
                  struct tt_error *err)
{
    char latest[TT_PATH_SIZE], best[TT_PATH_SIZE], hex[TT_SHA256_HEX] = "";
    bool has_best = out->best_path[0];
    struct tt_sha256 sha;
    int64_t parameters = 0;
    json_t *run, *body;

    if (worker_attempt_finish(&g->attempt, latest, best, err) < 0)
        return -1;
    if (tt_sha256_file(has_best ? best : latest, &sha, NULL, err) < 0 ||
        count_parameters(has_best ? best : latest, &parameters, err) < 0)
        return -1;
    tt_sha256_text(&sha, hex);
    g->epoch = out->epochs;
    g->step = out->steps;
    g->best = out->best;
    run = run_body(g);
    body = json_pack("{s:o}", "run", run);
    json_object_set_new(run, "checkpoint",
                        json_string(has_best ? best : latest));
    json_object_set_new(run, "sha256", json_string(hex));
    json_object_set_new(
        run, "summary",
        json_pack("{s:I, s:f, s:I, s:o, s:o}", "images",
                  (json_int_t)out->images, "seconds", out->seconds,
                  "best_epoch", (json_int_t)out->best_epoch, "last",
                  metrics_of(&out->last), "best", metrics_of(&out->best)));
    if (body && g->params.register_model)
        json_object_set_new(
            body, "model",
            model_body(g, has_best ? best : latest, hex, out, parameters));
    g->task->result->body = body;
    return body ? 0 : tt_fail(err, TT_NOMEM, "no memory for the result");
}

/* A resumed run measures again what came after its checkpoint. */
static int tell_resumed(struct training *g, struct tt_error *err)
{
    struct model_checkpoint c;
    char path[TT_PATH_SIZE];

    if (tt_path_join(path, sizeof(path), g->attempt.folder, "latest.h5", err) <
            0 ||
        model_checkpoint_load(&c, path, false, err) < 0)
        return -1;
    worker_notes_set(&g->notes, "rewind", json_integer((json_int_t)c.step));
    worker_notes_event(&g->notes, "resumed at step %llu, attempt %lld",
                       (unsigned long long)c.step,
                       (long long)g->task->chunk->lease.attempt);
    worker_notes_flush(&g->notes);
    model_checkpoint_release(&c);
    return 0;
}

static int train(struct training *g, struct tt_error *err)
{
    struct train_events events = {.ctx = g,
                                  .metric = on_metric,
                                  .stage = on_stage,
                                  .checkpoint = on_checkpoint};
    struct tt_watch watch = {
        .ctx = g, .stop = on_stop, .progress = on_progress};
    struct train_outcome out;
    int rc;

    if (g->attempt.resumed && tell_resumed(g, err) < 0)
        return -1;
    if (worker_crew_call(g->plan.group, g->task->header, err) < 0)
        return -1;
    rc = train_run(&g->plan, &events, &watch, &out, err);
    worker_notes_flush(&g->notes);
    return rc == 0 ? report(g, &out, err) : -1;
}

static int run(struct worker_task *t, struct tt_error *err)
{
    struct training *g = calloc(1, sizeof(*g));
    char folder[TT_PATH_SIZE];
    int rc = -1;

    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory for a training");
    g->task = t;
    worker_notes_init(&g->notes, t->leases, t->chunk);
    if (worker_task_path(t, "run", "folder", folder, err) == 0 &&
        worker_attempt_begin(&g->attempt, folder, &t->chunk->lease, err) == 0 &&
        read_plan(g, err) == 0)
        rc = train(g, err);
    worker_notes_release(&g->notes);
    free(g->about);
    free(g);
    return rc;
}

int worker_run_train_follow(struct worker_engine *engine, const json_t *header,
                            struct tt_error *err)
{
    struct worker_chunk chunk = {.payload.kind = JOB_TRAIN};
    struct worker_task t = {
        .engine = engine, .chunk = &chunk, .header = header};
    struct training *g = calloc(1, sizeof(*g));
    struct train_outcome out;
    int rc;

    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory for a training");
    g->task = &t;
    rc = read_plan(g, err);
    if (rc < 0)
        reduce_abort(engine->group); // the first process waits in train_run
    rc = train_run(&g->plan, NULL, NULL, &out, err);
    free(g->about);
    free(g);
    return rc;
}

const struct worker_runner worker_run_train = {
    .kind = JOB_TRAIN,
    .summary = "a data set into a network",
    .run = run,
};
