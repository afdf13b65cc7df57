/**
 * training: what is needed to go on training as if there had been no stop: the
 * weights with their optimizer, the counters, and in a gan stage the
 * discriminator with its own.
 *
 * Owns:    new() takes the blocks; free() accepts NULL.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM; TT_USAGE (no such patch).
 */
#ifndef MODEL_TRAINING_H
#define MODEL_TRAINING_H

#include <stdint.h>

#include "base/error.h"
#include "model/wiring.h"

/** The discriminator. */
struct model_critic {
    int patch; /* pixels, see model/patch.h */
    struct model_wiring wiring;
    uint64_t steps;
    float *values, *stats, *m, *v; /* as in struct model_training */
};

struct model_training {
    float *values;  /* the weights that are trained; `values` of the params are
                       their running average */
    float *stats;   /* and their running statistics */
    float *m, *v;   /* Adam's moments */
    uint64_t epoch; /* of the next batch */
    uint64_t batch; /* of the next batch within the epoch */
    uint64_t step;  /* steps done */
    uint64_t stage; /* of the schedule, from 0 */
    double best;    /* the best validation MAE_ab so far; < 0: none yet */
    uint64_t stale; /* epochs since then */
    double ease;    /* factor on the rate: halved on each plateau */
    double elapsed_s;
    double loss_sum;             /* of the epoch's batches so far */
    uint64_t losses;             /* how many these are */
    struct model_critic *critic; /* NULL before a gan stage */
};

int model_training_new(struct model_training **out,
                       const struct model_wiring *w,
                       struct tt_error *err) TT_MUST;
void model_training_free(struct model_training *t);

/** All zero; the caller sets the first weights. */
int model_critic_new(struct model_critic **out, int patch,
                     struct tt_error *err) TT_MUST;
void model_critic_free(struct model_critic *c);

#endif
