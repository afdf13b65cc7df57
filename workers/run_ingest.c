#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ingest/ingest.h"
#include "ingest/parts.h"
#include "workers/ingest_plan.h"
#include "workers/notes.h"
#include "workers/runner.h"

/* The watch of an ingest: moves the chunk, and tells how far it is. */
struct telling {
    struct worker_task *task;
    struct worker_notes notes;
};

static bool stop(void *ctx)
{
    struct telling *g = ctx;

    return worker_chunk_stop(g->task->chunk);
}

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    struct telling *g = ctx;

    tt_watch_progress(&g->task->watch, done, total);
    worker_notes_progress(&g->notes, done, total);
}

static int read_sources(const struct worker_task *t, struct ingest_plan *plan,
                        const char ***hold, struct tt_error *err)
{
    const json_t *list = json_object_get(t->header, "sources");
    size_t n = json_array_size(list);
    const char **sources = calloc(n + 1, sizeof(*sources));

    *hold = sources;
    if (!sources)
        return tt_fail(err, TT_NOMEM, "no memory for %zu sources", n);
    for (size_t i = 0; i < n; i++) {
        sources[i] = json_string_value(json_array_get(list, i));
        if (!sources[i])
            return tt_fail(err, TT_FORMAT, "a source that is no text");
    }
    if (n == 0)
        return tt_fail(err, TT_FORMAT, "the job's manifest has no sources");
    plan->sources = sources;
    plan->n_sources = n;
    return 0;
}

static json_t *shards(const struct ingest_outcome *o)
{
    static const char *const words[] = {"train", "val", "test"};
    json_t *list = json_array();
    char hex[TT_SHA256_HEX];

    for (size_t i = 0; i < o->n_shards; i++) {
        const struct shard_file *f = &o->shards[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:I, s:s}", "path",
                                        f->name, "split", words[f->split],
                                        "records", (json_int_t)f->records,
                                        "bytes", (json_int_t)f->bytes, "sha256",
                                        tt_sha256_text(&f->sha256, hex)));
    }
    return list;
}

static json_t *refusals(const struct ingest_outcome *o)
{
    json_t *counts = json_object();

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++) {
        if (v != INGEST_KEPT && o->verdicts[v] > 0)
            json_object_set_new(counts,
                                ingest_verdict_word((enum ingest_verdict)v),
                                json_integer((json_int_t)o->verdicts[v]));
    }
    return counts;
}

static json_t *report(const struct worker_task *t,
                      const struct ingest_plan *plan,
                      const struct ingest_outcome *o)
{
    const uint64_t *r = o->records;
    const char *name = worker_task_text(t, NULL, "name");
    char hex[TT_SHA256_HEX];
    json_t *d = json_pack(
        "{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:b, s:o, "
        "s:o}",
        "name", name && *name ? name : "dataset", "path", plan->out, "sha256",
        tt_sha256_text(&o->sha256, hex), "side", SHARD_SIDE, "seen",
        (json_int_t)o->seen, "records", (json_int_t)o->verdicts[INGEST_KEPT],
        "train", (json_int_t)r[SHARD_TRAIN], "val", (json_int_t)r[SHARD_VAL],
        "test", (json_int_t)r[SHARD_TEST], "bytes", (json_int_t)o->bytes,
        "seconds", o->seconds, "was_there", o->was_there, "refused",
        refusals(o), "shards", shards(o));

    if (d)
        json_object_set(d, "params", json_object_get(t->header, "params"));
    return d ? json_pack("{s:o}", "dataset", d) : NULL;
}

static int ingest(struct telling *g, const struct ingest_plan *plan,
                  struct tt_error *err)
{
    struct tt_watch watch = {.ctx = g, .stop = stop, .progress = progress};
    struct ingest_outcome outcome = {0};
    int rc = ingest_run(plan, &watch, &outcome, err);

    if (rc == 0) {
        worker_notes_progress(&g->notes, outcome.seen, outcome.seen);
        worker_notes_flush(&g->notes); /* the last one, however soon */
        g->task->result->body = report(g->task, plan, &outcome);
        if (!g->task->result->body)
            rc = tt_fail(err, TT_NOMEM, "no memory for the result");
    }
    ingest_outcome_release(&outcome);
    return rc;
}

/* What moves the chunk says nothing of the job. */
static void move(void *ctx, uint64_t done, uint64_t total)
{
    struct telling *g = ctx;

    tt_watch_progress(&g->task->watch, done, total);
}

/* Units behind the first are parts that help it, the last part first. What
 * fails here is no failure of the job, unless it is this host's. */
static int help(struct telling *g, const struct ingest_plan *plan, int64_t unit,
                struct tt_error *err)
{
    struct tt_watch watch = {.ctx = g, .stop = stop, .progress = move};
    json_int_t parts =
        json_integer_value(json_object_get(g->task->header, "parts"));
    int rc = 0;

    if (unit <= parts && plan->part_photos)
        rc = ingest_parts_make(plan, (uint64_t)(parts + 1 - unit), &watch, err);
    if (rc < 0 && err->code != TT_CANCEL && err->code != TT_OUTPUT) {
        tt_log(TT_WARN, "a part of %s: %s", plan->out, err->text);
        rc = 0;
    }
    if (rc == 0)
        g->task->result->body = json_object();
    return rc;
}

static int run(struct worker_task *t, struct tt_error *err)
{
    struct telling g = {.task = t};
    struct job_ingest params;
    struct ingest_plan plan;
    const char **sources = NULL;
    int rc = -1;

    worker_notes_init(&g.notes, t->leases, t->chunk);
    if (worker_task_params(t, &params, err) < 0)
        goto out;
    worker_ingest_plan(&params, &plan);
    if (worker_task_need(t, NULL, "out", &plan.out, err) == 0 &&
        read_sources(t, &plan, &sources, err) == 0) {
        plan.threads = t->engine->threads;
        plan.part_photos = (uint64_t)json_integer_value(
            json_object_get(t->header, "part_photos"));
        rc = t->chunk->payload.first
                 ? help(&g, &plan, t->chunk->payload.first, err)
                 : ingest(&g, &plan, err);
    }

out:
    worker_notes_release(&g.notes);
    free(sources);
    return rc;
}

const struct worker_runner worker_run_ingest = {
    .kind = JOB_INGEST,
    .summary = "photos into the shards of a data set",
    .run = run,
};
