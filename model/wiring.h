/**
 * wiring: a network's layers with their names: where each named tensor lies in
 * the blocks of parameters and of running statistics.
 *
 * Owns:    nothing; a struct model_wiring holds all of itself.
 * Threads: any.
 * Fails:   never.
 */
#ifndef MODEL_WIRING_H
#define MODEL_WIRING_H

#include "model/backend/backend.h"

#define MODEL_NAME    16 /* bytes of the name of a layer */
#define MODEL_TENSORS (6 * BACKEND_LAYERS)

/** A named piece of the parameters or of the running statistics. */
struct model_tensor {
    char name[MODEL_NAME + 8]; /* "enc1.0.weight", "up3.scale", "head.bias" … */
    int rank, shape[4];
    size_t offset, count; /* in its block */
};

struct model_wiring {
    struct backend_net net;
    char name[BACKEND_LAYERS][MODEL_NAME]; /* "enc1.0" */
    int tensors;      /* of the parameters; in the order of their offsets */
    int stat_tensors; /* behind them: of the running statistics */
    struct model_tensor tensor[MODEL_TENSORS];
};

/** A network of no layers yet. */
void model_wiring_init(struct model_wiring *w, int inputs);

/** A layer behind the others; its offsets are filled in. Returns its index. */
int model_wiring_add(struct model_wiring *w, const char *name,
                     struct backend_layer layer);

/** After the last layer: list the running statistics. */
void model_wiring_finish(struct model_wiring *w);

#endif
