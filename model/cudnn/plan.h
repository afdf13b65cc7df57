/**
 * plan: which of cuDNN's engines does a convolution, and how. The first that
 * cuDNN itself proposes which repeats its bits and keeps within the budget.
 *
 * Owns:    make() fills the struct; release() frees it, a zeroed one too.
 * Threads: one thread per struct.
 * Fails:   TT_USAGE (none fits), TT_NOMEM, TT_BUG.
 */
#ifndef CUDNN_PLAN_H
#define CUDNN_PLAN_H

#include <stdbool.h>

#include "model/cudnn/bag.h"
#include "model/gpu/engine.h"

/** What plans are made for. */
struct cudnn_target {
    struct cudnn_bag bag;            /* of the next */
    cudnnBackendDescriptor_t device; /* its properties */
    char *document;                  /* the same as text, owned */
    size_t budget;                   /* bytes of workspace a plan may ask */
    const char *store;               /* folder of plans, borrowed; or NULL */
};

/** A card by its number, or, with a document, one that need not be there. */
int cudnn_target_open(struct cudnn_target *t, int number, const char *document,
                      struct tt_error *err) TT_MUST;
void cudnn_target_close(struct cudnn_target *t);

struct cudnn_plan {
    struct cudnn_bag bag; /* all that it is made of */
    cudnnBackendDescriptor_t plan;
    size_t workspace; /* bytes */
    bool restored;    /* from the store */
};

int cudnn_plan_make(struct cudnn_plan *p, const struct cudnn_target *t,
                    const struct gpu_shape *shape,
                    struct tt_error *err) TT_MUST;

void cudnn_plan_release(struct cudnn_plan *p);

#endif
