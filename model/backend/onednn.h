/**
 * onednn: one convolution by oneDNN, with its gradients and its packed weights.
 * Private to the backend. Only onednn.c includes dnnl.h.
 *
 * The shape is conv.h's without `up`, which its caller turns into a corner
 * convolution. Activations are NHWC in bf16 or f32; weights come and go as f32
 * in OIHW.
 *
 * Owns:    what open() made; close() accepts NULL and half-built ones. The
 *          buffers given to bind() stay the caller's.
 * Threads: one thread per struct onednn and all its convolutions; the library
 *          uses the OpenMP threads that are set for the calling thread.
 * Fails:   TT_NOMEM; TT_USAGE if only slow reference code could do it; TT_BUG.
 */
#ifndef BACKEND_ONEDNN_H
#define BACKEND_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/backend/conv.h"

struct onednn_conv; /* opaque; struct onednn: the library's engine, stream */

int onednn_open(struct onednn **out, struct tt_error *err) TT_MUST;
void onednn_close(struct onednn *lib);

int onednn_conv_open(struct onednn_conv **out, struct onednn *lib,
                     const struct conv_shape *shape, const char *name,
                     struct tt_error *err) TT_MUST;

/** Bytes that buffers.scratch must have; bytes held besides. */
size_t onednn_conv_scratch(const struct onednn_conv *c);
size_t onednn_conv_memory(const struct onednn_conv *c);

int onednn_conv_bind(struct onednn_conv *c, const struct conv_buffers *b,
                     struct tt_error *err) TT_MUST;

/** weights: CO, CI, K, K; bias: CO, used only if the shape has one. */
int onednn_conv_pack(struct onednn_conv *c, const float *weights,
                     const float *bias, struct tt_error *err) TT_MUST;

int onednn_conv_forward(struct onednn_conv *c, struct tt_error *err) TT_MUST;
int onednn_conv_back_data(struct onednn_conv *c, struct tt_error *err) TT_MUST;

/** dweights: CO, CI, K, K; dbias: CO, or NULL without one. */
int onednn_conv_back_weights(struct onednn_conv *c, float *dweights,
                             float *dbias, struct tt_error *err) TT_MUST;

void onednn_conv_close(struct onednn_conv *c);

#endif
