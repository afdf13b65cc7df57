/**
 * plug: the GPU backend, in a shared object of its own that is opened when it
 * is asked for, so that one program runs on machines with and without a GPU,
 * a driver or cuDNN. It is looked for beside the program, then in
 * ../lib/tintype. The object links what it needs of base/ itself; the two share
 * the structs of this header and of backend.h, and nothing else.
 *
 * Owns:    what open() and find() opened stays open until the process ends.
 * Threads: any.
 * Fails:   TT_MISSING (no driver, no object, no library of its, no card: the
 *          text says which), TT_FORMAT (the object is of another version).
 */
#ifndef BACKEND_PLUG_H
#define BACKEND_PLUG_H

#include <stddef.h>

#include "base/error.h"
#include "model/backend/backend.h"

#define BACKEND_PLUG_FILE    "tintype-cudnn.so"
#define BACKEND_PLUG_SYMBOL  "tintype_backend_plug"
#define BACKEND_PLUG_VERSION 1 /* of all that is seen from both sides */

/** What a network would need of a card. */
struct backend_needs {
    int plans;        /* of convolutions */
    int restored;     /* of them, those that were found in the store */
    size_t memory;    /* bytes of all tensors */
    size_t workspace; /* bytes, of the plan that asks for most */
};

struct backend_plug {
    int version; /* first, always: BACKEND_PLUG_VERSION */

    const struct backend_ops *ops;

    /** Cards that can be used, at least 1; -1: the error says why none. */
    int (*count)(struct tt_error *err);

    /** "NVIDIA H100 80GB HBM3, sm_90, 79 GB, cuDNN 9.19.0" into text. */
    int (*describe)(int number, char *text, size_t size, struct tt_error *err);

    /** Make all plans for a card that need not be here: document is the JSON
     *  that cuDNN takes for a description of its properties; store is a folder
     *  for the plans, or NULL. */
    int (*prove)(const char *document, const char *store,
                 const struct backend_net *net,
                 const struct backend_setup *setup, struct backend_needs *needs,
                 struct tt_error *err);
};

/** What the object's one function, BACKEND_PLUG_SYMBOL, is like. */
typedef const struct backend_plug *backend_plug_fn(void);

/** Open that file. NULL on failure. */
const struct backend_plug *backend_plug_open(const char *path,
                                             struct tt_error *err);

/** Open it where it belongs, if a driver and a card are here. NULL if not. */
const struct backend_plug *backend_plug_find(struct tt_error *err);

#endif
