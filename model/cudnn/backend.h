/**
 * backend: the backend "cudnn": programs of model/gpu on the engine that runs.
 *
 * Threads: as model/backend/backend.h.
 * Fails:   as that, and as model/cudnn/engine.h.
 */
#ifndef CUDNN_BACKEND_H
#define CUDNN_BACKEND_H

#include "model/backend/plug.h"

extern const struct backend_ops cudnn_backend;

/** As in struct backend_plug. */
int cudnn_backend_prove(const char *document, const char *store,
                        const struct backend_net *net,
                        const struct backend_net *critic,
                        const struct backend_setup *setup,
                        struct backend_needs *needs,
                        struct tt_error *err) TT_MUST;

#endif
