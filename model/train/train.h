/**
 * train: the learning: batches from a data set, forward, loss, backward, step;
 * validation and checkpoints after each epoch; to be stopped and resumed.
 *
 * A run has stages, each with its loss: mae, the mean of |dab|; ssim, 1 - SSIM
 * of ab; gan, a discriminator's judgement and the mean of |dab| (Isola and
 * others 2017), where the discriminator at first learns alone.
 *
 * In the run's folder it writes latest.h5 (with all that is needed to go on)
 * and best.h5 (the best MAE_ab in validation of the stage and size in hand),
 * each whole or not at all; the best of a stage that is over stays as
 * best-mae.h5 and the like, and if asked the last epochs as epoch-7.h5.
 * Validation and best.h5 use the running average of the weights.
 *
 * A run that was stopped or killed and resumed ends on the same bits as one
 * that was not, on the same machine with the same number of threads; but not
 * if its end is a time: its rate then follows the clock.
 *
 * Owns:    nothing after the call; a plan's texts are borrowed.
 * Threads: calls back from the thread that called. Uses `threads` OpenMP
 *          threads and `loaders` that make batches ahead.
 * Fails:   TT_USAGE, TT_MISSING, TT_FORMAT, TT_INPUT (too few photos), TT_IO,
 *          TT_OUTPUT, TT_NOMEM, TT_CANCEL (stopped; latest.h5 is complete).
 */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/watch.h"
#include "model/backend/backend.h"
#include "model/reduce/reduce.h"

struct train_plan {
    const char *dataset;  /* folder of shards */
    const char *folder;   /* of the run; made if need be */
    const char *name;     /* of the checkpoint, for people; may be NULL */
    const char *preset;   /* "S" … */
    const char *sides;    /* "64", or "64:0.8,128:0.2": side and share of the
                             epochs (or minutes); multiples of 16, at most 128 */
    const char *schedule; /* losses and their epochs: "mae:20,ssim:10,gan:2";
                             with another limit, their shares of it */
    int epochs;         /* 0: the schedule's, if nothing else limits the run */
    uint64_t steps;     /* 0: no limit */
    double minutes;     /* 0: no limit; the rate then falls by the clock */
    int batch;          /* photos a step */
    bool norm;          /* batch norm, or biases in its place */
    double rate;        /* Adam's, at its highest */
    const char *course; /* of the rate: "cosine" falls to 2 % in each stage,
                           "plateau" halves when no epoch is better,
                           "constant" stays */
    int plateau;        /* epochs without a better one before it halves */
    int warm;           /* steps over which the rate rises at the start */
    double clip;        /* longest gradient (its 2-norm); 0: any */
    int patience;       /* end the last stage after so many epochs without a
                           better one; 0: never */
    int keep;           /* checkpoints of the last epochs that stay */
    double save_s;      /* seconds between latest.h5 in mid-epoch; 0: none */
    struct {
        int patch;    /* pixels that the discriminator judges: 34 or 70 */
        double rate;  /* of both networks in the gan stage */
        double alone; /* share of an epoch that the discriminator learns
                         before the network goes on */
        double l1;    /* weight of the mean of |dab|, in -1..1 */
    } gan;
    double average; /* decay of the weights' running average */
    uint64_t seed;
    const char *augment; /* "none", "basic" (cropped, turned, worn), "film" */
    double film;         /* share of the samples seen as old film saw them */
    int loaders;         /* threads that make batches; the bits stay the same */
    const char *backend; /* as backend_find has it; NULL: the CPU */
    const struct backend_ops *ops; /* in its place; NULL: none is */
    enum backend_precision precision;
    int threads;          /* 0: as many as processors */
    const char *init;     /* checkpoint to start from; NULL: random */
    bool resume;          /* go on from folder/latest.h5, if it is there */
    const char *proceed;  /* go on from the state in this checkpoint, if there
                             is no latest.h5; NULL: start anew */
    uint64_t limit;       /* photos of the training split at most; 0: all */
    const char *about;    /* JSON object kept in the checkpoints; NULL: none */
    struct reduce *group; /* other processes that make the same call, with the
                             same plan but for folder and resume, which are
                             rank 0's; borrowed; NULL: alone */
    bool own_norm;        /* batch norm over each process's part of a batch */
};

/** The defaults of every field but dataset and folder. */
void train_plan_init(struct train_plan *plan);

/** What can be refused before a photo is read. */
int train_plan_check(const struct train_plan *plan,
                     struct tt_error *err) TT_MUST;

/** Epochs that a run will have in all; 0: not known, for another limit. */
int train_plan_epochs(const struct train_plan *plan);

struct train_val {
    double loss; /* of the stage, without the discriminator's part */
    double mae_ab, psnr, ssim, ciede2000, cf_ratio;
};

/** All may be NULL. Called on the thread of train_run. */
struct train_events {
    void *ctx;
    /** One value of a series: "loss", "loss3" (over L, a, b: L is exact, so
     *  two thirds), "rate", "images_per_s" at each step, "gradient" (its
     *  2-norm) with clip, and in a gan stage "d_loss", "g_adv", "g_l1";
     *  "train_loss", "val_loss", "val_loss3", "val_mae_ab", "val_psnr",
     *  "val_ssim", "val_ciede2000", "val_cf_ratio" at the end of each epoch;
     *  "gray_mae_ab", "lookup_mae_ab" and the like at each size. With a
     *  backend that makes whole steps, those of a step come, with its number,
     *  when the next one runs. */
    void (*metric)(void *ctx, const char *series, uint64_t step, double value);
    /** A stage of so many begins, or goes on; its loss in a word. */
    void (*stage)(void *ctx, int stage, int stages, const char *loss);
    /** A checkpoint stands at path. best: it is best.h5, else latest.h5. */
    void (*checkpoint)(void *ctx, const char *path, bool best,
                       const struct tt_sha256 *sha256, uint64_t epoch,
                       uint64_t step, const struct train_val *val);
};

struct train_outcome {
    uint64_t epochs, steps, images; /* done in all, resumed parts included */
    double seconds;                 /* likewise */
    struct train_val last, best;
    uint64_t best_epoch;
    char latest_path[4096], best_path[4096]; /* "" if not written */
};

/** events and watch may be NULL; *out is filled on TT_CANCEL as well. */
int train_run(const struct train_plan *plan, const struct train_events *events,
              const struct tt_watch *watch, struct train_outcome *out,
              struct tt_error *err) TT_MUST;

#endif
