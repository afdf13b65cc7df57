#include "cli/evaluation.h"

#include <math.h>
#include <string.h>

// clang-format off
const struct cli_column cli_evaluation_columns[] = {
    {"group",   CLI_TEXT,    true, "all, or which of them"},
    {"method",  CLI_TEXT,    true, "model, gray, lookup"},
    {"n",       CLI_COUNT,   true, "photos"},
    {"measure", CLI_TEXT,    true, "its name"},
    {"mean",    CLI_FIGURES, true, "over the photos"},
    {"low",     CLI_FIGURES, true, "end of its 95 % interval"},
    {"high",    CLI_FIGURES, true, "the other end"},
    {NULL, CLI_TEXT, false, NULL},
};

static const struct {
    const char *name, *title;
    int digits;
} measures[] = {
    {"mae_ab",    "MAE_ab", 1},
    {"ciede2000", "dE00",   1},
    {"psnr",      "PSNR",   1},
    {"ssim",      "SSIM",   3},
    {"cf_ratio",  "CFr",    2},
};
// clang-format on

enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

static const char *const methods[] = {"model", "gray", "lookup"};

enum { METHODS = sizeof(methods) / sizeof(methods[0]), FIRST = 16, CELL = 14 };

/* NAN: it was not measured. */
static double value_of(const json_t *values, const char *method,
                       const char *measure, const char *end)
{
    char name[96];
    const json_t *v;

    snprintf(name, sizeof(name), "%s_%s%s", method, measure, end);
    v = json_object_get(values, name);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* --- for people --- */

static void put_cell(FILE *out, const char *text, int width)
{
    int pad = width - (int)cli_text_width(text);

    fprintf(out, "%s%*s", text, pad > 0 ? pad : 0, "");
}

/* "7.4 ± 0.2": half of the interval. */
static void cell(const json_t *values, const char *method, int m, char *text,
                 size_t size)
{
    double mean = value_of(values, method, measures[m].name, "");
    double low = value_of(values, method, measures[m].name, "_low");
    double high = value_of(values, method, measures[m].name, "_high");
    int digits = measures[m].digits;

    if (mean == 0)
        snprintf(text, size, "0");
    else if (strcmp(method, "model") == 0 && high > low)
        snprintf(text, size, "%.*f ± %.*f", digits, mean, digits,
                 (high - low) / 2);
    else
        snprintf(text, size, "%.*f", digits, mean);
}

static void put_line(FILE *out, const char *name, long long photos,
                     const json_t *values, const char *method)
{
    char text[64];

    if (isnan(value_of(values, method, measures[0].name, "")))
        return;
    put_cell(out, name, FIRST);
    snprintf(text, sizeof(text), "%lld", photos);
    put_cell(out, text, 6);
    for (int m = 0; m < MEASURES; m++) {
        cell(values, method, m, text, sizeof(text));
        put_cell(out, text, m + 1 < MEASURES ? CELL : 0);
    }
    fputc('\n', out);
}

static long long count(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static void put_skipped(FILE *out, const json_t *skipped)
{
    const char *reason;
    json_t *n;

    if (json_object_size(skipped) == 0)
        return;
    fputs("left out", out);
    json_object_foreach((json_t *)skipped, reason, n)
        fprintf(out, "  %s %lld", reason, (long long)json_integer_value(n));
    fputc('\n', out);
}

void cli_evaluation_table(const json_t *evaluation, FILE *out)
{
    const json_t *values = json_object_get(evaluation, "values");
    const json_t *groups = json_object_get(evaluation, "skin"), *g;
    long long photos = count(evaluation, "photos");
    size_t i;

    fprintf(out, "%-*s%-6s", FIRST, "", "n");
    for (int m = 0; m < MEASURES; m++)
        fprintf(out, "%-*s", m + 1 < MEASURES ? CELL : 0, measures[m].title);
    fputc('\n', out);
    put_line(out, "all", photos, values, "model");
    put_line(out, "gray", photos, values, "gray");
    put_line(out, "lookup", photos, values, "lookup");
    json_array_foreach(groups, i, g)
        put_line(out, json_string_value(json_object_get(g, "name")),
                 count(g, "photos"), json_object_get(g, "values"), "model");
    put_skipped(out, json_object_get(evaluation, "skipped"));
}

/* --- rows --- */

static int put_rows(struct cli_print *p, const char *group, long long photos,
                    const json_t *values, struct tt_error *err)
{
    for (int k = 0; k < METHODS; k++) {
        for (int m = 0; m < MEASURES; m++) {
            const char *name = measures[m].name;
            double mean = value_of(values, methods[k], name, "");
            json_t *row;

            if (isnan(mean))
                continue;
            row = json_object();
            cli_set_text(row, "group", group);
            cli_set_text(row, "method", methods[k]);
            cli_set_count(row, "n", photos);
            cli_set_text(row, "measure", name);
            cli_set_real(row, "mean", mean);
            cli_set_real(row, "low",
                         value_of(values, methods[k], name, "_low"));
            cli_set_real(row, "high",
                         value_of(values, methods[k], name, "_high"));
            if (cli_print_row(p, row, err) < 0)
                return -1;
        }
    }
    return 0;
}

int cli_evaluation_rows(const json_t *evaluation, FILE *out,
                        const struct cli_print_opts *opts, struct tt_error *err)
{
    const json_t *groups = json_object_get(evaluation, "skin"), *g;
    struct cli_print *p;
    size_t i;
    int rc;

    if (cli_print_open(&p, out, opts, cli_evaluation_columns, "values", err) <
        0)
        return -1;
    rc = put_rows(p, "all", count(evaluation, "photos"),
                  json_object_get(evaluation, "values"), err);
    json_array_foreach(groups, i, g)
    {
        if (rc == 0)
            rc =
                put_rows(p, json_string_value(json_object_get(g, "name")),
                         count(g, "photos"), json_object_get(g, "values"), err);
    }
    if (rc == 0)
        rc = cli_print_end(p, err);
    cli_print_close(p);
    return rc;
}

/* --- of a model --- */

static json_t *short_form(const struct db_job *job)
{
    static const char *const copied[] = {"photos", "split", "grey"};
    json_t *o = json_object();
    json_t *e = json_loads(job->result, 0, NULL);
    const json_t *values = json_object_get(e, "values");
    const json_t *on = json_object_get(e, "source");

    if (!on)
        on = json_object_get(e, "dataset");
    cli_set_id(o, "job", 'j', job->id);
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
        if (json_object_get(e, copied[i]))
            json_object_set(o, copied[i], json_object_get(e, copied[i]));
    cli_set_text(o, "on", json_string_value(on));
    for (int m = 0; m < MEASURES; m++) {
        static const char *const ends[] = {"", "_low", "_high"};

        for (int k = 0; k < 3; k++) {
            char name[64];

            snprintf(name, sizeof(name), "%s%s", measures[m].name, ends[k]);
            cli_set_real(o, name,
                         value_of(values, "model", measures[m].name, ends[k]));
        }
    }
    json_decref(e);
    return o;
}

json_t *cli_evaluation_of_model(struct cli_record *r, int64_t model,
                                struct tt_error *err)
{
    json_t *all = json_array();
    struct db_job *jobs;
    size_t n = 0;

    if (r->db && model &&
        db_history_evaluations(r->db, model, 0, r->mem, &jobs, &n, err) < 0) {
        json_decref(all);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, short_form(&jobs[i]));
    if (!all)
        tt_fail(err, TT_NOMEM, "no memory for evaluations");
    return all;
}

void cli_evaluation_lines(const json_t *evaluations, FILE *out)
{
    const json_t *e;
    size_t i;

    json_array_foreach(evaluations, i, e)
    {
        const char *split = json_string_value(json_object_get(e, "split"));
        const char *on = json_string_value(json_object_get(e, "on"));
        double mean = json_number_value(json_object_get(e, "mae_ab"));
        double low = json_number_value(json_object_get(e, "mae_ab_low"));
        double high = json_number_value(json_object_get(e, "mae_ab_high"));

        fprintf(out,
                "evaluated    %s  MAE_ab %.2f ± %.2f  dE00 %.2f  on %lld "
                "photos of %s%s%s\n",
                json_string_value(json_object_get(e, "job")), mean,
                (high - low) / 2,
                json_number_value(json_object_get(e, "ciede2000")),
                count(e, "photos"), on ? cli_text_path(on) : "?",
                split ? ", " : "", split ? split : "");
    }
}
