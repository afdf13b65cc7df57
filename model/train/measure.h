/**
 * measure: colours that someone predicts for photos of a split, against the
 * true ones. Private to training.
 *
 * Threads: the predictor is called on the calling thread; the measuring uses
 *          `threads` OpenMP threads.
 * Fails:   what the predictor gives; TT_NOMEM, TT_CANCEL.
 */
#ifndef TRAIN_MEASURE_H
#define TRAIN_MEASURE_H

#include "base/error.h"
#include "base/watch.h"
#include "model/metric.h"
#include "model/train/data.h"

#define TRAIN_MEASURE_GROUP 32 /* photos that a predictor is given at most */

struct train_predictor {
    void *ctx;
    /** lab: n, 3, side, side: the true photos, of which only L* may be used;
     *  ab: n, 2, side, side: to be filled. */
    int (*predict)(void *ctx, int n, int side, const float *lab, float *ab,
                   struct tt_error *err);
    /** What it is shown in place of the photos, as many; its L* is that of the
     *  coloured picture. NULL: the photos themselves. */
    const struct train_data *shown;
};

/** The first data->count photos at that side; each: one result a photo. */
int train_measure(const struct train_data *data, int side, int threads,
                  const struct train_predictor *by,
                  const struct tt_watch *watch, struct model_metric *each,
                  struct tt_error *err) TT_MUST;

/** No colour at all. */
extern const struct train_predictor train_predict_gray;

/** The mean a*, b* of each of 256 lightnesses, over all photos of a split. */
struct train_lookup {
    float ab[256][2];
};

void train_lookup_fit(struct train_lookup *t, const struct train_data *data);
struct train_predictor train_predict_lookup(const struct train_lookup *t);

#endif
