#include "model/train/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "image/lab.h"
#include "model/infer.h"
#include "model/train/bootstrap.h"
#include "model/train/measure.h"

#define SEED 1 /* of the bootstrap */

static const char *const method_words[] = {
    [EVALUATE_MODEL] = "model",
    [EVALUATE_LOOKUP] = "lookup",
    [EVALUATE_GRAY] = "gray",
};

static const char *const measure_words[] = {
    [EVALUATE_MAE_AB] = "mae_ab",     [EVALUATE_CIEDE2000] = "ciede2000",
    [EVALUATE_PSNR] = "psnr",         [EVALUATE_SSIM] = "ssim",
    [EVALUATE_CF_RATIO] = "cf_ratio",
};

const char *evaluate_method_word(enum evaluate_method method)
{
    return method_words[method];
}

const char *evaluate_measure_word(enum evaluate_measure measure)
{
    return measure_words[measure];
}

/* What an evaluation holds while it is under way. */
struct work {
    const struct evaluate_plan *plan;
    const struct tt_watch *watch;
    int threads;
    struct model_infer *model;
    struct train_data *loaded, given; /* whichever there is */
    const struct train_data *data;    /* the photos: one of the two */
    struct train_data *shown; /* what is seen of them; NULL: themselves */
    bool has_lookup;
    struct train_lookup lookup;
    struct model_metric *each[EVALUATE_METHODS]; /* data->count */
    uint64_t done;                               /* photos, of all methods */
    double *values, *means; /* count, COLUMNS; DRAWS, COLUMNS + 1 */
};

/* --- the photos --- */

/* The table is of the training split, whatever is measured. */
static int fit_lookup(struct work *w, struct shard_set *set,
                      struct tt_error *err)
{
    struct train_data *train;

    if (train_data_load(&train, set, SHARD_TRAIN, 0, w->watch, err) < 0)
        return -1;
    train_lookup_fit(&w->lookup, train);
    train_data_free(train);
    w->has_lookup = true;
    return 0;
}

static int load_dataset(struct work *w, struct tt_error *err)
{
    const struct evaluate_plan *plan = w->plan;
    struct shard_set *set;
    int rc = 0;

    if (shard_set_open(&set, plan->dataset, err) < 0)
        return -1;
    if (!plan->records)
        rc = train_data_load(&w->loaded, set, plan->split, plan->limit,
                             w->watch, err);
    if (rc == 0)
        rc = fit_lookup(w, set, err);
    shard_set_close(set);
    return rc < 0 ? tt_wrap(err, "data set %s", plan->dataset) : 0;
}

/* The L* of what Rec. 601 makes of a photo: luma of its codes, as JPEG's. */
static void show_rec601(uint8_t *record)
{
    static const int n = SHARD_PLANE;
    float lab[3];
    uint8_t rgb[3];

    for (int i = 0; i < n; i++) {
        lab[0] = (float)record[i] / 2.55f;
        lab[1] = (float)record[n + i] - 128;
        lab[2] = (float)record[2 * n + i] - 128;
        image_lab_to_rgb8(&lab[0], &lab[1], &lab[2], 1, rgb);
        record[i] = (uint8_t)lrint(
            2.55 *
            image_lab_lightness(
                rint(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255));
    }
}

static int make_shown(struct work *w, struct tt_error *err)
{
    struct train_data *d = calloc(1, sizeof(*d));
    size_t size = w->data->count * SHARD_RECORD;

    w->shown = d;
    if (d)
        d->records = malloc(size);
    if (!d || !d->records)
        return tt_fail(err, TT_NOMEM, "no memory for %zu photos",
                       w->data->count);
    memcpy(d->records, w->data->records, size);
    d->count = w->data->count;
#pragma omp parallel for num_threads(w->threads)
    for (size_t i = 0; i < w->shown->count; i++)
        show_rec601(w->shown->records + i * SHARD_RECORD);
    return 0;
}

static int load(struct work *w, struct tt_error *err)
{
    const struct evaluate_plan *plan = w->plan;
    struct model_options opt = {
        .backend = plan->backend,
        .precision = plan->precision,
        .threads = plan->threads,
        .side = plan->side,
    };

    if (plan->side > SHARD_SIDE)
        return tt_fail(err, TT_USAGE, "side %d: at most %d", plan->side,
                       SHARD_SIDE);
    if (!plan->dataset && (!plan->records || !plan->n_records))
        return tt_fail(err, TT_INPUT, "there is no photo to measure on");
    if (model_infer_open(&w->model, plan->checkpoint, &opt, err) < 0 ||
        (plan->dataset && load_dataset(w, err) < 0))
        return -1;
    w->given = (struct train_data){plan->n_records, plan->records};
    w->data = plan->records ? &w->given : w->loaded;
    if (plan->rec601 && make_shown(w, err) < 0)
        return -1;
    if (model_infer_size(w->model) > SHARD_SIDE)
        return tt_fail(err, TT_USAGE, "the checkpoint is for photos of %d px",
                       model_infer_size(w->model));
    return 0;
}

/* --- measuring --- */

/* A predictor that also tells how far it is. */
struct counted {
    struct work *work;
    struct train_predictor by;
};

static int predict_counted(void *ctx, int n, int side, const float *lab,
                           float *ab, struct tt_error *err)
{
    struct counted *c = ctx;
    struct work *w = c->work;
    int methods = w->has_lookup ? 3 : 2;

    if (c->by.predict(c->by.ctx, n, side, lab, ab, err) < 0)
        return -1;
    w->done += (uint64_t)n;
    tt_watch_progress(w->watch, w->done, w->data->count * (uint64_t)methods);
    return 0;
}

static int predict(void *ctx, int n, int side, const float *lab, float *ab,
                   struct tt_error *err)
{
    size_t plane = (size_t)side * (size_t)side;

    for (size_t i = 0; i < (size_t)n; i++)
        if (model_infer_run(ctx, lab + i * 3 * plane, ab + i * 2 * plane, err) <
            0)
            return -1;
    return 0;
}

static int measure(struct work *w, struct tt_error *err)
{
    const struct train_predictor by[EVALUATE_METHODS] = {
        [EVALUATE_MODEL] = {.ctx = w->model, .predict = predict},
        [EVALUATE_LOOKUP] = train_predict_lookup(&w->lookup),
        [EVALUATE_GRAY] = train_predict_gray,
    };

    assert(w->data);
    for (int m = 0; m < EVALUATE_METHODS; m++) {
        struct counted c = {w, by[m]};
        struct train_predictor counted = {
            .ctx = &c, .predict = predict_counted, .shown = w->shown};

        w->each[m] = calloc(w->data->count, sizeof(*w->each[m]));
        if (!w->each[m])
            return tt_fail(err, TT_NOMEM, "no memory for measuring");
        if (m == EVALUATE_LOOKUP && !w->has_lookup)
            continue;
        if (train_measure(w->data, model_infer_size(w->model), w->threads,
                          &counted, w->watch, w->each[m], err) < 0)
            return -1;
    }
    return 0;
}

/* --- groups --- */

/* Of a photo; the last two make the ratio of colourfulness. */
enum column { MAE_AB, CIEDE2000, PSNR, SSIM, COLOUR, COLOUR_TRUE, COLUMNS };

static void put_row(const struct model_metric *m, double *row)
{
    row[MAE_AB] = m->mae_ab;
    row[CIEDE2000] = m->ciede2000;
    row[PSNR] = m->psnr;
    row[SSIM] = m->ssim;
    row[COLOUR] = m->colour;
    row[COLOUR_TRUE] = m->colour_true;
}

static double statistic(const double *means, enum evaluate_measure measure)
{
    if (measure != EVALUATE_CF_RATIO)
        return means[measure]; /* the first columns are in their order */
    return means[COLOUR_TRUE] > 0 ? means[COLOUR] / means[COLOUR_TRUE] : 0;
}

static void group_method(struct work *w, size_t n,
                         struct evaluate_value of[EVALUATE_MEASURES])
{
    double *drawn = w->means + (size_t)TRAIN_BOOTSTRAP_DRAWS * COLUMNS;
    double mean[COLUMNS] = {0};

    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < COLUMNS; c++)
            mean[c] += w->values[i * COLUMNS + (size_t)c] / (double)n;
    train_bootstrap(w->values, n, COLUMNS, SEED, w->threads, w->means);
    for (int m = 0; m < EVALUATE_MEASURES; m++) {
        enum evaluate_measure measure = (enum evaluate_measure)m;

        for (int d = 0; d < TRAIN_BOOTSTRAP_DRAWS; d++)
            drawn[d] = statistic(w->means + (size_t)d * COLUMNS, measure);
        of[m].mean = statistic(mean, measure);
        train_bootstrap_ends(drawn, TRAIN_BOOTSTRAP_DRAWS, &of[m].low,
                             &of[m].high);
    }
}

/* The photos of one band; band SKIN_BANDS: all of them. */
static void make_group(struct work *w, const enum skin_band *bands,
                       enum skin_band band, struct evaluate_group *g)
{
    for (int m = 0; m < EVALUATE_METHODS; m++) {
        size_t n = 0;

        if (m == EVALUATE_LOOKUP && !w->has_lookup)
            continue;
        for (size_t i = 0; i < w->data->count; i++)
            if (band == SKIN_BANDS || bands[i] == band)
                put_row(&w->each[m][i], w->values + COLUMNS * n++);
        g->photos = n;
        if (n > 0)
            group_method(w, n, g->of[m]);
    }
}

static int group_all(struct work *w, struct evaluate_result *out,
                     struct tt_error *err)
{
    size_t n = w->data->count;
    enum skin_band *bands = calloc(n, sizeof(*bands));

    w->values = malloc(n * COLUMNS * sizeof(double));
    w->means =
        malloc((size_t)TRAIN_BOOTSTRAP_DRAWS * (COLUMNS + 1) * sizeof(double));
    if (!bands || !w->values || !w->means) {
        free(bands);
        return tt_fail(err, TT_NOMEM, "no memory for %zu results", n);
    }
    make_group(w, bands, SKIN_BANDS, &out->all);
    out->all.name = "all";
    for (size_t i = 0; i < n && w->plan->by_skin; i++) {
        struct skin skin;

        train_skin_measure(train_data_record(w->data, i), &skin);
        bands[i] = skin.band;
    }
    for (int b = 0; b < SKIN_BANDS && w->plan->by_skin; b++) {
        struct evaluate_group *g = &out->group[out->groups];

        g->name = train_skin_word((enum skin_band)b);
        make_group(w, bands, (enum skin_band)b, g);
        out->groups += g->photos > 0;
    }
    free(bands);
    return 0;
}

static void release(struct work *w)
{
    model_infer_close(w->model);
    train_data_free(w->loaded);
    train_data_free(w->shown);
    for (int m = 0; m < EVALUATE_METHODS; m++)
        free(w->each[m]);
    free(w->values);
    free(w->means);
}

int evaluate_run(const struct evaluate_plan *plan, const struct tt_watch *watch,
                 struct evaluate_result *out, struct tt_error *err)
{
    struct work w = {.plan = plan, .watch = watch};
    int64_t began = tt_steady_ms();
    int rc;

    *out = (struct evaluate_result){0};
    w.threads = plan->threads ? plan->threads : backend_threads_default();
    rc = load(&w, err);
    if (rc == 0)
        rc = measure(&w, err);
    if (rc == 0)
        rc = group_all(&w, out, err);
    if (rc == 0) {
        out->photos = w.data->count;
        out->side = model_infer_size(w.model);
        out->has_lookup = w.has_lookup;
    }
    out->seconds = (double)(tt_steady_ms() - began) / 1000;
    release(&w);
    return rc;
}

void evaluate_each(const struct evaluate_group *g, bool has_lookup,
                   void (*each)(void *ctx, const char *name, double value),
                   void *ctx)
{
    for (int m = 0; m < EVALUATE_METHODS; m++) {
        for (int k = 0; k < EVALUATE_MEASURES; k++) {
            const struct evaluate_value *v = &g->of[m][k];
            char name[48], text[64];

            if (m == EVALUATE_LOOKUP && !has_lookup)
                continue;
            snprintf(name, sizeof(name), "%s_%s", method_words[m],
                     measure_words[k]);
            each(ctx, name, v->mean);
            snprintf(text, sizeof(text), "%s_low", name);
            each(ctx, text, v->low);
            snprintf(text, sizeof(text), "%s_high", name);
            each(ctx, text, v->high);
        }
    }
}
