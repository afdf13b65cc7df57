/**
 * onednn_op: one primitive of oneDNN with its arguments, and what differs
 * between the library's versions. Private to onednn.c and onednn_op.c, the only
 * files that include dnnl.h.
 *
 * Owns:    make() takes the primitive and its memory objects; close() frees
 *          them. What is bound stays the caller's.
 * Threads: as onednn.h.
 * Fails:   TT_NOMEM, TT_BUG.
 */
#ifndef BACKEND_ONEDNN_OP_H
#define BACKEND_ONEDNN_OP_H

#include <oneapi/dnnl/dnnl.h>
#include <stddef.h>

#include "base/error.h"
#include "model/backend/onednn.h"

// The library's third major version made memory descriptors pointers and let a
// primitive's description be made in one call. What differs is here.
#if DNNL_VERSION_MAJOR >= 3
#define MD         dnnl_memory_desc_t
#define MD_REF     const_dnnl_memory_desc_t
#define MD_AT(md)  (md)
#define MD_DROP(m) dnnl_memory_desc_destroy(m)
#else
#define MD         dnnl_memory_desc_t
#define MD_REF     const dnnl_memory_desc_t *
#define MD_AT(md)  (&(md))
#define MD_DROP(m) ((void)(m))
#endif

#define ONEDNN_OP_ARGS 6

/* Zeroed: no operation. */
struct onednn_op {
    dnnl_primitive_t prim;
    int n;
    dnnl_exec_arg_t args[ONEDNN_OP_ARGS];
    size_t scratch; /* bytes that DNNL_ARG_SCRATCHPAD must have */
};

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

/** 0, or -1 with what the library was doing. */
int onednn_status(dnnl_status_t s, const char *what,
                  struct tt_error *err) TT_MUST;

/** Make it from its description; its arguments are bound later. */
int onednn_op_make(struct onednn_op *op, struct onednn *lib,
                   const_dnnl_primitive_desc_t pd, const int *args, int n,
                   struct tt_error *err) TT_MUST;

/** Let an argument lie at that place; no harm if op does not have it. */
int onednn_op_bind(struct onednn_op *op, int arg, const void *at,
                   struct tt_error *err) TT_MUST;

/** Run it and wait for its end. */
int onednn_op_run(struct onednn_op *op, struct onednn *lib,
                  struct tt_error *err) TT_MUST;

void onednn_op_close(struct onednn_op *op);

#endif
