/**
 * schedule: how far a run is, and what follows from it: its end, the rate, the
 * side of its photos. Private to training.
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

struct train_schedule {
    double rate;    /* at its highest */
    uint64_t steps; /* in all; 0: no limit */
    double seconds; /* 0: no limit */
    int stages;     /* of sides */
    struct {
        int side;
        double until; /* progress, 0..1 */
    } stage[TRAIN_STAGES];
};

/** From a plan; batches: of an epoch. */
int train_schedule_init(struct train_schedule *s, const struct train_plan *plan,
                        uint64_t batches, struct tt_error *err) TT_MUST;

/** 0 at the start, 1 and more at the end: of the nearest of the limits. */
double train_schedule_progress(const struct train_schedule *s, uint64_t step,
                               double elapsed_s);

/** Rises over the first 50 steps, then falls with the cosine to 2 %. */
double train_schedule_rate(const struct train_schedule *s, uint64_t step,
                           double progress);

int train_schedule_side(const struct train_schedule *s, double progress);

#endif
