/**
 * run: what a run of training holds while it is under way. With others in a
 * group (share.h) `plan` is this process's part of it. Private to training;
 * train.c has the loop, step.c a step, keep.c the checkpoints, validate.c the
 * validation.
 */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "model/checkpoint.h"
#include "model/train/batch.h"
#include "model/train/critic.h"
#include "model/train/measure.h"
#include "model/train/schedule.h"
#include "model/train/share.h"
#include "model/train/ssim.h"
#include "model/train/train.h"

struct train_run {
    struct train_share share;
    const struct train_plan *plan;     /* share's */
    const struct train_events *events; /* never NULL */
    const struct tt_watch *watch;
    struct train_outcome *out;
    int threads;
    const struct backend_ops *ops;
    enum train_augment augment;
    struct train_schedule schedule;

    struct train_data *train, *val;
    struct train_batcher *batcher;
    struct train_lookup lookup;
    struct model_metric *each; /* one a validation photo */

    // the network: weights in training, and their average for use
    struct model_checkpoint net;
    struct model_training *state; /* net.training */
    float *grads, *y, *dy;        /* y, dy: batch, SIDE, SIDE, 2 */

    struct train_ssim *ssim;

    // where the backend makes whole steps (backend/learn.h)
    bool away;     /* the state in force is the program's */
    bool resident; /* the program keeps the data set */
    bool beside;   /* the program has the discriminator beside it */
    struct {
        bool under_way;
        bool critic, learnt; /* who learns */
        double began, rate;
    } step; /* the last one */

    int stage;                   /* in hand; -1: none yet */
    enum train_loss loss;        /* its */
    struct train_critic *critic; /* in a gan stage, unless it is beside */

    int side;                        /* of the programs */
    struct backend_program *program; /* for training */
    struct backend_program *judge;   /* for validation */
    enum backend_precision precision;

    double started_s;     /* steady clock, less what was spent before */
    double saved_s;       /* steady clock, of the last latest.h5 */
    double epoch_began_s; /* for the progress of metrics */
    char latest[4096], best[4096];
};

void train_event(const struct train_run *r, const char *series, double value);

/** Steady seconds. */
double train_now(void);

/** Learn from a batch. */
int train_step(struct train_run *r, const struct train_batch *batch,
               double progress, struct tt_error *err) TT_MUST;

/** Wait for the step that is under way, and have the state here. */
int train_step_home(struct train_run *r, struct tt_error *err) TT_MUST;

/** New weights, those of plan->init, or all of latest.h5. */
int train_keep_start(struct train_run *r, struct tt_error *err) TT_MUST;

/** A run that begins where another ended (plan->proceed) needs more steps than
 *  that had, or there is nothing to keep: TT_USAGE. */
int train_keep_longer(const struct train_run *r, double progress,
                      struct tt_error *err) TT_MUST;

/** Write latest.h5, and best.h5 too if val is the best so far. val NULL: in
 *  mid-epoch. */
int train_keep_save(struct train_run *r, const struct train_val *val,
                    struct tt_error *err) TT_MUST;

/** Leave best.h5 of a stage that is over as best-LOSS.h5. */
int train_keep_stage(struct train_run *r, enum train_loss loss,
                     struct tt_error *err) TT_MUST;

/** Measure the averaged weights at the side in hand. */
int train_validate(struct train_run *r, struct train_val *val,
                   struct tt_error *err) TT_MUST;

/** Measure the two baselines and say so. */
int train_validate_baselines(struct train_run *r, struct tt_error *err) TT_MUST;

#endif
