#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chart/chart.h"
#include "cli/commands.h"
#include "cli/curve.h"
#include "cli/record.h"
#include "cli/rows.h"

enum {
    MOST_RUNS = 12,
    MOST_METRICS = 8,
    MOST_LINES = MOST_RUNS * MOST_METRICS + 2 * MOST_RUNS,
    LABEL_SIZE = 96,
    NAME_SIZE = 48,
    POINTS = 300, /* of a curve; more values become means */
    ROWS = 16     /* of a panel in the terminal */
};

struct plot_opts {
    const char *metric;
    const char *out;
    const char *axis;
    bool force;
};

// clang-format off
static const struct tt_opt plot_opts[] = {
    TT_TEXT(plot_opts, metric, 'm', "NAME,…", NULL,
            "these measures, a panel for each kind; else the losses, or "
            "val_mae_ab where they change on the way"),
    TT_TEXT(plot_opts, out, 'o', "FILE", NULL,
            ".svg, .pdf or .png; without it: in the terminal"),
    TT_TEXT(plot_opts, axis, 'x', "AXIS", "epoch", "epoch or step"),
    TT_FLAG(plot_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

/* What goes into a chart, until it is drawn. */
struct plot {
    struct cli_record r;
    struct db_run run[MOST_RUNS];
    int runs;
    char metric[MOST_METRICS][NAME_SIZE];
    int metrics;
    double epoch_steps[MOST_RUNS]; /* 0: the axis shows steps */
    struct chart_line line[MOST_METRICS][MOST_LINES];
    char label[MOST_METRICS][MOST_LINES][LABEL_SIZE];
    struct chart_panel panel[MOST_METRICS];
    char title[400];
    struct chart chart;
};

static int read_metrics(struct plot *p, const char *list, struct tt_error *err)
{
    while (*list) {
        size_t n = strcspn(list, ",");

        if (n == 0 || n >= NAME_SIZE || p->metrics == MOST_METRICS)
            return tt_fail(err, TT_USAGE,
                           "-m: from 1 to %d names with a comma between",
                           MOST_METRICS);
        snprintf(p->metric[p->metrics++], NAME_SIZE, "%.*s", (int)n, list);
        list += n + (list[n] == ',');
    }
    return 0;
}

static int read_runs(struct plot *p, const struct cli_context *c,
                     struct tt_error *err)
{
    int n = c->operands ? c->operands : 1;

    for (int i = 0; i < n; i++) {
        if (cli_record_run(&p->r, c->operands ? c->operand[i] : "@last",
                           &p->run[i], err) < 0)
            return -1;
        p->runs++;
    }
    return 0;
}

/* What is plotted if nothing is named. Losses of several stages are not of one
 * scale, so that a curve of them would show the change alone. */
static const char *usual_metrics(const struct plot *p)
{
    const char *names = "train_loss,val_loss";

    for (int i = 0; i < p->runs; i++) {
        json_t *params =
            p->run[i].params ? json_loads(p->run[i].params, 0, NULL) : NULL;
        const char *losses =
            json_string_value(json_object_get(params, "schedule"));

        if (losses && strchr(losses, ','))
            names = "val_mae_ab";
        json_decref(params);
    }
    return names;
}

/* Epochs, if those of every run are known; else steps. */
static int choose_axis(struct plot *p, const char *axis, struct tt_error *err)
{
    bool epochs = strcmp(axis, "epoch") == 0;

    if (!epochs && strcmp(axis, "step") != 0)
        return tt_fail(err, TT_USAGE, "-x: \"%s\" is not epoch or step", axis);
    for (int i = 0; i < p->runs; i++) {
        if (cli_curve_epoch(&p->r, &p->run[i], &p->epoch_steps[i], err) < 0)
            return -1;
        epochs = epochs && p->epoch_steps[i] > 0;
    }
    for (int i = 0; i < p->runs && !epochs; i++)
        p->epoch_steps[i] = 0;
    p->chart.x_label = epochs ? "epoch" : "step";
    p->chart.x_whole = true;
    return 0;
}

/* --- lines --- */

static int add_line(struct plot *p, size_t panel, const char *metric, int run,
                    bool level, const char *label, struct tt_error *err)
{
    struct chart_panel *to = &p->panel[panel];
    struct chart_line *line = &p->line[panel][to->n];
    struct cli_curve curve;

    if (cli_curve_load(&p->r, &p->run[run], metric, POINTS, p->epoch_steps[run],
                       &curve, err) < 0)
        return -1;
    if (curve.n == 0)
        return 0;
    snprintf(p->label[panel][to->n], LABEL_SIZE, "%s", label);
    *line = (struct chart_line){.label = p->label[panel][to->n],
                                .x = curve.x,
                                .y = curve.y,
                                .n = curve.n,
                                .level = level};
    if (level) { /* the latest: of the side that the photos have by now */
        line->y += curve.n - 1;
        line->n = 1;
    }
    to->n++;
    return 0;
}

static size_t panel_for(struct plot *p, const char *metric)
{
    const char *words = cli_curve_words(cli_curve_measure(metric));
    size_t i;

    for (i = 0; i < p->chart.n; i++)
        if (strcmp(p->panel[i].y_label, words) == 0)
            return i;
    p->panel[i] = (struct chart_panel){words, p->line[i], 0};
    p->chart.n++;
    return i;
}

static int add_metric(struct plot *p, int m, struct tt_error *err)
{
    size_t panel = panel_for(p, p->metric[m]);
    char label[LABEL_SIZE];

    for (int i = 0; i < p->runs; i++) {
        if (p->runs > 1)
            snprintf(label, sizeof(label), "r%lld %.40s %s",
                     (long long)p->run[i].id, p->run[i].name, p->metric[m]);
        else
            snprintf(label, sizeof(label), "%s", p->metric[m]);
        if (add_line(p, panel, p->metric[m], i, false, label, err) < 0)
            return -1;
    }
    return 0;
}

/* Runs on one dataset have the same baselines. */
static bool dataset_was_there(const struct plot *p, int run)
{
    for (int i = 0; i < run; i++) {
        if (p->run[i].dataset == p->run[run].dataset)
            return true;
    }
    return false;
}

static int add_levels(struct plot *p, size_t panel, const char *measure,
                      struct tt_error *err)
{
    static const char *const who[] = {"gray", "lookup"};
    char metric[NAME_SIZE + 16], label[LABEL_SIZE];

    for (int i = 0; i < p->runs; i++) {
        for (int k = 0; k < 2 && !dataset_was_there(p, i); k++) {
            snprintf(metric, sizeof(metric), "%s_%s", who[k], measure);
            if (i == 0)
                snprintf(label, sizeof(label), "%s", who[k]);
            else
                snprintf(label, sizeof(label), "%s, d%lld", who[k],
                         (long long)p->run[i].dataset);
            if (add_line(p, panel, metric, i, true, label, err) < 0)
                return -1;
        }
    }
    return 0;
}

static void make_title(struct plot *p)
{
    const struct db_run *run = &p->run[0];
    size_t used = 0;

    for (int i = 0; i < p->runs && used < sizeof(p->title) - 80; i++)
        used += (size_t)snprintf(p->title + used, sizeof(p->title) - used,
                                 "%sr%lld %.40s", i ? ", " : "",
                                 (long long)p->run[i].id, p->run[i].name);
    if (p->runs == 1 && run->preset && run->dataset)
        snprintf(p->title + used, sizeof(p->title) - used,
                 ": network %s on d%lld", run->preset, (long long)run->dataset);
    p->chart.title = p->title;
}

static int add_metrics(struct plot *p, const char *names, struct tt_error *err)
{
    if (read_metrics(p, names, err) < 0)
        return -1;
    for (int m = 0; m < p->metrics; m++)
        if (add_metric(p, m, err) < 0)
            return -1;
    return 0;
}

static size_t count_lines(const struct plot *p)
{
    size_t lines = 0;

    for (size_t i = 0; i < p->chart.n; i++)
        lines += p->panel[i].n;
    return lines;
}

/* Gray and lookup, once for each measure. */
static int add_all_levels(struct plot *p, struct tt_error *err)
{
    for (int m = 0; m < p->metrics; m++) {
        size_t panel = panel_for(p, p->metric[m]);
        const char *measure = cli_curve_measure(p->metric[m]);
        bool again = false;

        for (int k = 0; k < m; k++)
            again |= strcmp(cli_curve_measure(p->metric[k]), measure) == 0;
        if (!again && p->panel[panel].n > 0 &&
            add_levels(p, panel, measure, err) < 0)
            return -1;
    }
    return 0;
}

/* In its first epoch a run has no loss but that of each step. */
static int fill(struct plot *p, const char *names, struct tt_error *err)
{
    p->chart.panels = p->panel;
    make_title(p);
    if (add_metrics(p, names ? names : usual_metrics(p), err) < 0)
        return -1;
    if (!names && count_lines(p) == 0) {
        p->metrics = 0;
        if (add_metrics(p, "loss", err) < 0)
            return -1;
    }
    if (count_lines(p) == 0)
        return tt_fail(err, TT_MISSING,
                       "r%lld has no %s yet (tintype run metrics r%lld lists "
                       "what it has)",
                       (long long)p->run[0].id, p->metric[0],
                       (long long)p->run[0].id);
    return add_all_levels(p, err);
}

/* --- out --- */

static int columns_of(FILE *out)
{
    struct winsize w;

    if (ioctl(fileno(out), TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
        return w.ws_col;
    return 100;
}

static int put(const struct plot *p, const struct cli_context *c,
               struct tt_error *err)
{
    const struct plot_opts *o = c->opts;

    if (o->out)
        return chart_file_write(&p->chart, o->out, err);
    return chart_text_write(&p->chart, c->out, columns_of(c->out), ROWS,
                            isatty(fileno(c->out)) && !getenv("NO_COLOR"), err);
}

static int check(const struct plot_opts *o, struct tt_error *err)
{
    if (!o->out)
        return 0;
    if (!chart_file_known(o->out))
        return tt_fail(err, TT_USAGE, "-o %s: not a .svg, .pdf or .png",
                       o->out);
    return cli_command_may_write(o->out, o->force, err);
}

static int plot(struct cli_context *c, struct tt_error *err)
{
    const struct plot_opts *o = c->opts;
    struct plot *p = calloc(1, sizeof(*p));
    int rc = check(o, err);

    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a chart");
    if (rc == 0)
        rc = cli_record_need(&p->r, &c->settings, err);
    if (rc == 0)
        rc = read_runs(p, c, err);
    if (rc == 0)
        rc = choose_axis(p, o->axis, err);
    if (rc == 0)
        rc = fill(p, o->metric, err);
    if (rc == 0)
        rc = put(p, c, err);
    cli_record_close(&p->r);
    free(p);
    return rc;
}

const struct cli_command cmd_run_plot = {
    .name = "run plot",
    .operands = "[RUN…]",
    .summary = "curves of one or more runs, in the terminal or as a file",
    .about = "Gray and lookup, which need no network, are dashed lines. A "
             "curve of more values than\na chart can show is drawn by its "
             "means.",
    .example = "tintype run plot @last -m val_mae_ab\n"
               "tintype run plot r1 r2 -m val_mae_ab,val_ssim -o two.svg",
    .most = MOST_RUNS,
    .opts = plot_opts,
    .opts_size = sizeof(struct plot_opts),
    .run = plot,
};
