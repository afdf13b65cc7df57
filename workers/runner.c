#include "workers/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "workers/held.h"
#include "workers/publish.h"

const struct worker_runner *const worker_runners[] = {
    &worker_run_colorize,
    &worker_run_ingest,
    &worker_run_train,
    &worker_run_evaluate,
    NULL,
};

/* --- what runners ask of a task --- */

int worker_task_params(const struct worker_task *t, void *into,
                       struct tt_error *err)
{
    const struct job_kind_info *kind = job_kind_info(t->chunk->payload.kind);

    return tt_opt_from_json(kind->opts, into,
                            json_object_get(t->header, "params"), err);
}

const char *worker_task_text(const struct worker_task *t, const char *object,
                             const char *name)
{
    const json_t *in = object ? json_object_get(t->header, object) : t->header;

    return json_string_value(json_object_get(in, name));
}

int worker_task_need(const struct worker_task *t, const char *object,
                     const char *name, const char **out, struct tt_error *err)
{
    *out = worker_task_text(t, object, name);
    if (*out && **out)
        return 0;
    return tt_fail(err, TT_FORMAT, "the job's manifest has no %s%s%s",
                   object ? object : "", object ? "." : "", name);
}

int worker_task_path(const struct worker_task *t, const char *object,
                     const char *name, char path[TT_PATH_SIZE],
                     struct tt_error *err)
{
    const char *manifest = t->chunk->payload.manifest, *text;
    size_t state = (size_t)(tt_path_name(manifest) - manifest);
    char folder[TT_PATH_SIZE];

    if (worker_task_need(t, object, name, &text, err) < 0)
        return -1;
    while (state > 0 && manifest[state - 1] == '/')
        state--;
    while (state > 0 && manifest[state - 1] != '/')
        state--;
    snprintf(folder, sizeof(folder), "%.*s", (int)state, manifest);
    return tt_path_join(path, TT_PATH_SIZE, folder, text, err);
}

/* --- one chunk --- */

static bool watch_stop(void *ctx)
{
    return worker_chunk_stop(ctx);
}

static void watch_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct worker_chunk *chunk = ctx;

    worker_chunk_move(chunk, chunk->payload.first, done, total);
}

static const struct worker_runner *find(enum job_kind kind)
{
    for (size_t i = 0; worker_runners[i]; i++) {
        if (worker_runners[i]->kind == kind)
            return worker_runners[i];
    }
    return NULL;
}

static int run(struct worker_task *t, struct tt_error *err)
{
    const struct job_payload *p = &t->chunk->payload;
    const struct worker_runner *runner = find(p->kind);
    int rc;

    if (!runner)
        return tt_fail(err, TT_BUG, "nobody runs jobs of kind %d", p->kind);
    if (job_manifest_open(&t->manifest, p->manifest, err) < 0)
        return -1;
    t->header = job_manifest_header(t->manifest);
    rc = p->at ? job_manifest_seek(t->manifest, p->at, err) : 0;
    if (rc == 0)
        rc = runner->run(t, err);
    job_manifest_close(t->manifest);
    t->manifest = NULL;
    return rc;
}

/* What is no fault of the work but of this host: others may do better. */
static bool is_host_fault(const struct tt_error *err)
{
    return err->code == TT_UNAVAILABLE ||
           (err->code == TT_OUTPUT && worker_publish_is_host(err));
}

static void say(struct worker_task *t, json_t *note)
{
    if (note)
        worker_lease_note(t->leases, t->chunk, json_dumps(note, JSON_COMPACT));
    json_decref(note);
}

static void say_fault(struct worker_task *t, const struct tt_error *err)
{
    say(t,
        json_pack("{s:i, s:[s]}", "v", JOB_WIRE_VERSION, "events", err->text));
    worker_lease_fault(t->leases, err);
}

/* In the record a job runs from its first sign of life on: one chunk of it
 * gives one early, the others by their results. */
static void say_begun(struct worker_task *t)
{
    if (t->chunk->payload.first == 0)
        say(t, json_pack("{s:i}", "v", JOB_WIRE_VERSION));
}

/* What was done so far goes into the record; the rest is for others, and no
 * attempt is counted against it. */
static void give_unfinished(struct worker_task *t)
{
    char *body = NULL;

    if (t->chunk->gone) {
        worker_lease_give(t->leases, t->chunk, WORKER_DROP, NULL);
        return;
    }
    if (t->result->n_photos > 0)
        body = job_result_text(t->result);
    worker_lease_give(t->leases, t->chunk, body ? WORKER_PART : WORKER_RELEASE,
                      body);
}

static void give(struct worker_task *t, int rc, const struct tt_error *err)
{
    if (rc == 0) {
        worker_lease_give(t->leases, t->chunk, WORKER_DONE,
                          job_result_text(t->result));
        return;
    }
    if (err->code != TT_CANCEL)
        tt_log(TT_WARN, "chunk %s: %s", t->chunk->lease.chunk, err->text);
    if (is_host_fault(err))
        say_fault(t, err);
    if (is_host_fault(err) || err->code == TT_CANCEL)
        give_unfinished(t);
    else
        worker_lease_give(t->leases, t->chunk, WORKER_FAIL,
                          worker_fail_text(err, t->chunk->cursor));
}

void worker_runner_do(struct worker_engine *engine, struct worker_lease *leases,
                      struct worker_chunk *chunk)
{
    struct job_result result = {0};
    struct worker_task t = {
        .engine = engine,
        .leases = leases,
        .chunk = chunk,
        .watch = {.ctx = chunk, .stop = watch_stop, .progress = watch_progress},
        .result = &result};
    int64_t begun = tt_steady_ms();
    struct tt_error err;
    char name[QUEUE_CHUNK_SIZE];
    int rc;

    tt_clear(&err);
    snprintf(name, sizeof(name), "%s", chunk->lease.chunk);
    say_begun(&t);
    rc = run(&t, &err);
    if (rc == 0)
        tt_log(TT_INFO, "chunk %s done in %lld ms", name,
               (long long)(tt_steady_ms() - begun));
    give(&t, rc, &err);
    job_result_release(&result);
}

void worker_engine_release(struct worker_engine *engine)
{
    worker_pipeline_close(engine->pipeline);
    engine->pipeline = NULL;
}
