#include "cli/commands.h"
#include "cli/curve.h"
#include "cli/record.h"
#include "cli/rows.h"

struct metrics_opts {
    const char *metric;
    long points;
};

// clang-format off
static const struct tt_opt metrics_opts[] = {
    TT_TEXT(metrics_opts, metric, 'm', "NAME", NULL,
            "the course of this one: loss, val_mae_ab …"),
    TT_INT (metrics_opts, points, 'p', "N", "400", 0, 1e9,
            "thinned to so many points; 0: all"),
    TT_OPT_END,
};

static const struct cli_column metrics_columns[] = {
    {"metric", CLI_TEXT,    true, "its name"},
    {"step",   CLI_COUNT,   true, "of training"},
    {"value",  CLI_FIGURES, true, "at that step"},
    {"min",    CLI_FIGURES, true, "of all"},
    {"max",    CLI_FIGURES, true, "of all"},
    {NULL, CLI_TEXT, false, NULL},
};

static const struct cli_column curve_columns[] = {
    {"step",  CLI_COUNT,   true, "of training"},
    {"value", CLI_FIGURES, true, "at that step"},
    {NULL, CLI_TEXT, false, NULL},
};

static const struct cli_column tidy_columns[] = {
    {"run",    CLI_TEXT,    true, "whose"},
    {"metric", CLI_TEXT,    true, "its name"},
    {"step",   CLI_COUNT,   true, "of training"},
    {"epoch",  CLI_FIGURES, true, "done by then"},
    {"value",  CLI_FIGURES, true, "at that step"},
    {NULL, CLI_TEXT, false, NULL},
};
// clang-format on

static int print_latest(struct cli_record *r, const struct db_run *run,
                        struct cli_print *p, struct tt_error *err)
{
    struct db_series *s;
    size_t n;

    if (db_history_series(r->db, run->id, r->mem, &s, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();

        cli_set_text(row, "metric", s[i].name);
        cli_set_count(row, "step", s[i].last_step);
        cli_set_real(row, "value", s[i].last);
        cli_set_real(row, "min", s[i].min);
        cli_set_real(row, "max", s[i].max);
        if (cli_print_row(p, row, err) < 0)
            return -1;
    }
    return 0;
}

static int print_curve(struct cli_record *r, const struct db_run *run,
                       const struct metrics_opts *o, struct cli_print *p,
                       struct tt_error *err)
{
    long long id = (long long)run->id;
    struct db_point *points;
    size_t n;

    if (db_history_metric(r->db, run->id, o->metric, 0, (int)o->points, r->mem,
                          &points, &n, err) < 0)
        return -1;
    if (n == 0)
        return tt_fail(err, TT_MISSING,
                       "run r%lld has no metric \"%s\" (tintype run metrics "
                       "r%lld lists them)",
                       id, o->metric, id);
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();

        cli_set_count(row, "step", points[i].step);
        cli_set_real(row, "value", points[i].value);
        if (cli_print_row(p, row, err) < 0)
            return -1;
    }
    return 0;
}

static int print_series(struct cli_record *r, const struct db_run *run,
                        const char *metric, double epoch_steps,
                        struct cli_print *p, struct tt_error *err)
{
    struct db_point *points;
    size_t n;

    if (db_history_metric(r->db, run->id, metric, 0, 0, r->mem, &points, &n,
                          err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();

        cli_set_id(row, "run", 'r', run->id);
        cli_set_text(row, "metric", metric);
        cli_set_count(row, "step", points[i].step);
        if (epoch_steps > 0)
            cli_set_real(row, "epoch", (double)points[i].step / epoch_steps);
        cli_set_real(row, "value", points[i].value);
        if (cli_print_row(p, row, err) < 0)
            return -1;
    }
    return 0;
}

/* Every value there is, a row each. */
static int print_tidy(struct cli_record *r, const struct db_run *run,
                      struct cli_print *p, struct tt_error *err)
{
    struct db_series *s;
    double epoch_steps;
    size_t n;

    if (cli_curve_epoch(r, run, &epoch_steps, err) < 0 ||
        db_history_series(r->db, run->id, r->mem, &s, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (print_series(r, run, s[i].name, epoch_steps, p, err) < 0)
            return -1;
    }
    return 0;
}

static int metrics(struct cli_context *c, struct tt_error *err)
{
    const struct metrics_opts *o = c->opts;
    bool tidy = c->print.csv && !o->metric;
    struct cli_record r = {NULL, NULL};
    struct cli_print *p = NULL;
    struct db_run run;
    int rc = cli_print_open(&p, c->out, &c->print,
                            o->metric ? curve_columns
                            : tidy    ? tidy_columns
                                      : metrics_columns,
                            o->metric ? "points" : "metrics", err);

    if (rc == 0)
        rc = cli_record_need(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_record_run(&r, c->operands ? c->operand[0] : "@last", &run,
                            err);
    if (rc == 0 && o->metric)
        rc = print_curve(&r, &run, o, p, err);
    else if (rc == 0)
        rc = tidy ? print_tidy(&r, &run, p, err)
                  : print_latest(&r, &run, p, err);
    if (rc == 0)
        rc = cli_print_end(p, err);
    cli_print_close(p);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_run_metrics = {
    .name = "run metrics",
    .operands = "[RUN]",
    .summary = "the measures of a run: the latest of each, or one's course",
    .about = "With --csv and no -m: every value of every measure, one a row "
             "(run, metric, step,\nepoch, value).",
    .example = "tintype run metrics @last -m val_mae_ab\n"
               "tintype run metrics r1 -m loss -p 0 --jsonl\n"
               "tintype run metrics r1 --csv >r1.csv",
    .flags = CLI_DATA | CLI_TABLE,
    .most = 1,
    .opts = metrics_opts,
    .opts_size = sizeof(struct metrics_opts),
    .columns = metrics_columns,
    .run = metrics,
};
