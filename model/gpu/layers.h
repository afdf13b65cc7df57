/**
 * layers: what a program holds: its tensors on the card and its lists of steps.
 * Private to the room.
 *
 * Threads: as program.h.
 * Fails:   as program.h.
 */
#ifndef GPU_LAYERS_H
#define GPU_LAYERS_H

#include "model/backend/backend.h"
#include "model/gpu/engine.h"

struct gpu_layer {
    struct backend_layer def;
    struct backend_size in, size; /* of the input, of the output */
    size_t pixels;                /* N H W of the output */
    bool first, last;             /* these convolve by kernels of ours */
    bool fused; /* bias and ReLU by the convolution, straight into out */

    gpu_value *src;             /* what it reads: N, IH, IW, CI */
    gpu_value *conv;            /* N, H, W, CO; backward, the gradient of it */
    gpu_value *out;             /* N, H, W, CO, for those that read it alone */
    gpu_value *diff;            /* the gradient of src */
    struct gpu_place outs[2];   /* where its output goes */
    struct gpu_place dz[2];     /* where its gradient comes from */
    gpu_value *weights, *dw;    /* as the convolution takes them */
    float *factor, *shift;      /* CO: folded */
    float *mean, *rstd, *a, *b; /* CO: of the batch */
    float *sums, *k;            /* 2, CO: backward */
};

struct backend_program {
    struct backend_net net;
    struct backend_setup setup;
    struct gpu_engine *engine;
    bool borrowed; /* the engine, of a program that outlives this one */
    struct gpu_layer layer[BACKEND_LAYERS];
    bool train;
    size_t inputs, outputs; /* values */

    float *params, *grads, *stats;
    float *momentum; /* 1: of the running statistics */
    float *x, *y, *dy, *dpre, *dx;
    float *part[2]; /* sums on their way */

    struct gpu_list *load, *forward;
    struct gpu_list *backward;    /* of all parameters */
    struct gpu_list *back_inputs; /* of the input alone */

    struct gpu_learner *learner; /* NULL before the first step of learning */
};

/** Take the memory for all tensors, and say where they go. */
int gpu_tensors_make(struct backend_program *p, struct tt_error *err) TT_MUST;

/** A kernel as the next step of a list; its arguments are to be filled in. */
union gpu_args *gpu_steps_add(struct gpu_list *list, enum gpu_kernel kernel,
                              size_t count);

/** With a group: add up such values over its processes. */
void gpu_steps_add_up(struct backend_program *p, struct gpu_list *list,
                      float *values, size_t count);

/** Join the parts of p->part[0], of `values` sums each, until one is left, in
 *  out. */
void gpu_steps_sum(struct backend_program *p, struct gpu_list *list,
                   size_t parts, size_t values, float *out);

/** Forget a list and free it; NULL allowed. */
void gpu_program_drop(struct backend_program *p, struct gpu_list *list);

/** Fill the lists. */
int gpu_steps_make(struct backend_program *p, struct tt_error *err) TT_MUST;

#endif
