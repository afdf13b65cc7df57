#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/evaluation.h"
#include "cli/listing.h"
#include "cli/params.h"
#include "cli/rows.h"
#include "cli/when.h"

#define EVENTS 200 /* read at a time */

/* --- list --- */

struct list_opts {
    const char *name;
};

// clang-format off
static const struct tt_opt list_opts[] = {
    TT_TEXT(list_opts, name, 0, "NAME", NULL, "only that name; * and ? match"),
    TT_OPT_END,
};
// clang-format on

static json_t *run_row(struct cli_record *r, const struct db_run *run,
                       int64_t now, struct tt_error *err)
{
    struct db_series *series;
    struct db_point *curve;
    size_t n, k;

    if (db_history_series(r->db, run->id, r->mem, &series, &n, err) < 0 ||
        db_history_means(r->db, run->id, "loss", 8, r->mem, &curve, &k, err) <
            0)
        return NULL;
    return cli_row_run(run, series, n, curve, k, now);
}

/* Which runs are meant. */
struct wanted {
    unsigned states;
    const char *name;
    int64_t since, until, now;
};

static int read_wanted(const struct cli_context *c, struct wanted *w,
                       struct tt_error *err)
{
    const struct list_opts *o = c->opts;

    *w = (struct wanted){
        .name = o->name, .until = INT64_MAX, .now = tt_wall_ms()};
    if (cli_record_states(c->when.status, &w->states, err) < 0 ||
        (c->when.since &&
         cli_when_parse(c->when.since, w->now, &w->since, err) < 0) ||
        (c->when.until &&
         cli_when_parse(c->when.until, w->now, &w->until, err) < 0))
        return -1;
    return 0;
}

static int page(struct cli_listing *l, int most, struct tt_error *err)
{
    const struct wanted *w = l->own;
    struct db_run *rows;
    size_t n;

    if (db_history_runs(l->record.db, w->states, w->name, l->last, most,
                        l->record.mem, &rows, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        json_t *row;

        l->last = rows[i].id;
        if (rows[i].created < w->since || rows[i].created >= w->until)
            continue;
        row = run_row(&l->record, &rows[i], w->now, err);
        if (!row || cli_listing_row(l, rows[i].id, row, err) < 0)
            return -1;
    }
    return (int)n;
}

static int list(struct cli_context *c, struct tt_error *err)
{
    struct wanted w;
    struct cli_listing l = {.own = &w};
    int rc = read_wanted(c, &w, err);

    if (rc == 0)
        rc = cli_listing_print(&l, c, "runs", page, err);
    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_run_list = {
    .name = "run list",
    .summary = "training runs, newest first",
    .example = "tintype run list -s running",
    .flags = CLI_DATA | CLI_TABLE | CLI_WHEN,
    .opts = list_opts,
    .opts_size = sizeof(struct list_opts),
    .columns = cli_run_columns,
    .run = list,
};

/* --- show --- */

static void line(FILE *out, const char *name, const json_t *value)
{
    if (json_is_string(value))
        fprintf(out, "%-10s %s\n", name, json_string_value(value));
}

static void show_head(FILE *out, const struct db_run *run, const json_t *row)
{
    char settings[1200];

    fprintf(out, "run r%lld   %s   %s   job j%lld\n", (long long)run->id,
            run->name, job_state_word(run->state), (long long)run->job);
    line(out, "dataset", json_object_get(row, "dataset"));
    line(out, "preset", json_object_get(row, "preset"));
    line(out, "precision", json_object_get(row, "precision"));
    line(out, "epoch", json_object_get(row, "epoch"));
    if (run->best_name)
        fprintf(out, "%-10s %s %.3f at step %lld\n", "best", run->best_name,
                run->best, (long long)run->best_step);
    line(out, "loss", json_object_get(row, "loss"));
    line(out, "model", json_object_get(row, "model"));
    cli_params_text(JOB_TRAIN, run->params, settings, sizeof(settings));
    fprintf(out, "%-10s %s\n", "settings", settings);
}

static void show_series(FILE *out, const struct db_series *series, size_t n)
{
    if (n > 0)
        fprintf(out, "%-18s %10s %10s %10s %8s\n", "measure", "last", "least",
                "most", "step");
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%-18s %10.4g %10.4g %10.4g %8lld\n", series[i].name,
                series[i].last, series[i].min, series[i].max,
                (long long)series[i].last_step);
}

/* Who said it, where that is another worker than before. */
static void print_said(FILE *out, const struct db_event *e, int64_t *last)
{
    if (e->worker && e->worker != *last)
        fprintf(out, "%s (w%lld)\n", e->body, (long long)e->worker);
    else
        fprintf(out, "%s\n", e->body);
    *last = e->worker ? e->worker : *last;
}

static void print_event(FILE *out, const struct db_event *e, int64_t *last)
{
    const char *body = e->body ? e->body : db_event_word(e->kind);

    if (e->kind == DB_EVENT_STRIKE && e->worker)
        fprintf(out, "worker w%lld %s (%s)\n", (long long)e->worker,
                strstr(body, "lease ended") ? "lost" : "failed", body);
    else if (e->kind == DB_EVENT_SAID && e->body)
        print_said(out, e, last);
    else if (e->body &&
             (e->kind == DB_EVENT_PAUSED || e->kind == DB_EVENT_RESUMED ||
              e->kind == DB_EVENT_CANCELLED))
        fprintf(out, "%s %s\n", db_event_word(e->kind), body);
    else
        fprintf(out, "%s\n", body);
}

/* The story, by the clock of the job, with the end as its last line. */
static int show_story(FILE *out, struct cli_record *r, const struct db_run *run,
                      struct tt_error *err)
{
    struct db_event *rows;
    char at[32], hash[32] = "";
    int64_t after = 0, worker = 0,
            start = run->started ? run->started : run->created;
    size_t n = 1;

    while (n > 0) {
        if (db_history_events(r->db, run->job, after, EVENTS, r->mem, &rows, &n,
                              err) < 0)
            return -1;
        for (size_t i = 0; i < n; i++) {
            after = rows[i].id;
            if (rows[i].kind == DB_EVENT_ENDED && run->ended)
                continue; /* it is the last line */
            cli_text_elapsed(rows[i].at - start, at, sizeof(at));
            fprintf(out, "%s  ", at);
            print_event(out, &rows[i], &worker);
        }
    }
    if (!run->ended)
        return 0;
    cli_text_elapsed(run->ended - start, at, sizeof(at));
    fprintf(out, "%s  %s", at, job_state_word(run->state));
    if (run->has_sha256) {
        cli_text_hash(&run->sha256, hash, sizeof(hash));
        fprintf(out, "   checkpoint %s", hash);
    }
    fputc('\n', out);
    return 0;
}

static json_t *series_json(const struct db_series *s, size_t n)
{
    json_t *all = json_object();

    for (size_t i = 0; i < n; i++)
        json_object_set_new(all, s[i].name,
                            json_pack("{s:I, s:f, s:f, s:f}", "step",
                                      (json_int_t)s[i].last_step, "last",
                                      s[i].last, "min", s[i].min, "max",
                                      s[i].max));
    return all;
}

static int show_run(struct cli_context *c, struct cli_record *r,
                    const struct db_run *run, struct tt_error *err)
{
    struct db_series *series;
    json_t *row, *evaluations;
    size_t n;
    int rc;

    if (db_history_series(r->db, run->id, r->mem, &series, &n, err) < 0)
        return -1;
    tt_clear(err);
    row = run_row(r, run, tt_wall_ms(), err);
    if (!row)
        return err->code ? -1 : tt_fail(err, TT_NOMEM, "no memory for a run");
    cli_set_json(row, "params", run->params);
    cli_set_json(row, "summary", run->summary);
    json_object_set_new(row, "series", series_json(series, n));
    evaluations = cli_evaluation_of_model(r, run->model, err);
    if (!evaluations) {
        json_decref(row);
        return -1;
    }
    json_object_set_new(row, "evaluations", evaluations);
    if (!cli_print_human(&c->print))
        return cli_print_document(c->out, &c->print, "run", row, err);
    show_head(c->out, run, row);
    show_series(c->out, series, n);
    cli_evaluation_lines(evaluations, c->out);
    rc = show_story(c->out, r, run, err);
    json_decref(row);
    return rc;
}

static int show(struct cli_context *c, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    struct db_run run;
    int rc = cli_record_need(&r, &c->settings, err);

    if (rc == 0)
        rc = cli_record_run(&r, c->operands ? c->operand[0] : "@last", &run,
                            err);
    if (rc == 0)
        rc = show_run(c, &r, &run, err);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_run_show = {
    .name = "run show",
    .operands = "[RUN]",
    .summary = "all about one run: settings, measures, what happened",
    .about = "RUN is an id (r1), a name, @last (meant when none is named), "
             "@best, the lowest\nvalidation error of all, or a job's id (j5), "
             "meaning its run.",
    .example = "tintype run show @best",
    .flags = CLI_DATA,
    .most = 1,
    .run = show,
};
