/**
 * host: an engine of plain loops, in the same bf16 as a card: what programs for
 * a GPU are tested on where there is none.
 */
#ifndef TESTS_MODEL_GPU_HOST_H
#define TESTS_MODEL_GPU_HOST_H

#include "model/backend/backend.h"
#include "model/gpu/engine.h"

extern const struct backend_ops host_backend;
#ifndef GPU_VALUES_F32
extern const struct backend_ops wide_backend; /* f32 for bf16: see wide.h */
#endif

struct gpu_engine *host_engine_open(void);

#endif
