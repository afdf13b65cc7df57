/**
 * engine: the engine that runs: memory by CUDA, convolutions by cuDNN, kernels
 * of our own. A list runs step by step the first time, which lets the libraries
 * load what they need; the second time it is recorded as one CUDA graph, and
 * from then on started as that: sums of NCCL's with it. Where a group adds up
 * in the host's memory, lists with sums run step by step.
 *
 * Owns:    see model/gpu/engine.h.
 * Threads: one thread per engine.
 * Fails:   TT_MISSING (no such card), and as model/gpu/engine.h.
 */
#ifndef CUDNN_ENGINE_H
#define CUDNN_ENGINE_H

#include "model/backend/plug.h"
#include "model/gpu/engine.h"

int cudnn_engine_open(struct gpu_engine **out, int number,
                      struct tt_error *err) TT_MUST;

/** An engine that plans for the card of a document and runs nothing. What it
 *  would need is added up in *needs, which is borrowed. */
int cudnn_engine_describe(struct gpu_engine **out, const char *document,
                          const char *store, struct backend_needs *needs,
                          struct tt_error *err) TT_MUST;

#endif
