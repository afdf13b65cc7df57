#include "model/cudnn/backend.h"

#include <string.h>

#include "model/cudnn/device.h"
#include "model/cudnn/engine.h"
#include "model/gpu/learn.h"
#include "model/gpu/program.h"

static bool can(enum backend_precision precision)
{
    struct tt_error ignored;

    return precision != BACKEND_F32 && cudnn_device_count(&ignored) > 0;
}

static int open_program(struct backend_program **out,
                        const struct backend_net *net,
                        const struct backend_setup *setup, struct tt_error *err)
{
    struct gpu_engine *engine;

    *out = NULL;
    if (cudnn_engine_open(&engine, setup->device, err) < 0)
        return -1;
    return gpu_program_open(out, engine, net, setup, err);
}

int cudnn_backend_prove(const char *document, const char *store,
                        const struct backend_net *net,
                        const struct backend_net *critic,
                        const struct backend_setup *setup,
                        struct backend_needs *needs, struct tt_error *err)
{
    struct backend_program *p;
    struct gpu_engine *engine;
    int rc;

    memset(needs, 0, sizeof(*needs));
    if (cudnn_engine_describe(&engine, document, store, needs, err) < 0 ||
        gpu_program_open(&p, engine, net, setup, err) < 0)
        return -1;
    rc = gpu_learn_can(p) ? gpu_learn_prepare(p, critic, err) : 0;
    gpu_program_close(p);
    return rc;
}

const struct backend_ops cudnn_backend = {
    .name = "cudnn",
    .summary = "cuDNN on a GPU, bf16",
    .can = can,
    .open = open_program,
    .load = gpu_program_load,
    .forward = gpu_program_forward,
    .backward = gpu_program_backward,
    .precision = gpu_program_precision,
    .memory = gpu_program_memory,
    .close = gpu_program_close,
    .learn = &gpu_learn,
};
