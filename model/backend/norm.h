/**
 * norm: batch norm, or a bias alone, with (leaky) ReLU over NHWC, and the ways
 * its pixels come and go: read from a dense tensor or from the corner grid of
 * an UP layer, written to up to two places, so that shuffle and concatenation
 * cost no pass of their own. Private to the backend.
 *
 * Sums are made row by row and joined in the order of rows, in f64: the bits do
 * not depend on the number of threads. With a group they go over the batches of
 * all its processes.
 *
 * Owns:    init() takes the vectors; release() frees them.
 * Threads: one thread per struct, which uses `threads` OpenMP threads.
 * Fails:   TT_NOMEM; TT_UNAVAILABLE (the group).
 */
#ifndef BACKEND_NORM_H
#define BACKEND_NORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/backend/loops.h"
#include "model/reduce/reduce.h"

struct backend_norm {
    // filled in before init()
    int n, h, w, c; /* of the output */
    bool corner;    /* x: N, H/2+1, W/2+1, 2, 2, C; else N, H, W, C */
    bool train;
    bool batch;  /* batch norm; else only the bias is added */
    float slope; /* below 0 */
    int threads;
    const struct backend_loops *loops;
    struct reduce *group; /* NULL: this batch is all */

    // before the first run
    void *x; /* the convolution's output; backward() puts its gradient there */
    struct {
        void *at; /* NULL: not written; pixels are step values apart */
        size_t step;
    } out[2];
    struct backend_pair dz; /* gradient(s) of the output: N, H, W at steps */

    // its own
    float *mean, *var, *rstd, *a, *b, *k; /* C; k: 2 C */
    float *rows;                          /* N H, 2, C: sums of each row */
    double *sums; /* 2, C: mean and variance; backward, of dy and dy h / r */
    double m;     /* values of a channel, in all batches */
};

int backend_norm_init(struct backend_norm *b, struct tt_error *err) TT_MUST;

/** Normalize by the batch's statistics and move the running ones, unless they
 *  are NULL. Without batch norm only bias is read. */
int backend_norm_forward(struct backend_norm *b, const float *scale,
                         const float *bias, float *running_mean,
                         float *running_var, struct tt_error *err) TT_MUST;

/** After forward(): x becomes its gradient. dscale, dbias: C, of the own batch;
 *  either may be NULL. */
int backend_norm_backward(struct backend_norm *b, float *dscale, float *dbias,
                          struct tt_error *err) TT_MUST;

/** Only carry x to its places, unless it is there already. */
void backend_norm_copy(const struct backend_norm *b);

void backend_norm_release(struct backend_norm *b);

#endif
