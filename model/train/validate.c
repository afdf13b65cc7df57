#include "model/train/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct train_val means_of(const struct model_metric *each, size_t n)
{
    struct train_val v = {0};
    double colour = 0, truth = 0;

    for (size_t i = 0; i < n; i++) {
        v.mae_ab += each[i].mae_ab / (double)n;
        v.psnr += each[i].psnr / (double)n;
        v.ssim += each[i].ssim / (double)n;
        v.ciede2000 += each[i].ciede2000 / (double)n;
        colour += each[i].colour;
        truth += each[i].colour_true;
    }
    v.cf_ratio = truth > 0 ? colour / truth : 0;
    v.loss = v.mae_ab / (double)(2 * MODEL_AB_RANGE);
    return v;
}

static void say(const struct train_run *r, const char *who,
                const struct train_val *v)
{
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"loss", v->loss},         {"loss3", v->loss * 2 / 3},
        {"mae_ab", v->mae_ab},     {"psnr", v->psnr},
        {"ssim", v->ssim},         {"ciede2000", v->ciede2000},
        {"cf_ratio", v->cf_ratio},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char series[64];

        snprintf(series, sizeof(series), "%s_%s", who, values[i].name);
        train_event(r, series, values[i].value);
    }
}

/* What the judge's program needs, in its own order. */
struct judge {
    const struct train_run *r;
    float *x, *y, *target;
    double ssim; /* sum of 1 - SSIM, in an ssim stage */
};

/* The stage's loss, where it is not the mean of |dab|. */
static void add_ssim(struct judge *j, int n, int side, const float *lab)
{
    size_t plane = (size_t)side * (size_t)side;

    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t p = 0; p < plane; p++)
            for (size_t c = 0; c < 2; c++)
                j->target[(i * plane + p) * 2 + c] =
                    lab[(i * 3 + 1 + c) * plane + p] / (2 * MODEL_AB_RANGE) +
                    0.5f;
    j->ssim += n * train_ssim_loss(j->r->ssim, j->y, j->target, NULL, n, side);
}

static int predict(void *ctx, int n, int side, const float *lab, float *ab,
                   struct tt_error *err)
{
    struct judge *j = ctx;
    size_t plane = (size_t)side * (size_t)side;

    // a last group that is not full leaves old photos behind: they do not
    // matter
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t p = 0; p < plane; p++)
            j->x[i * plane + p] = lab[i * 3 * plane + p] / 50 - 1;
    if (j->r->ops->forward(j->r->judge, j->x, j->y, NULL, err) < 0)
        return -1;
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t p = 0; p < plane; p++)
            for (size_t c = 0; c < 2; c++)
                ab[(i * 2 + c) * plane + p] =
                    (2 * j->y[(i * plane + p) * 2 + c] - 1) * MODEL_AB_RANGE;
    if (j->r->loss == TRAIN_SSIM)
        add_ssim(j, n, side, lab);
    return 0;
}

int train_validate(struct train_run *r, struct train_val *val,
                   struct tt_error *err)
{
    size_t n = (size_t)r->side * (size_t)r->side * TRAIN_MEASURE_GROUP;
    struct judge j = {.r = r, .x = calloc(5 * n, sizeof(float))};
    struct train_predictor by = {.ctx = &j, .predict = predict};
    int rc = 0;

    if (!j.x)
        return tt_fail(err, TT_NOMEM, "no memory for validation");
    j.y = j.x + n;
    j.target = j.y + 2 * n;
    rc = r->ops->load(r->judge, r->net.params->values, r->net.params->stats,
                      err);
    if (rc == 0)
        rc =
            train_measure(r->val, r->side, r->threads, &by, NULL, r->each, err);
    free(j.x);
    if (rc < 0)
        return tt_wrap(err, "validation");
    *val = means_of(r->each, r->val->count);
    if (r->loss == TRAIN_SSIM)
        val->loss = j.ssim / (double)r->val->count;
    say(r, "val", val);
    return 0;
}

int train_validate_baselines(struct train_run *r, struct tt_error *err)
{
    struct train_predictor by[] = {train_predict_gray,
                                   train_predict_lookup(&r->lookup)};
    static const char *const who[] = {"gray", "lookup"};

    train_lookup_fit(&r->lookup, r->train);
    for (int i = 0; i < 2; i++) {
        struct train_val v;

        if (train_measure(r->val, r->side, r->threads, &by[i], r->watch,
                          r->each, err) < 0)
            return -1;
        v = means_of(r->each, r->val->count);
        say(r, who[i], &v);
    }
    return 0;
}
