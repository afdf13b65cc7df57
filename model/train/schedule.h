/**
 * schedule: how far a run is, and what follows from it: its end, the loss, the
 * rate, the side of its photos. Private to training.
 *
 * Threads: any.
 * Fails:   TT_USAGE.
 */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdint.h>

#include "base/error.h"
#include "model/train/train.h"

#define TRAIN_STAGES 8

enum train_loss { TRAIN_MAE, TRAIN_SSIM, TRAIN_GAN };
enum train_course { TRAIN_COSINE, TRAIN_PLATEAU, TRAIN_CONSTANT };

/** A part of a run, from `from` to `until` of its progress, 0..1. */
struct train_span {
    int what; /* enum train_loss, or a side */
    double from, until;
};

struct train_schedule {
    double rate, gan_rate; /* at their highest */
    enum train_course course;
    uint64_t warm;  /* steps over which the rate rises at the start */
    uint64_t steps; /* in all; 0: no limit */
    double seconds; /* 0: no limit */
    int sides, stages;
    struct train_span side[TRAIN_STAGES], stage[TRAIN_STAGES];
};

/** From a plan; batches: of an epoch. */
int train_schedule_init(struct train_schedule *s, const struct train_plan *plan,
                        uint64_t batches, struct tt_error *err) TT_MUST;

/** 0 at the start, 1 and more at the end: of the nearest of the limits. */
double train_schedule_progress(const struct train_schedule *s, uint64_t step,
                               double elapsed_s);

/** The stage in hand: an index. */
int train_schedule_stage(const struct train_schedule *s, double progress);

/** "mae", "ssim", "gan" */
const char *train_loss_word(enum train_loss loss);

/** Rises over the first steps of a run. In each stage the cosine falls to 2 %;
 *  the other courses stay. */
double train_schedule_rate(const struct train_schedule *s, uint64_t step,
                           double progress);

int train_schedule_side(const struct train_schedule *s, double progress);

#endif
