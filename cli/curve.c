#include "cli/curve.h"

#include <math.h>
#include <string.h>

// clang-format off
static const struct {
    const char *name, *words;
    int good;
} measures[] = {
    {"loss",         "loss",                               -1},
    {"loss3",        "loss over L*, a*, b*",               -1},
    {"mae_ab",       "mean |Δa*|, |Δb*| (CIELAB)",         -1},
    {"ciede2000",    "CIEDE2000 colour difference",        -1},
    {"psnr",         "PSNR (dB)",                           1},
    {"ssim",         "SSIM",                                1},
    {"cf_ratio",     "colourfulness over the original's",   0},
    {"rate",         "learning rate",                       0},
    {"images_per_s", "images a second",                     0},
};
// clang-format on

enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

const char *cli_curve_measure(const char *metric)
{
    static const char *const who[] = {"train_", "val_", "gray_", "lookup_"};

    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        if (strncmp(metric, who[i], strlen(who[i])) == 0)
            return metric + strlen(who[i]);
    }
    return metric;
}

const char *cli_curve_words(const char *measure)
{
    for (int i = 0; i < MEASURES; i++) {
        if (strcmp(measures[i].name, measure) == 0)
            return measures[i].words;
    }
    return measure;
}

int cli_curve_good(const char *measure)
{
    for (int i = 0; i < MEASURES; i++) {
        if (strcmp(measures[i].name, measure) == 0)
            return measures[i].good;
    }
    return 0;
}

/* Do validations at these steps, but for the last, end whole epochs of so many
 * steps? */
static bool fits(const struct db_point *at, size_t n, double steps)
{
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && fmod((double)at[i].step, steps) != 0)
            return false;
    }
    return steps >= 1;
}

int cli_curve_epoch(struct cli_record *r, const struct db_run *run,
                    double *steps, struct tt_error *err)
{
    struct db_point *at;
    size_t n;

    *steps = 0;
    if (run->epoch < 1)
        return 0;
    if (db_history_metric(r->db, run->id, "val_mae_ab", 0, 0, r->mem, &at, &n,
                          err) < 0)
        return -1;
    /* the last whole epoch ended at the last of them, or the one before */
    for (size_t back = 1; back <= 2 && back <= n && *steps == 0; back++) {
        double each = (double)at[n - back].step / (double)run->epoch;

        if (fits(at, n, each))
            *steps = each;
    }
    return 0;
}

int cli_curve_load(struct cli_record *r, const struct db_run *run,
                   const char *metric, int most, double epoch_steps,
                   struct cli_curve *out, struct tt_error *err)
{
    struct db_point *points;
    size_t n;

    if (db_history_means(r->db, run->id, metric, most, r->mem, &points, &n,
                         err) < 0)
        return -1;
    out->metric = metric;
    out->n = n;
    out->x = db_arena_alloc(r->mem, (2 * n + 1) * sizeof(double));
    if (!out->x)
        return tt_fail(err, TT_NOMEM, "no memory for a curve");
    out->y = out->x + n;
    for (size_t i = 0; i < n; i++) {
        out->x[i] =
            (double)points[i].step / (epoch_steps > 0 ? epoch_steps : 1);
        out->y[i] = points[i].value;
    }
    return 0;
}
