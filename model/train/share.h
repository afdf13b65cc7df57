/**
 * share: one run in several processes, a group of model/reduce. Each has the
 * same weights to the bit and learns from its part of every batch. Rank 0
 * leads: it alone validates, writes checkpoints, has a clock and may be told to
 * stop; the others follow.
 *
 * Outside of a step every word begins with a meeting, at which a process that
 * failed says so, and all then fail alike. In the middle of a step there is no
 * saying so: train_share_abort ends them all.
 *
 * Alone (no group) each call is a test of a pointer. Private to training.
 *
 * Owns:    a follower's folder, with copies of the leader's checkpoints.
 * Threads: one.
 * Fails:   TT_USAGE (a batch that cannot be divided), what another process
 *          failed with, TT_UNAVAILABLE (a process is gone), TT_OUTPUT, TT_BUG
 *          (weights that are no longer the same).
 */
#ifndef TRAIN_SHARE_H
#define TRAIN_SHARE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/file.h"
#include "base/watch.h"
#include "model/reduce/reduce.h"
#include "model/train/train.h"

#define TRAIN_SHARE_MOST  1024 /* processes */
#define TRAIN_SHARE_FILES 3

struct train_share {
    struct reduce *group;   /* borrowed; NULL: alone */
    struct train_plan plan; /* as this process follows it: its part of the
                               batch, its folder, its copies */
    int whole;              /* photos of a batch, in all processes */
    int first;              /* of them that is this process's */
    bool failed;            /* and all know */
    double elapsed_s;       /* the leader's, at the last tick */
    char folder[TT_PATH_SIZE];
    char file[TRAIN_SHARE_FILES][TT_PATH_SIZE];
};

/** Divide the work of a plan. end() and release() are due also after a failure.
 */
int train_share_open(struct train_share *s, const struct train_plan *plan,
                     struct tt_error *err) TT_MUST;

bool train_share_leads(const struct train_share *s);

/** Meet: -1 if rc is, here or anywhere. */
int train_share_meet(struct train_share *s, int rc,
                     struct tt_error *err) TT_MUST;

/** Meet, then all know what the leader has in data. */
int train_share_tell(struct train_share *s, int rc, void *data, size_t size,
                     struct tt_error *err) TT_MUST;

/** Meet, then all have the leader's clock; 1: it is told to stop. */
int train_share_tick(struct train_share *s, double elapsed_s,
                     const struct tt_watch *watch,
                     struct tt_error *err) TT_MUST;

/** In a step: means over the processes of n values (at most 8). */
int train_share_means(struct train_share *s, double *values, int n,
                      struct tt_error *err) TT_MUST;

/** Meet, and check that all have these weights. */
int train_share_same(struct train_share *s, const float *values, size_t count,
                     struct tt_error *err) TT_MUST;

/** A step failed: nobody can go on. Alone it returns. */
void train_share_abort(struct train_share *s, const struct tt_error *why);

/** Meet for the last time, unless a failure has been heard: -1 if rc is, here
 *  or anywhere. */
int train_share_end(struct train_share *s, int rc,
                    struct tt_error *err) TT_MUST;

/** Remove the copies, which are read when a run begins. More than once: fine.
 */
void train_share_release(struct train_share *s);

#endif
