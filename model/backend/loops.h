/**
 * loops: what a backend does itself to runs of pixels, eight channels at a
 * time: sums, normalization with (leaky) ReLU, and their gradients. Private to
 * the backend. A run is `count` pixels, `step` values apart, of c channels each
 * (a multiple of 8) that lie side by side.
 *
 * Activations are bf16 or f32; all else, sums included, is f32.
 *
 * Threads: any.  Fails: never.
 */
#ifndef BACKEND_LOOPS_H
#define BACKEND_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

struct backend_run {
    size_t count; /* pixels */
    int c;        /* channels */
};

/** Two gradients that are added; the second may be NULL. */
struct backend_pair {
    const void *at[2];
    size_t step[2];
};

/** Per channel: v = a x + b; y = v > 0 ? v : slope v. */
struct backend_affine {
    const float *a, *b;
    float slope;
};

struct backend_loops {
    size_t bytes; /* of one activation */

    void (*from_f32)(const float *x, void *y, size_t n);
    void (*to_f32)(const void *x, float *y, size_t n);

    /** sum[c] = sum of x; dev[c] = sum of (x - mean)^2. */
    void (*sum)(struct backend_run r, const void *x, size_t step, float *sum);
    void (*dev)(struct backend_run r, const void *x, size_t step,
                const float *mean, float *dev);

    void (*norm)(struct backend_run r, const void *x, size_t step,
                 struct backend_affine f, void *y, size_t y_step);

    /** With dy = dz where the output was positive, else slope dz:
     *  sums[c] += sum of dy; sums[C + c] += sum of dy (x - mean). */
    void (*back_sum)(struct backend_run r, const void *x, size_t step,
                     struct backend_affine f, const float *mean,
                     struct backend_pair dz, float *sums);

    /** x becomes its gradient: a dy + k[c] (x - mean) + k[C + c]. */
    void (*back)(struct backend_run r, void *x, size_t step,
                 struct backend_affine f, const float *mean, const float *k,
                 struct backend_pair dz);
};

/** The loops for bf16 or f32 that suit this processor. */
const struct backend_loops *backend_loops_of(bool bf16);

/** Whether the processor multiplies bf16 at speed. */
bool backend_loops_bf16(void);

#endif
