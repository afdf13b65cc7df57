#include <math.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/curve.h"
#include "cli/record.h"
#include "cli/rows.h"

enum { MOST_RUNS = 12, NAME_SIZE = 24, WIDEST = 32 };

/* Runs side by side, a column each. */
struct table {
    struct cli_record *r;
    struct cli_print *p;
    bool people; /* are to read it */
    int n;
    struct db_run run[MOST_RUNS];
    struct db_series *series[MOST_RUNS];
    size_t n_series[MOST_RUNS];
    json_t *settings[MOST_RUNS];
    char name[MOST_RUNS][NAME_SIZE]; /* of the columns: "r1" */
    struct cli_column columns[MOST_RUNS + 4];
};

/* --- settings --- */

static json_t *settings_of(const struct db_run *run)
{
    json_t *all = run->params ? json_loads(run->params, 0, NULL) : NULL;

    if (!json_is_object(all)) {
        json_decref(all);
        all = json_object();
    }
    cli_set_text(all, "name", run->name);
    cli_set_id(all, "dataset", 'd', run->dataset);
    cli_set_text(all, "device", run->device);
    cli_set_text(all, "precision", run->precision);
    return all;
}

static bool all_equal(const struct table *t, const char *key)
{
    for (int i = 1; i < t->n; i++) {
        const json_t *a = json_object_get(t->settings[0], key);
        const json_t *b = json_object_get(t->settings[i], key);
        bool none = !a || json_is_null(a);

        if (none != (!b || json_is_null(b)) || (!none && !json_equal(a, b)))
            return false;
    }
    return true;
}

/* For people the end of a long path, so that the columns stay side by side. */
static json_t *value_of(const struct table *t, int run, const char *key)
{
    json_t *value = json_object_get(t->settings[run], key);
    const char *text = json_string_value(value);
    size_t n = text ? strlen(text) : 0;
    char end[WIDEST + 8];

    if (!t->people || n <= WIDEST)
        return json_incref(value);
    for (text += n - WIDEST; (*text & 0xc0) == 0x80;)
        text++;
    snprintf(end, sizeof(end), "…%s", text);
    return json_string(end);
}

static int print_settings(struct table *t, struct tt_error *err)
{
    json_t *keys = json_object();
    const char *key;
    json_t *ignored;
    int rc = 0;

    for (int i = 0; i < t->n; i++)
        json_object_update(keys, t->settings[i]);
    json_object_foreach(keys, key, ignored)
    {
        json_t *row;

        if (rc < 0 || all_equal(t, key))
            continue;
        row = json_object();
        cli_set_text(row, "what", "setting");
        cli_set_text(row, "name", key);
        for (int i = 0; i < t->n; i++)
            json_object_set_new(row, t->name[i], value_of(t, i, key));
        rc = cli_print_row(t->p, row, err);
    }
    json_decref(keys);
    return rc;
}

/* --- measures --- */

static const struct db_series *find_series(const struct table *t, int run,
                                           const char *name)
{
    for (size_t i = 0; i < t->n_series[run]; i++) {
        if (strcmp(t->series[run][i].name, name) == 0)
            return &t->series[run][i];
    }
    return NULL;
}

/* From the first run to the last, in percent of the first. */
static void set_change(json_t *row, double from, double to)
{
    double percent = 100 * (to - from) / fabs(from);
    char text[32];

    if (!isfinite(percent))
        return;
    snprintf(text, sizeof(text), "%+.1f %%", percent);
    cli_set_text(row, "change", text);
    cli_set_real(row, "change_percent", percent);
}

static int print_measure(struct table *t, const char *what, const char *name,
                         struct tt_error *err)
{
    int good = cli_curve_good(cli_curve_measure(name));
    double first = (double)NAN, last = (double)NAN;
    json_t *row = json_object();

    cli_set_text(row, "what", what);
    cli_set_text(row, "name", name);
    for (int i = 0; i < t->n; i++) {
        const struct db_series *s = find_series(t, i, name);
        double v = !s                          ? (double)NAN
                   : strcmp(what, "last") == 0 ? s->last
                   : good < 0                  ? s->min
                                               : s->max;

        cli_set_real(row, t->name[i], v);
        first = i == 0 ? v : first;
        last = v;
    }
    set_change(row, first, last);
    return cli_print_row(t->p, row, err);
}

/* Levels are of the dataset, and what is measured at each step is noise. */
static bool to_compare(const char *name)
{
    return strncmp(name, "val_", 4) == 0 || strncmp(name, "train_", 6) == 0 ||
           strcmp(name, "images_per_s") == 0;
}

/* Each measure once, by the first run that has it. */
static int print_measures(struct table *t, const char *what,
                          struct tt_error *err)
{
    for (int i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->n_series[i]; k++) {
            const char *name = t->series[i][k].name;
            bool shown = false;

            for (int j = 0; j < i; j++)
                shown |= find_series(t, j, name) != NULL;
            if (shown || !to_compare(name) ||
                (strcmp(what, "best") == 0 &&
                 !cli_curve_good(cli_curve_measure(name))))
                continue;
            if (print_measure(t, what, name, err) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- all --- */

static int load(struct table *t, const struct cli_context *c,
                struct tt_error *err)
{
    for (int i = 0; i < c->operands; i++) {
        struct db_run *run = &t->run[i];

        if (cli_record_run(t->r, c->operand[i], run, err) < 0 ||
            db_history_series(t->r->db, run->id, t->r->mem, &t->series[i],
                              &t->n_series[i], err) < 0)
            return -1;
        for (int j = 0; j < i; j++) {
            if (t->run[j].id == run->id)
                return tt_fail(err, TT_USAGE, "%s is run r%lld once more",
                               c->operand[i], (long long)run->id);
        }
        t->settings[i] = settings_of(run);
        t->n++;
        snprintf(t->name[i], NAME_SIZE, "r%lld", (long long)run->id);
    }
    return 0;
}

static void make_columns(struct table *t)
{
    struct cli_column *c = t->columns;

    *c++ = (struct cli_column){"what", CLI_TEXT, true, "setting, best, last"};
    *c++ = (struct cli_column){"name", CLI_TEXT, true, "of it"};
    for (int i = 0; i < t->n; i++)
        *c++ = (struct cli_column){t->name[i], CLI_FIGURES, true, "its value"};
    *c++ = (struct cli_column){"change", CLI_FIGURES, true, "first to last"};
    *c = (struct cli_column){NULL, CLI_TEXT, false, NULL};
}

static int compare(struct cli_context *c, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    struct table t = {.r = &r, .people = cli_print_human(&c->print)};
    int rc = cli_record_need(&r, &c->settings, err);

    if (rc == 0)
        rc = load(&t, c, err);
    make_columns(&t);
    if (rc == 0)
        rc = cli_print_open(&t.p, c->out, &c->print, t.columns, "comparison",
                            err);
    if (rc == 0)
        rc = print_settings(&t, err);
    if (rc == 0)
        rc = print_measures(&t, "best", err);
    if (rc == 0)
        rc = print_measures(&t, "last", err);
    if (rc == 0)
        rc = cli_print_end(t.p, err);
    cli_print_close(t.p);
    for (int i = 0; i < t.n; i++)
        json_decref(t.settings[i]);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_run_compare = {
    .name = "run compare",
    .operands = "RUN RUN…",
    .summary = "runs side by side: what differs, best and last measures",
    .about = "Settings are shown where they differ. The change is from the "
             "first run named to the\nlast. Best is the lowest or the highest, "
             "whichever is good.",
    .example = "tintype run compare r1 r2\n"
               "tintype run compare first @last --json",
    .flags = CLI_DATA | CLI_TABLE,
    .least = 2,
    .most = MOST_RUNS,
    .run = compare,
};
