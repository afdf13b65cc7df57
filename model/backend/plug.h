/**
 * plug: the GPU backend, in a plug-in of its own (base/plugin.h), so that one
 * program runs on machines with and without a GPU, a driver or cuDNN. It links
 * what it needs of other rooms itself; the two sides share the structs of this
 * header and of backend.h, and nothing else.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_MISSING (no driver, no plug-in, no card: the text says which),
 *          TT_UNAVAILABLE (as base/plugin.h).
 */
#ifndef BACKEND_PLUG_H
#define BACKEND_PLUG_H

#include <stddef.h>

#include "base/error.h"
#include "model/backend/backend.h"

#define BACKEND_PLUG_NAME "cudnn"
#define BACKEND_PLUG_KIND "backend"

/** What a network would need of a card. */
struct backend_needs {
    int plans;        /* of convolutions */
    int restored;     /* of them, those that were found in the store */
    size_t memory;    /* bytes of all tensors */
    size_t workspace; /* bytes, of the plan that asks for most */
};

struct backend_plug {
    const struct backend_ops *ops;

    /** Cards that can be used, at least 1; -1: the error says why none. */
    int (*count)(struct tt_error *err);

    /** "NVIDIA H100 80GB HBM3, sm_90, 79 GB, cuDNN 9.19.0" into text. */
    int (*describe)(int number, char *text, size_t size, struct tt_error *err);

    /** Make all plans for a card that need not be here: document is the JSON
     *  that cuDNN takes for a description of its properties; store is a folder
     *  for the plans, or NULL; critic is put beside the network (learn.h), or
     *  NULL. */
    int (*prove)(const char *document, const char *store,
                 const struct backend_net *net,
                 const struct backend_net *critic,
                 const struct backend_setup *setup, struct backend_needs *needs,
                 struct tt_error *err);
};

/** The plug-in, if it is installed and a driver and a card are here. NULL if
 *  not. */
const struct backend_plug *backend_plug_find(struct tt_error *err);

#endif
