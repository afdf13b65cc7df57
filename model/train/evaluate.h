/**
 * evaluate: how good is a checkpoint on photos that it has not seen, beside
 * the two baselines: gray (ab = 0), and the mean ab of each L* in a training
 * split, which needs no network.
 *
 * The photos are those of a split, or any records in colour. The network sees
 * their L*, or the L* of their Rec. 601 grey, as old software made it; the
 * colours go onto what it saw, and the photo itself is what they are measured
 * against.
 *
 * Means over photos, with 95 % intervals by a bootstrap over photos of a fixed
 * seed (model/train/bootstrap.h); and the same for groups of photos.
 *
 * Owns:    nothing after the call; words are constants.
 * Threads: one; uses `threads` OpenMP threads.
 * Fails:   TT_MISSING, TT_FORMAT, TT_INPUT (no photo in the split), TT_USAGE,
 *          TT_CANCEL, TT_NOMEM.
 */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/watch.h"
#include "model/backend/backend.h"
#include "model/train/skin.h"
#include "shard/format.h"

struct evaluate_plan {
    const char *checkpoint;
    const char *dataset; /* NULL: there is no lookup, and records are given */
    enum shard_split split;
    uint8_t *records; /* n_records, SHARD_RECORD: in place of the split; read */
    size_t n_records;
    bool rec601;    /* the network sees Rec. 601's grey, not L* */
    bool by_skin;   /* groups: bands of model/train/skin.h */
    int side;       /* 0: the checkpoint's own; at most 128 */
    uint64_t limit; /* photos of the split at most; 0: all */
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

enum evaluate_measure {
    EVALUATE_MAE_AB,
    EVALUATE_CIEDE2000,
    EVALUATE_PSNR,
    EVALUATE_SSIM,
    EVALUATE_CF_RATIO, /* mean colourfulness over that of the true photos */
    EVALUATE_MEASURES
};

/** Some photos, measured. */
struct evaluate_group {
    const char *name; /* "all", "tan" … */
    uint64_t photos;
    struct evaluate_value of[EVALUATE_METHODS][EVALUATE_MEASURES];
};

struct evaluate_result {
    uint64_t photos;
    int side;
    double seconds;
    bool has_lookup;
    struct evaluate_group all;
    struct evaluate_group group[SKIN_BANDS]; /* those with photos */
    int groups;
};

const char *evaluate_method_word(enum evaluate_method method);    /* "model" */
const char *evaluate_measure_word(enum evaluate_measure measure); /* "psnr" */

/** Progress is in photos, of all methods together. */
int evaluate_run(const struct evaluate_plan *plan, const struct tt_watch *watch,
                 struct evaluate_result *out, struct tt_error *err) TT_MUST;

/** Every value of a group by name, for the record: "model_mae_ab",
 *  "gray_psnr", "model_mae_ab_low" …; each(ctx, name, value). */
void evaluate_each(const struct evaluate_group *g, bool has_lookup,
                   void (*each)(void *ctx, const char *name, double value),
                   void *ctx);

#endif
