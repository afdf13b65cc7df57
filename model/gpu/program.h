/**
 * program: a network as lists of steps for an engine: convolutions and kernels
 * over tensors in the memory of a card. What backend.h asks of a backend, but
 * for its engine. Parameters, gradients and statistics have their twins on the
 * card, in the same canonical order.
 *
 * An UP layer is the data gradient of a 4x4 convolution of stride 2, which
 * needs 16 of 36 multiplications and no shuffling.
 *
 * Owns:    open() takes the engine over, also when it fails.
 * Threads: one thread per program.
 * Fails:   as backend.h and engine.h.
 */
#ifndef GPU_PROGRAM_H
#define GPU_PROGRAM_H

#include "model/backend/backend.h"
#include "model/gpu/engine.h"

int gpu_program_open(struct backend_program **out, struct gpu_engine *engine,
                     const struct backend_net *net,
                     const struct backend_setup *setup,
                     struct tt_error *err) TT_MUST;

/** A second program for training on the engine of another, which outlives it:
 *  as large a batch, of the same size. It will be asked for dx. */
int gpu_program_beside(struct backend_program **out,
                       const struct backend_program *by,
                       const struct backend_net *net,
                       struct tt_error *err) TT_MUST;

// the rest of struct backend_ops
int gpu_program_load(struct backend_program *p, const float *params,
                     const float *stats, struct tt_error *err) TT_MUST;
int gpu_program_forward(struct backend_program *p, const float *x, float *y,
                        float *stats, struct tt_error *err) TT_MUST;
int gpu_program_backward(struct backend_program *p, const float *dy,
                         float *grads, float *dx, struct tt_error *err) TT_MUST;
enum backend_precision gpu_program_precision(const struct backend_program *p);
size_t gpu_program_memory(const struct backend_program *p);
void gpu_program_close(struct backend_program *p);

#endif
