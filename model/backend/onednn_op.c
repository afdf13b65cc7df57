#include "model/backend/onednn_op.h"

#include <stdlib.h>
#include <string.h>

int onednn_status(dnnl_status_t s, const char *what, struct tt_error *err)
{
    if (s == dnnl_success)
        return 0;
    tt_fail(err, s == dnnl_out_of_memory ? TT_NOMEM : TT_BUG,
            "oneDNN: %s: status %d", what, (int)s);
    err->sys = (int)s;
    return -1;
}

int onednn_open(struct onednn **out, struct tt_error *err)
{
    struct onednn *lib = calloc(1, sizeof(*lib));

    *out = NULL;
    if (!lib)
        return tt_fail(err, TT_NOMEM, "no memory for oneDNN");
    if (onednn_status(dnnl_engine_create(&lib->engine, dnnl_cpu, 0), "engine",
                      err) < 0 ||
        onednn_status(dnnl_stream_create(&lib->stream, lib->engine,
                                         dnnl_stream_default_flags),
                      "stream", err) < 0) {
        onednn_close(lib);
        return -1;
    }
    *out = lib;
    return 0;
}

void onednn_close(struct onednn *lib)
{
    if (!lib)
        return;
    if (lib->stream)
        dnnl_stream_destroy(lib->stream);
    if (lib->engine)
        dnnl_engine_destroy(lib->engine);
    free(lib);
}

int onednn_op_make(struct onednn_op *op, struct onednn *lib,
                   const_dnnl_primitive_desc_t pd, const int *args, int n,
                   struct tt_error *err)
{
    MD_REF pad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);

    if (onednn_status(dnnl_primitive_create(&op->prim, pd), "primitive", err) <
        0)
        return -1;
    for (int i = 0; i < n; i++) {
        MD_REF md = args[i] == DNNL_ARG_SCRATCHPAD
                        ? pad
                        : dnnl_primitive_desc_query_md(
                              pd, dnnl_query_exec_arg_md, args[i]);

        op->args[i].arg = args[i];
        if (onednn_status(dnnl_memory_create(&op->args[i].memory, md,
                                             lib->engine, DNNL_MEMORY_NONE),
                          "memory", err) < 0)
            return -1;
        op->n = i + 1;
    }
    op->scratch = dnnl_memory_desc_get_size(pad);
    return 0;
}

int onednn_op_bind(struct onednn_op *op, int arg, const void *at,
                   struct tt_error *err)
{
    for (int i = 0; i < op->n; i++)
        if (op->args[i].arg == arg)
            return onednn_status(
                dnnl_memory_set_data_handle(op->args[i].memory, (void *)at),
                "binding memory", err);
    return 0; // this operation does not have that argument
}

int onednn_op_run(struct onednn_op *op, struct onednn *lib,
                  struct tt_error *err)
{
    if (onednn_status(
            dnnl_primitive_execute(op->prim, lib->stream, op->n, op->args),
            "execution", err) < 0)
        return -1;
    return onednn_status(dnnl_stream_wait(lib->stream), "waiting", err);
}

void onednn_op_close(struct onednn_op *op)
{
    for (int i = 0; i < op->n; i++)
        dnnl_memory_destroy(op->args[i].memory);
    if (op->prim)
        dnnl_primitive_destroy(op->prim);
    memset(op, 0, sizeof(*op));
}
