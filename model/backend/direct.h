/**
 * direct: one convolution in f32 by our own code, with its gradients and its
 * packed weights. oneDNN 2.6 reaches half of what a processor with AVX2 and
 * without AVX-512 can do over NHWC; this reaches nine tenths.
 *
 * A kernel over nearest x2 upsampling is four of 2x2, one for each phase of the
 * output (corner.h has the formulas), written where they belong: 16/36 of the
 * work and no grid of corners.
 *
 * Owns:    what open() made; close() accepts NULL and half-built ones. The
 *          places given to bind() stay the caller's.
 * Threads: one thread per struct, which uses the OpenMP threads that are set
 *          for it. The bits do not depend on how many, gradients included.
 * Fails:   TT_NOMEM.
 */
#ifndef BACKEND_DIRECT_H
#define BACKEND_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/backend/conv.h"
#include "model/backend/sweep.h"

struct direct; /* opaque */

/** Whether this processor can run it; whether it is the faster one here. */
bool direct_can(void);
bool direct_suits(void);

/** bf16 must not be set. */
int direct_open(struct direct **out, const struct conv_shape *shape,
                struct tt_error *err) TT_MUST;

/** Bytes that buffers.scratch must have; bytes held besides. */
size_t direct_scratch(const struct direct *d);
size_t direct_memory(const struct direct *d);

void direct_bind(struct direct *d, const struct conv_buffers *b);

/** weights: CO, CI, K, K; bias: CO, used only if the shape has one. */
int direct_pack(struct direct *d, const float *weights, const float *bias,
                struct tt_error *err) TT_MUST;

void direct_forward(const struct direct *d);
void direct_back_data(const struct direct *d);

/** dweights: CO, CI, K, K; dbias: CO, or NULL without one. */
void direct_back_weights(const struct direct *d, float *dweights, float *dbias);

void direct_close(struct direct *d);

#endif
