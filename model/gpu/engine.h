/**
 * engine: what a program for a GPU stands on: memory of the card, convolutions
 * and lists of steps that run in order. model/cudnn has the engine that runs;
 * the tests have one of plain loops, so that all above this table is tested
 * where there is no card.
 *
 * A step may be a sum over the processes of a group (reduce.h): on cards by
 * reduce_stream(), else of the host's memory.
 *
 * Owns:    an engine owns all memory and convolutions that were asked of it;
 *          close() gives them back, NULL allowed.
 * Threads: one thread per engine.
 * Fails:   TT_NOMEM, TT_USAGE (no plan for a convolution), TT_UNAVAILABLE (the
 *          card does not answer, a member of the group is gone).
 */
#ifndef GPU_ENGINE_H
#define GPU_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/gpu/kernels.h"
#include "model/reduce/reduce.h"

enum gpu_pass { GPU_FORWARD, GPU_BACK_DATA, GPU_BACK_WEIGHTS };

/** A k x k convolution, padded by 1, of bf16 with sums in f32:
 *  FORWARD: x, w -> y; BACK_DATA: y, w -> x; BACK_WEIGHTS: x, y -> w. */
struct gpu_shape {
    enum gpu_pass pass;
    int n, h, w, ci; /* x: N, H, W, CI */
    int oh, ow, co;  /* y: N, OH, OW, CO */
    int kernel;      /* w: CO, K, K, CI */
    int stride;
    bool relu; /* FORWARD: y = max(conv + bias, 0) */
};

/** What it works on, in the card's memory. */
struct gpu_operands {
    void *x, *w, *y;   /* bf16 */
    const float *bias; /* CO, with relu */
};

struct gpu_conv; /* each engine has its own */

struct gpu_step {
    struct gpu_conv *conv; /* NULL: a sum, or the kernel */
    float *sum;            /* `count` values to be added up over the group, in
                              place; NULL: the kernel */
    enum gpu_kernel kernel;
    size_t count; /* of its elements */
    union gpu_args args;
};

/* Most in a list: of BACKEND_LAYERS layers forward and backward, each with five
 * joins of its sums and those over a group, of a critic's few layers three
 * times, and what a step of learning has besides. */
#define GPU_STEPS 1600

/** Steps that are always run together. */
struct gpu_list {
    int count;
    struct gpu_step step[GPU_STEPS];
    int runs;     /* so far */
    void *replay; /* the engine's: the list as one thing to start */
};

struct gpu_engine {
    const struct gpu_engine_ops *ops;
    struct reduce *group; /* of the sums; borrowed */
};

struct gpu_engine_ops {
    /** Zeroed, aligned to 256 bytes. NULL on failure. */
    void *(*take)(struct gpu_engine *e, size_t bytes, struct tt_error *err);

    int (*put)(struct gpu_engine *e, void *at, const void *from, size_t bytes,
               struct tt_error *err);

    /** After all that was started. */
    int (*get)(struct gpu_engine *e, void *to, const void *at, size_t bytes,
               struct tt_error *err);

    /** Memory of the host for send(). NULL on failure. */
    void *(*lock)(struct gpu_engine *e, size_t bytes, struct tt_error *err);

    /** As put(), from memory of lock(), while lists that were started run: none
     *  of them may use `at`. `from` is to stay as it is until a list that was
     *  started behind it has ended. */
    int (*send)(struct gpu_engine *e, void *at, const void *from, size_t bytes,
                struct tt_error *err);

    /** Bytes that take() could still give. */
    size_t (*room)(const struct gpu_engine *e);

    /** NULL on failure. */
    struct gpu_conv *(*conv)(struct gpu_engine *e, const struct gpu_shape *s,
                             const struct gpu_operands *at,
                             struct tt_error *err);

    /** Start them; put() and run() behind it come after it, and it
     *  after all send() before it. */
    int (*run)(struct gpu_engine *e, struct gpu_list *list,
               struct tt_error *err);

    /** Bytes taken, with what the convolutions hold. */
    size_t (*memory)(const struct gpu_engine *e);

    /** Forget list->replay. */
    void (*forget)(struct gpu_engine *e, struct gpu_list *list);

    void (*close)(struct gpu_engine *e);
};

#endif
