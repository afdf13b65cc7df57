#include "model/train/measure.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/train/resample.h"

/* Photos of one group: true, and with the predicted colours. */
struct group {
    int side, threads;
    float *want, *ab, *got; /* GROUP, 3 | 2 | 3, side, side */
    float *seen;            /* what is predicted from, as want; or want */
};

static int group_init(struct group *g, int side, int threads, bool shown,
                      struct tt_error *err)
{
    size_t n = (size_t)side * (size_t)side * TRAIN_MEASURE_GROUP;

    g->side = side;
    g->threads = threads;
    g->want = malloc((shown ? 11 : 8) * n * sizeof(float));
    if (!g->want)
        return tt_fail(err, TT_NOMEM, "no memory for measuring");
    g->ab = g->want + 3 * n;
    g->got = g->ab + 2 * n;
    g->seen = shown ? g->got + 3 * n : g->want;
    return 0;
}

static void group_load(struct group *g, const struct train_data *data,
                       size_t first, int n, float *to)
{
    size_t plane = (size_t)g->side * (size_t)g->side;

#pragma omp parallel for num_threads(g->threads)
    for (int i = 0; i < n; i++)
        train_resample_lab(train_data_record(data, first + (size_t)i),
                           &train_window_whole, g->side,
                           to + (size_t)i * 3 * plane);
}

static int group_measure(struct group *g, int n, struct model_metric *each,
                         struct tt_error *err)
{
    size_t plane = (size_t)g->side * (size_t)g->side;
    int failed = 0;

#pragma omp parallel for num_threads(g->threads) schedule(dynamic)
    for (int i = 0; i < n; i++) {
        const float *want = g->want + (size_t)i * 3 * plane;
        float *got = g->got + (size_t)i * 3 * plane;
        struct tt_error own;

        memcpy(got, g->seen + (size_t)i * 3 * plane, plane * sizeof(float));
        memcpy(got + plane, g->ab + (size_t)i * 2 * plane,
               2 * plane * sizeof(float));
        if (model_metric_measure(got, want, g->side, &each[i], &own) < 0) {
#pragma omp critical(train_measure)
            {
                failed = 1;
                *err = own;
            }
        }
    }
    return failed ? -1 : 0;
}

int train_measure(const struct train_data *data, int side, int threads,
                  const struct train_predictor *by,
                  const struct tt_watch *watch, struct model_metric *each,
                  struct tt_error *err)
{
    struct group g = {0};
    int rc = group_init(&g, side, threads, by->shown != NULL, err);

    for (size_t i = 0; i < data->count && rc == 0; i += TRAIN_MEASURE_GROUP) {
        size_t left = data->count - i;
        int n = left < TRAIN_MEASURE_GROUP ? (int)left : TRAIN_MEASURE_GROUP;

        if (tt_watch_stop(watch)) {
            rc = tt_fail(err, TT_CANCEL, "stopped while measuring");
            break;
        }
        group_load(&g, data, i, n, g.want);
        if (by->shown)
            group_load(&g, by->shown, i, n, g.seen);
        rc = by->predict(by->ctx, n, side, g.seen, g.ab, err);
        if (rc == 0)
            rc = group_measure(&g, n, each + i, err);
    }
    free(g.want);
    return rc;
}

static int gray(void *ctx, int n, int side, const float *lab, float *ab,
                struct tt_error *err)
{
    (void)ctx;
    (void)lab;
    (void)err;
    memset(ab, 0, (size_t)n * 2 * (size_t)side * (size_t)side * sizeof(float));
    return 0;
}

const struct train_predictor train_predict_gray = {.predict = gray};

void train_lookup_fit(struct train_lookup *t, const struct train_data *data)
{
    uint64_t sum[256][2] = {{0}}, count[256] = {0};

    for (size_t i = 0; i < data->count; i++) {
        const uint8_t *r = train_data_record(data, i);

        for (size_t p = 0; p < SHARD_PLANE; p++) {
            count[r[p]]++;
            sum[r[p]][0] += r[SHARD_PLANE + p];
            sum[r[p]][1] += r[2 * SHARD_PLANE + p];
        }
    }
    for (int l = 0; l < 256; l++)
        for (int c = 0; c < 2; c++)
            t->ab[l][c] =
                count[l] ? (float)((double)sum[l][c] / (double)count[l] - 128)
                         : 0;
}

static int lookup(void *ctx, int n, int side, const float *lab, float *ab,
                  struct tt_error *err)
{
    const struct train_lookup *t = ctx;
    size_t plane = (size_t)side * (size_t)side;

    (void)err;
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t p = 0; p < plane; p++) {
            int l = (int)(lab[i * 3 * plane + p] * 2.55f + 0.5f);

            l = l < 0 ? 0 : l > 255 ? 255 : l;
            ab[i * 2 * plane + p] = t->ab[l][0];
            ab[i * 2 * plane + plane + p] = t->ab[l][1];
        }
    return 0;
}

struct train_predictor train_predict_lookup(const struct train_lookup *t)
{
    return (struct train_predictor){.ctx = (void *)t, .predict = lookup};
}
