/**
 * evaluate: how good is a checkpoint on photos that it has not seen, beside
 * the two baselines: gray (ab = 0), and the mean ab of each L* in the training
 * split, which needs no network.
 *
 * Means over photos, with 95 % intervals: mean -+ 1.96 s / sqrt(n).
 *
 * Owns:    nothing after the call.
 * Threads: one; uses `threads` OpenMP threads.
 * Fails:   TT_MISSING, TT_FORMAT, TT_INPUT (no photo in the split), TT_USAGE,
 *          TT_CANCEL, TT_NOMEM.
 */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include <stdint.h>

#include "base/error.h"
#include "base/watch.h"
#include "model/backend/backend.h"
#include "shard/format.h"

struct evaluate_plan {
    const char *checkpoint;
    const char *dataset;
    enum shard_split split;
    int side;       /* 0: the checkpoint's own; at most 128 */
    uint64_t limit; /* photos at most; 0: all */
    const char *backend;
    enum backend_precision precision;
    int threads; /* 0: as many as processors */
};

struct evaluate_value {
    double mean, low, high;
};

enum evaluate_method {
    EVALUATE_MODEL,
    EVALUATE_LOOKUP,
    EVALUATE_GRAY,
    EVALUATE_METHODS
};

struct evaluate_row {
    struct evaluate_value mae_ab, ciede2000, psnr, ssim;
    double cf_ratio; /* mean colourfulness over that of the true photos */
};

struct evaluate_result {
    uint64_t photos;
    int side;
    double seconds;
    struct evaluate_row row[EVALUATE_METHODS];
};

/** "model" "lookup" "gray" */
const char *evaluate_method_word(enum evaluate_method method);

int evaluate_run(const struct evaluate_plan *plan, const struct tt_watch *watch,
                 struct evaluate_result *out, struct tt_error *err) TT_MUST;

/** Every value by name, for the record: "model_mae_ab", "gray_psnr",
 *  "model_mae_ab_low" …; each(ctx, name, value). */
void evaluate_each(const struct evaluate_result *r,
                   void (*each)(void *ctx, const char *name, double value),
                   void *ctx);

#endif
