#include <string.h>

#include "model/train/evaluate.h"
#include "shard/format.h"
#include "workers/evaluate_photos.h"
#include "workers/notes.h"
#include "workers/runner.h"

/* One evaluation on its way. */
struct evaluation {
    struct worker_task *task;
    struct worker_notes notes;
    struct job_evaluate params;
    struct evaluate_plan plan;
    const char *source; /* of photos; NULL: a split of the data set */
    struct worker_evaluate_photos photos;
    struct evaluate_result result;
};

/* --- the plan --- */

/* Which of two words; -1 is neither. */
static int either(const char *word, const char *no, const char *yes)
{
    if (strcmp(word, no) == 0)
        return 0;
    return strcmp(word, yes) == 0 ? 1 : -1;
}

static int read_words(struct evaluation *e, struct tt_error *err)
{
    const struct job_evaluate *p = &e->params;
    int skin = either(p->by, "none", "skin");
    int rec601 = either(p->grey, "lstar", "rec601");

    e->plan.split = shard_split_from(p->split);
    e->plan.by_skin = skin == 1;
    e->plan.rec601 = rec601 == 1;
    if (e->plan.split == SHARD_SPLITS)
        return tt_fail(err, TT_USAGE,
                       "--split: \"%s\" is not train, val or test", p->split);
    if (skin < 0)
        return tt_fail(err, TT_USAGE, "--by: \"%s\" is not skin or none",
                       p->by);
    if (rec601 < 0)
        return tt_fail(err, TT_USAGE, "--grey: \"%s\" is not lstar or rec601",
                       p->grey);
    return 0;
}

static int read_plan(struct evaluation *e, struct tt_error *err)
{
    const struct worker_task *t = e->task;

    if (worker_task_params(t, &e->params, err) < 0 || read_words(e, err) < 0 ||
        worker_task_need(t, "model", "path", &e->plan.checkpoint, err) < 0 ||
        backend_precision_parse(t->engine->options->precision,
                                &e->plan.precision, err) < 0)
        return -1;
    e->source = worker_task_text(t, NULL, "photos");
    e->plan.dataset = worker_task_text(t, "dataset", "path");
    e->plan.backend = t->engine->options->device;
    e->plan.threads = t->engine->threads;
    if (!e->source && !e->plan.dataset)
        return tt_fail(err, TT_FORMAT, "the job names no photos");
    return 0;
}

/* --- what it says --- */

static bool on_stop(void *ctx)
{
    struct evaluation *e = ctx;

    return worker_chunk_stop(e->task->chunk);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct evaluation *e = ctx;

    tt_watch_progress(&e->task->watch, done, total);
    if (total > 0)
        worker_notes_progress(&e->notes, done, total);
}

static void put(void *ctx, const char *name, double value)
{
    json_object_set_new(ctx, name, json_real(value));
}

static json_t *values_of(const struct evaluation *e,
                         const struct evaluate_group *g)
{
    json_t *values = json_object();

    evaluate_each(g, e->result.has_lookup, put, values);
    return values;
}

static json_t *groups_of(const struct evaluation *e)
{
    json_t *groups = json_array();

    for (int i = 0; i < e->result.groups; i++) {
        const struct evaluate_group *g = &e->result.group[i];

        json_array_append_new(groups,
                              json_pack("{s:s, s:I, s:o}", "name", g->name,
                                        "photos", (json_int_t)g->photos,
                                        "values", values_of(e, g)));
    }
    return groups;
}

/* How many were left out, and why. */
static json_t *skipped_of(const struct evaluation *e)
{
    json_t *skipped = json_object();

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++) {
        if (v != INGEST_KEPT && e->photos.verdicts[v] > 0)
            json_object_set_new(
                skipped, ingest_verdict_word((enum ingest_verdict)v),
                json_integer((json_int_t)e->photos.verdicts[v]));
    }
    return skipped;
}

static void set_text(json_t *o, const char *name, const char *text)
{
    if (text)
        json_object_set_new(o, name, json_string(text));
}

static json_t *report(const struct evaluation *e)
{
    const struct worker_task *t = e->task;
    const struct evaluate_result *r = &e->result;
    json_t *o =
        json_pack("{s:I, s:i, s:f, s:s, s:o}", "photos", (json_int_t)r->photos,
                  "side", r->side, "seconds", r->seconds, "grey",
                  e->params.grey, "values", values_of(e, &r->all));

    set_text(o, "source", e->source);
    set_text(o, "dataset", e->plan.dataset);
    set_text(o, "split", e->source ? NULL : e->params.split);
    set_text(o, "model", worker_task_text(t, "model", "name"));
    set_text(o, "sha256", worker_task_text(t, "model", "sha256"));
    if (o && e->source)
        json_object_set_new(o, "skipped", skipped_of(e));
    if (o && e->plan.by_skin)
        json_object_set_new(o, "skin", groups_of(e));
    return o ? json_pack("{s:o}", "evaluation", o) : NULL;
}

static int evaluate(struct evaluation *e, struct tt_error *err)
{
    struct tt_watch watch = {
        .ctx = e, .stop = on_stop, .progress = on_progress};

    if (e->source) {
        if (worker_evaluate_photos_load(&e->photos, e->source, &watch, err) < 0)
            return -1;
        e->plan.records = e->photos.records;
        e->plan.n_records = e->photos.n;
    }
    if (evaluate_run(&e->plan, &watch, &e->result, err) < 0)
        return -1;
    e->task->result->body = report(e);
    return e->task->result->body
               ? 0
               : tt_fail(err, TT_NOMEM, "no memory for the result");
}

static int run(struct worker_task *t, struct tt_error *err)
{
    struct evaluation e = {.task = t};
    int rc = read_plan(&e, err);

    worker_notes_init(&e.notes, t->leases, t->chunk);
    if (rc == 0)
        rc = evaluate(&e, err);
    worker_notes_release(&e.notes);
    worker_evaluate_photos_release(&e.photos);
    return rc;
}

const struct worker_runner worker_run_evaluate = {
    .kind = JOB_EVALUATE,
    .summary = "a model over photos, beside what needs no network",
    .run = run,
};
