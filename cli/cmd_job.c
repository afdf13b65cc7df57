#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/evaluation.h"
#include "cli/listing.h"
#include "cli/params.h"
#include "cli/rows.h"
#include "cli/summary.h"
#include "cli/when.h"

#define EVENTS 500 /* read at a time */

/* --- list --- */

struct list_opts {
    const char *kind;
    const char *name;
    const char *owner;
};

// clang-format off
static const struct tt_opt list_opts[] = {
    TT_TEXT(list_opts, kind, 'k', "KIND", NULL,
            "only colorize, ingest, train or evaluate"),
    TT_TEXT(list_opts, name, 0, "NAME", NULL, "only that name; * and ? match"),
    TT_TEXT(list_opts, owner, 'u', "WHO", NULL, "only those of that user"),
    TT_OPT_END,
};
// clang-format on

static int read_filter(const struct cli_context *c, struct db_history_filter *f,
                       struct tt_error *err)
{
    const struct list_opts *o = c->opts;
    int64_t now = tt_wall_ms();

    memset(f, 0, sizeof(*f));
    if (cli_record_states(c->when.status, &f->states, err) < 0)
        return -1;
    if (c->when.since && cli_when_parse(c->when.since, now, &f->since, err) < 0)
        return tt_wrap(err, "--since");
    if (c->when.until && cli_when_parse(c->when.until, now, &f->until, err) < 0)
        return tt_wrap(err, "--until");
    if (o->kind && !(f->kind = job_kind_from(o->kind)))
        return tt_fail(err, TT_USAGE,
                       "--kind: \"%s\" is not colorize, ingest, train or "
                       "evaluate",
                       o->kind);
    f->name = o->name;
    f->owner = o->owner;
    return 0;
}

static int page(struct cli_listing *l, int most, struct tt_error *err)
{
    struct db_history_filter *f = l->own;
    int64_t now = tt_wall_ms();
    struct db_job *rows;
    size_t n;

    f->limit = most;
    f->before = l->last;
    if (db_history_jobs(l->record.db, f, l->record.mem, &rows, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (cli_listing_row(l, rows[i].id, cli_row_job(&rows[i], now), err) < 0)
            return -1;
    }
    return (int)n;
}

static int list(struct cli_context *c, struct tt_error *err)
{
    struct db_history_filter f;
    struct cli_listing l = {.own = &f};
    int rc = read_filter(c, &f, err);

    if (rc == 0)
        rc = cli_listing_print(&l, c, "jobs", page, err);
    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_job_list = {
    .name = "job list",
    .summary = "jobs, newest first",
    .example =
        "tintype job list -S \"1 hour ago\" -s partial,failed\n"
        "tintype job list --jsonl | jq -r 'select(.kind==\"colorize\").id'",
    .flags = CLI_DATA | CLI_TABLE | CLI_WHEN,
    .opts = list_opts,
    .opts_size = sizeof(struct list_opts),
    .columns = cli_job_columns,
    .run = list,
};

/* --- show --- */

static json_t *event_row(const struct db_event *e)
{
    json_t *row = json_object();

    cli_set_time(row, "at", e->at);
    cli_set_text(row, "event", db_event_word(e->kind));
    cli_set_text(row, "text", e->body);
    return row;
}

static int events(struct cli_record *r, int64_t job, json_t *into,
                  struct tt_error *err)
{
    struct db_event *rows;
    json_t *list_of = json_array();
    int64_t after = 0;
    size_t n = 1;

    while (n > 0) {
        if (db_history_events(r->db, job, after, EVENTS, r->mem, &rows, &n,
                              err) < 0)
            break;
        for (size_t i = 0; i < n; i++) {
            json_array_append_new(list_of, event_row(&rows[i]));
            after = rows[i].id;
        }
    }
    json_object_set_new(into, "events", list_of);
    return n == 0 ? 0 : -1;
}

static void show_line(FILE *out, const char *name, const char *value)
{
    if (value && *value)
        fprintf(out, "%-10s %s\n", name, value);
}

static void show_people(struct cli_context *c, const struct db_job *j,
                        const json_t *row)
{
    const json_t *e;
    char counts[160], safe[1200];
    size_t i;

    fprintf(c->out, "job j%lld   %s   %s   %s\n", (long long)j->id,
            json_string_value(json_object_get(row, "kind")),
            job_state_word(j->state),
            json_string_value(json_object_get(row, "elapsed")));
    if (j->kind == JOB_COLORIZE) {
        cli_summary_counts(j->done, j->failed, j->skipped, 0, counts,
                           sizeof(counts));
        fprintf(c->out, "%-10s %s, of %lld\n", "items", counts,
                (long long)j->total);
    } else {
        show_line(c->out, "items",
                  json_string_value(json_object_get(row, "items")));
    }
    cli_text_safe(j->name, safe, sizeof(safe));
    show_line(c->out, "name", safe);
    cli_text_safe(j->outdir ? j->outdir : "", safe, sizeof(safe));
    show_line(c->out, "out", safe);
    show_line(c->out, "model",
              json_string_value(json_object_get(row, "model")));
    show_line(c->out, "dataset",
              json_string_value(json_object_get(row, "dataset")));
    show_line(c->out, "owner", j->owner);
    cli_params_text(j->kind, j->params, safe, sizeof(safe));
    show_line(c->out, "settings", safe);
    show_line(c->out, "error", j->error);
    json_array_foreach(json_object_get(row, "events"), i, e)
    {
        const char *text = json_string_value(json_object_get(e, "text"));

        fprintf(c->out, "%s  %-10s %s\n",
                json_string_value(json_object_get(e, "at")),
                json_string_value(json_object_get(e, "event")),
                text ? text : "");
    }
}

static int show(struct cli_context *c, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    struct db_job job = {0};
    json_t *row = NULL;
    int rc = cli_record_need(&r, &c->settings, err);

    if (rc == 0)
        rc = cli_record_job(&r, c->operands ? c->operand[0] : "@last", &job,
                            err);
    if (rc == 0) {
        row = cli_row_job(&job, tt_wall_ms());
        cli_set_json(row, "params", job.params);
        cli_set_json(row, "result", job.result);
        cli_set_path(row, "manifest", job.manifest);
        rc = events(&r, job.id, row, err);
    }
    if (rc == 0 && !cli_print_human(&c->print))
        rc =
            cli_print_document(c->out, &c->print, "job", json_incref(row), err);
    else if (rc == 0) {
        show_people(c, &job, row);
        if (job.kind == JOB_EVALUATE && job.result)
            cli_evaluation_table(json_object_get(row, "result"), c->out);
    }
    json_decref(row);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_job_show = {
    .name = "job show",
    .operands = "[JOB]",
    .summary = "all about one job",
    .about = "JOB is an id (j7), a name, or @last, the newest, which is meant "
             "when none is named.",
    .example = "tintype job show @last",
    .flags = CLI_DATA,
    .most = 1,
    .run = show,
};

/* --- outputs --- */

struct outputs_opts {
    bool failed, skipped, ok;
};

// clang-format off
static const struct tt_opt outputs_opts[] = {
    TT_FLAG(outputs_opts, failed, 0, "only those that failed"),
    TT_FLAG(outputs_opts, skipped, 0, "only those passed over"),
    TT_FLAG(outputs_opts, ok, 0, "only those that ended well"),
    TT_OPT_END,
};
// clang-format on

static unsigned asked_states(const struct outputs_opts *o)
{
    return (o->failed ? DB_STATE(PHOTO_FAILED) : 0) |
           (o->skipped ? DB_STATE(PHOTO_SKIPPED) : 0) |
           (o->ok ? DB_STATE(PHOTO_OK) : 0);
}

static int output_page(struct cli_listing *l, int most, struct tt_error *err)
{
    const struct db_job *job = l->own;
    struct db_photo *rows;
    size_t n;

    if (db_history_photos(l->record.db, job->id, asked_states(l->c->opts),
                          l->last, most, l->record.mem, &rows, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct db_photo *row = &rows[i];

        if (cli_print_human(&l->c->print)) {
            row->in = row->in ? cli_text_path(row->in) : NULL;
            row->out = row->out ? cli_text_path(row->out) : NULL;
        }
        if (cli_listing_row(l, row->index, cli_row_photo(row), err) < 0)
            return -1;
    }
    return (int)n;
}

static int outputs(struct cli_context *c, struct tt_error *err)
{
    struct db_job job = {0};
    struct cli_listing l = {.last = -1, .own = &job};
    int rc = cli_record_need(&l.record, &c->settings, err);

    if (rc == 0)
        rc = cli_record_job(&l.record, c->operands ? c->operand[0] : "@last",
                            &job, err);
    if (rc == 0)
        rc = cli_listing_print(&l, c, "outputs", output_page, err);
    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_job_outputs = {
    .name = "job outputs",
    .operands = "[JOB]",
    .summary = "the items of a job: what came of each, and why not",
    .about = "Without JOB: the newest. A list shows 100 rows unless -l says "
             "otherwise (-l 0: all).",
    .example = "tintype job outputs @last --failed\n"
               "tintype job outputs j2 --jsonl -l 0",
    .flags = CLI_DATA | CLI_TABLE,
    .most = 1,
    .opts = outputs_opts,
    .opts_size = sizeof(struct outputs_opts),
    .columns = cli_photo_columns,
    .run = outputs,
};
