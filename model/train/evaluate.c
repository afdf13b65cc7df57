#include "model/train/evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/infer.h"
#include "model/train/measure.h"

static const char *const method_words[] = {
    [EVALUATE_MODEL] = "model",
    [EVALUATE_LOOKUP] = "lookup",
    [EVALUATE_GRAY] = "gray",
};

const char *evaluate_method_word(enum evaluate_method method)
{
    return method_words[method];
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

enum column { MAE_AB, CIEDE2000, PSNR, SSIM, COLUMNS };

static double column_of(const struct model_metric *m, enum column c)
{
    switch (c) {
    case MAE_AB:
        return m->mae_ab;
    case CIEDE2000:
        return m->ciede2000;
    case PSNR:
        return m->psnr;
    default:
        return m->ssim;
    }
}

/* Mean and the 95 % interval of a mean of n independent photos. */
static struct evaluate_value value_of(const struct model_metric *each, size_t n,
                                      enum column c)
{
    double sum = 0, dev = 0, mean, half;

    for (size_t i = 0; i < n; i++)
        sum += column_of(&each[i], c);
    mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = column_of(&each[i], c) - mean;

        dev += d * d;
    }
    half = n > 1 ? 1.96 * sqrt(dev / (double)(n - 1) / (double)n) : 0;
    return (struct evaluate_value){mean, mean - half, mean + half};
}

static struct evaluate_row row_of(const struct model_metric *each, size_t n)
{
    struct evaluate_row row = {
        .mae_ab = value_of(each, n, MAE_AB),
        .ciede2000 = value_of(each, n, CIEDE2000),
        .psnr = value_of(each, n, PSNR),
        .ssim = value_of(each, n, SSIM),
    };
    double colour = 0, truth = 0;

    for (size_t i = 0; i < n; i++) {
        colour += each[i].colour;
        truth += each[i].colour_true;
    }
    row.cf_ratio = truth > 0 ? colour / truth : 0;
    return row;
}

/* What an evaluation holds while it is under way. */
struct work {
    struct model_infer *model;
    struct train_data *data;
    struct train_lookup lookup;
    struct model_metric *each;
};

/* The table is of the training split, whatever split is measured. */
static int fit_lookup(struct work *w, struct shard_set *set,
                      const struct tt_watch *watch, struct tt_error *err)
{
    struct train_data *train;

    if (train_data_load(&train, set, SHARD_TRAIN, 0, watch, err) < 0)
        return -1;
    train_lookup_fit(&w->lookup, train);
    train_data_free(train);
    return 0;
}

static int load(struct work *w, const struct evaluate_plan *plan,
                const struct tt_watch *watch, struct tt_error *err)
{
    struct model_options opt = {
        .backend = plan->backend,
        .precision = plan->precision,
        .threads = plan->threads,
        .side = plan->side,
    };
    struct shard_set *set;
    int rc;

    if (plan->side > SHARD_SIDE)
        return tt_fail(err, TT_USAGE, "side %d: at most %d", plan->side,
                       SHARD_SIDE);
    if (model_infer_open(&w->model, plan->checkpoint, &opt, err) < 0 ||
        shard_set_open(&set, plan->dataset, err) < 0)
        return -1;
    rc = train_data_load(&w->data, set, plan->split, plan->limit, watch, err);
    if (rc == 0)
        rc = fit_lookup(w, set, watch, err);
    shard_set_close(set);
    if (rc < 0)
        return tt_wrap(err, "data set %s", plan->dataset);
    if (model_infer_size(w->model) > SHARD_SIDE)
        return tt_fail(err, TT_USAGE, "the checkpoint is for photos of %d px",
                       model_infer_size(w->model));
    w->each = calloc(w->data->count, sizeof(*w->each));
    return w->each ? 0 : tt_fail(err, TT_NOMEM, "no memory for measuring");
}

static int measure(struct work *w, int threads, const struct tt_watch *watch,
                   struct evaluate_result *out, struct tt_error *err)
{
    struct train_predictor by[EVALUATE_METHODS] = {
        [EVALUATE_MODEL] = {w->model, predict},
        [EVALUATE_LOOKUP] = train_predict_lookup(&w->lookup),
        [EVALUATE_GRAY] = train_predict_gray,
    };

    assert(w->data);
    out->side = model_infer_size(w->model);
    out->photos = w->data->count;
    for (int i = 0; i < EVALUATE_METHODS; i++) {
        if (train_measure(w->data, out->side, threads, &by[i], watch, w->each,
                          err) < 0)
            return -1;
        out->row[i] = row_of(w->each, w->data->count);
    }
    return 0;
}

int evaluate_run(const struct evaluate_plan *plan, const struct tt_watch *watch,
                 struct evaluate_result *out, struct tt_error *err)
{
    int threads = plan->threads ? plan->threads : backend_threads_default();
    int64_t began = tt_steady_ms();
    struct work w = {0};
    int rc = load(&w, plan, watch, err);

    *out = (struct evaluate_result){0};
    if (rc == 0)
        rc = measure(&w, threads, watch, out, err);
    out->seconds = (double)(tt_steady_ms() - began) / 1000;
    model_infer_close(w.model);
    train_data_free(w.data);
    free(w.each);
    return rc;
}

static void each_value(const char *method, const char *name,
                       const struct evaluate_value *v,
                       void (*each)(void *ctx, const char *name, double value),
                       void *ctx)
{
    char text[64];

    snprintf(text, sizeof(text), "%s_%s", method, name);
    each(ctx, text, v->mean);
    snprintf(text, sizeof(text), "%s_%s_low", method, name);
    each(ctx, text, v->low);
    snprintf(text, sizeof(text), "%s_%s_high", method, name);
    each(ctx, text, v->high);
}

void evaluate_each(const struct evaluate_result *r,
                   void (*each)(void *ctx, const char *name, double value),
                   void *ctx)
{
    for (int i = 0; i < EVALUATE_METHODS; i++) {
        const struct evaluate_row *row = &r->row[i];
        char text[64];

        each_value(method_words[i], "mae_ab", &row->mae_ab, each, ctx);
        each_value(method_words[i], "ciede2000", &row->ciede2000, each, ctx);
        each_value(method_words[i], "psnr", &row->psnr, each, ctx);
        each_value(method_words[i], "ssim", &row->ssim, each, ctx);
        snprintf(text, sizeof(text), "%s_cf_ratio", method_words[i]);
        each(ctx, text, row->cf_ratio);
    }
}
