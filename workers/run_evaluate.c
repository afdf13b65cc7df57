#include <string.h>

#include "model/train/evaluate.h"
#include "workers/runner.h"

static int read_split(const char *word, enum shard_split *out,
                      struct tt_error *err)
{
    static const char *const words[] = {"train", "val", "test"};

    for (int i = 0; i < SHARD_SPLITS; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (enum shard_split)i;
            return 0;
        }
    }
    return tt_fail(err, TT_USAGE, "--split: \"%s\" is not train, val or test",
                   word);
}

static void put(void *ctx, const char *name, double value)
{
    json_object_set_new(ctx, name, json_real(value));
}

static json_t *report(const struct worker_task *t,
                      const struct job_evaluate *params,
                      const struct evaluate_plan *plan,
                      const struct evaluate_result *r)
{
    const char *name = worker_task_text(t, "model", "name");
    const char *sha256 = worker_task_text(t, "model", "sha256");
    json_t *values = json_object();
    json_t *o;

    evaluate_each(r, put, values);
    o = json_pack("{s:s, s:I, s:i, s:f, s:s, s:o}", "split", params->split,
                  "photos", (json_int_t)r->photos, "side", r->side, "seconds",
                  r->seconds, "dataset", plan->dataset, "values", values);
    if (o && name)
        json_object_set_new(o, "model", json_string(name));
    if (o && sha256)
        json_object_set_new(o, "sha256", json_string(sha256));
    return o ? json_pack("{s:o}", "evaluation", o) : NULL;
}

static int run(struct worker_task *t, struct tt_error *err)
{
    struct evaluate_plan plan = {0};
    struct evaluate_result r;
    struct job_evaluate params;

    if (worker_task_params(t, &params, err) < 0 ||
        read_split(params.split, &plan.split, err) < 0 ||
        worker_task_need(t, "model", "path", &plan.checkpoint, err) < 0 ||
        worker_task_need(t, "dataset", "path", &plan.dataset, err) < 0 ||
        backend_precision_parse(t->engine->options->precision, &plan.precision,
                                err) < 0)
        return -1;
    plan.threads = t->engine->threads;
    if (evaluate_run(&plan, &t->watch, &r, err) < 0)
        return -1;
    t->result->body = report(t, &params, &plan, &r);
    if (!t->result->body)
        return tt_fail(err, TT_NOMEM, "no memory for the result");
    return 0;
}

const struct worker_runner worker_run_evaluate = {
    .kind = JOB_EVALUATE,
    .summary = "a model over one split of a data set",
    .run = run,
};
