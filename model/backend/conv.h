/**
 * conv: one convolution of a program, by oneDNN or by our own code, whichever
 * is the faster on this processor. With `up` its input is first upsampled, each
 * pixel to 2 x 2. Private to the backend.
 *
 * oneDNN does an `up` in the corner form and leaves the corner grid behind,
 * N, H+1, W+1, 2, 2, CO (backend.h); our own code writes N, 2H, 2W, CO.
 *
 * Owns:    what open() made; close() accepts NULL and half-built ones. The
 *          buffers given to bind() stay the caller's.
 * Threads: as onednn.h and direct.h.
 * Fails:   as onednn.h.
 */
#ifndef BACKEND_CONV_H
#define BACKEND_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct conv;   /* opaque */
struct onednn; /* onednn.h */

struct conv_shape {
    int n, h, w, ci; /* input: N, H, W, CI */
    int oh, ow, co;  /* output */
    int kernel, stride, pad;
    bool up;      /* kernel 3, stride 1, pad 1 over the upsampled input */
    bool bf16;    /* activations and packed weights; else f32 */
    bool dst_f32; /* the output is f32 all the same */
    bool bias, relu;
    float slope; /* of relu, below 0 */
    bool train;  /* the weights' gradient too; and with back_data the input's */
    bool back_data;
};

struct conv_buffers {
    void *src, *dst; /* forward */
    /* from pixel to pixel of src and dst, where conv_places_apart(); 0: they
     * lie side by side */
    size_t src_step, dst_step;
    void *diff_src, *diff_dst; /* backward; may be NULL if not train */
    void *scratch;             /* shared by all convolutions of a thread */
};

/** Whether an `up` leaves the corner grid behind. */
bool conv_leaves_corners(bool bf16);

/** Whether pixels of an input and an output may lie apart, as a slice of a
 *  tensor of more channels. In use only, not in training. */
bool conv_places_apart(bool bf16);

/** lib is opened by the first that needs it, and stays the caller's. */
int conv_open(struct conv **out, struct onednn **lib,
              const struct conv_shape *shape, const char *name,
              struct tt_error *err) TT_MUST;

/** Bytes that buffers.scratch must have; bytes held besides. */
size_t conv_scratch(const struct conv *c);
size_t conv_memory(const struct conv *c);

int conv_bind(struct conv *c, const struct conv_buffers *b,
              struct tt_error *err) TT_MUST;

/** weights: CO, CI, K, K; bias: CO, used only if the shape has one. */
int conv_pack(struct conv *c, const float *weights, const float *bias,
              struct tt_error *err) TT_MUST;

int conv_forward(struct conv *c, struct tt_error *err) TT_MUST;
int conv_back_data(struct conv *c, struct tt_error *err) TT_MUST;

/** dweights: CO, CI, K, K; dbias: CO, or NULL without one. */
int conv_back_weights(struct conv *c, float *dweights, float *dbias,
                      struct tt_error *err) TT_MUST;

void conv_close(struct conv *c);

#endif
