/**
 * program: what the program of backend_onednn holds, and the plan of its
 * memory. Its steps are the layers forward, 0 .. L-1, and the same backward,
 * L .. 2L-1; every buffer knows at which steps it is needed, and the arena lets
 * those share memory that are never needed at once. Private to program.c and
 * program_plan.c.
 *
 * Threads: as backend.h.
 * Fails:   TT_NOMEM, TT_USAGE (a layer that too many others read).
 */
#ifndef BACKEND_PROGRAM_H
#define BACKEND_PROGRAM_H

#include "model/backend/arena.h"
#include "model/backend/backend.h"
#include "model/backend/conv.h"
#include "model/backend/loops.h"
#include "model/backend/norm.h"
#include "model/backend/onednn.h"

struct program_layer {
    struct backend_layer def;
    struct backend_size in; /* of what the convolution reads */
    int h, w;               /* of the output */
    struct conv *conv;
    struct backend_norm norm; /* not of the last layer */
    // numbers of buffers in the arena, -1: none
    int src;      /* what the convolution reads: N, H, W, CI */
    int conv_out; /* what it writes; backward, the gradient of that */
    int out;      /* N, H, W, CO, where a layer reads this one alone */
    int home; /* the joining layer whose src it writes straight into, -1: none;
                 conv_out and out are none then */
    int diff; /* gradient of src */
};

struct backend_program {
    struct backend_net net;
    struct backend_setup setup;
    bool bf16;
    const struct backend_loops *loops;
    const float *params; /* borrowed */
    struct onednn *lib;
    struct backend_arena arena;
    struct program_layer layer[BACKEND_LAYERS];
    int input;   /* buffer: x as read */
    int y, dpre; /* buffers: the output, its gradient */
    void *scratch;
    size_t scratch_size;
    size_t inputs, outputs; /* values of x and of y */
};

bool program_trains(const struct backend_program *p);

/** Give every layer its buffers and take the memory for all of them. */
int program_plan(struct backend_program *p, struct tt_error *err) TT_MUST;

/** Where layer l's output lies, as a slice of its home's src. */
void *program_plan_slice(const struct backend_program *p, int l);

/** Tell layer l's norm where its pixels go and where their gradients come
 *  from: as they are, or as a slice of what a joining layer reads. */
int program_plan_wire(struct backend_program *p, int l,
                      struct tt_error *err) TT_MUST;

#endif
