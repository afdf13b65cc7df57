#include <string.h>

#include "workers/runner.h"

static int read_recipe(const struct worker_task *t, struct worker_recipe *r,
                       struct tt_error *err)
{
    struct job_colorize p;

    if (worker_task_params(t, &p, err) < 0 ||
        worker_task_need(t, "model", "path", &r->model, err) < 0)
        return -1;
    r->sha256 = worker_task_text(t, "model", "sha256");
    r->side = (int)p.size;
    if (r->side <= 0)
        return tt_fail(err, TT_USAGE, "the job does not say --size");
    r->strength = (float)p.strength;
    r->force = p.force;
    r->metadata = p.metadata;
    r->quality = (int)p.quality;
    r->same = !p.format || strcmp(p.format, "same") == 0;
    if (!r->same && image_format_parse(p.format, &r->format) < 0)
        return tt_fail(err, TT_USAGE, "--format: \"%s\" is not known",
                       p.format);
    return 0;
}

static int run(struct worker_task *t, struct tt_error *err)
{
    struct worker_engine *e = t->engine;
    struct worker_recipe recipe = {0};
    const char *folder;
    int rc;

    if (read_recipe(t, &recipe, err) < 0 ||
        worker_task_need(t, NULL, "out", &folder, err) < 0)
        return -1;
    if (!e->pipeline &&
        worker_pipeline_open(&e->pipeline, e->options, e->threads, err) < 0)
        return -1;
    rc = worker_pipeline_run(e->pipeline, t->chunk, &recipe, t->manifest,
                             folder, t->result, err);
    if (rc == 0)
        return tt_fail(err, TT_CANCEL, "told to stop");
    return rc < 0 ? -1 : 0;
}

const struct worker_runner worker_run_colorize = {
    .kind = JOB_COLORIZE,
    .summary = "photos into coloured photos",
    .run = run,
};
