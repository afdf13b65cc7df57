/**
 * backend: the arithmetic of a network of convolutions, behind one table.
 *
 * A network is an array of layers; a backend makes a program of it for one
 * batch, one size and one use, with all its memory taken before the first
 * step. Parameters, gradients and running statistics stay with the caller, in
 * f32 and in one canonical order, so a checkpoint moves between backends.
 *
 * A layer reads the channels of `from`, and behind them those of `join`:
 *   UNIT    k x k convolution, pad 1, stride 1 or 2 -> batch norm, or the bias
 *           alone -> y < 0 ? slope y : y (ReLU: slope 0)
 *   UP      nearest x2, then as UNIT with k = 3, stride 1. Run in the corner
 *           form: one 2x2 convolution with pad 1 and 4 co outputs on the
 *           (H+1) x (W+1) grid of pixel corners; output pixel (2i+a, 2j+b) is
 *           phase (a, b) of corner (i+a, j+b). Exact, and 16/36 of the work.
 *   HEAD    k x k convolution with bias -> sigmoid; the last layer
 *   LOGITS  the same without sigmoid, any stride; the last layer
 * k is 3 or 4: with stride 2 both halve an even side, with stride 1 k = 4 takes
 * one pixel off. Batch norm: eps 1e-5, statistics over N, H, W; running
 * M += 0.1 (mean - M), V += 0.1 (var m/(m-1) - V).
 *
 * A TRAIN program may be one process's part of a group: every process has the
 * same network and parameters and as large a part of the batch, and makes the
 * same calls in the same order. dy is then the gradient of the mean loss of the
 * own part; batch norm goes over all parts; grads are those of the mean over
 * all, added up while the rest of the backward pass runs. dx stays the own
 * part's.
 *
 * Owns:    a program owns its memory; close() frees it, NULL allowed.
 * Threads: one thread per program, which uses `threads` OpenMP threads.
 * Fails:   TT_NOMEM, TT_USAGE (this processor or network cannot be served),
 *          TT_BUG (the library refused what it took before); with a group
 *          TT_UNAVAILABLE (a member is gone).
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/backend/learn.h"
#include "model/reduce/reduce.h"

#define BACKEND_LAYERS        32 /* most layers of a network */
#define BACKEND_INPUT         -1 /* `from` of the first layer */
#define BACKEND_NONE          -2 /* `join` of a layer that reads one tensor */
#define BACKEND_NORM_EPS      1e-5f
#define BACKEND_NORM_MOMENTUM 0.1f

enum backend_kind { BACKEND_UNIT, BACKEND_UP, BACKEND_HEAD, BACKEND_LOGITS };

struct backend_layer {
    enum backend_kind kind;
    int from;      /* index of a layer before this one, or BACKEND_INPUT */
    int join;      /* the same, or BACKEND_NONE */
    int ci, co;    /* channels in (both tensors together) and out */
    int kernel;    /* 3 or 4 */
    int stride;    /* 1 or 2 */
    bool norm;     /* batch norm; without it the bias alone is added */
    float slope;   /* of UNIT and UP below 0 */
    size_t weight; /* offset of co, ci, kernel, kernel in the parameters */
    size_t bias;   /* offset of co */
    size_t scale;  /* offset of co (only with norm) */
    size_t mean;   /* offset of co in the running statistics (with norm) */
    size_t var;    /* offset of co in the running statistics (with norm) */
};

struct backend_net {
    int inputs; /* channels of the input */
    int layers;
    struct backend_layer layer[BACKEND_LAYERS];
    size_t params; /* f32 in the block of parameters */
    size_t stats;  /* f32 in the block of running statistics */
};

/** Pixels of a tensor. */
struct backend_size {
    int h, w;
};

enum backend_precision { BACKEND_AUTO, BACKEND_F32, BACKEND_BF16 };
enum backend_use { BACKEND_INFER, BACKEND_TRAIN };

struct backend_setup {
    int batch, height, width; /* height, width: multiples of 16 */
    enum backend_use use;
    enum backend_precision precision; /* AUTO: bf16 where it is fast */
    int threads;                      /* at least 1 */
    bool input_gradient;  /* TRAIN: backward() will be asked for dx */
    struct reduce *group; /* TRAIN: borrowed; NULL: this process alone */
    bool own_norm;        /* batch norm over the own part all the same */
    int device;           /* number of the card, for a backend of cards */
};

struct backend_program; /* each backend has its own */

/** What a backend supplies. All members but learn are required. */
struct backend_ops {
    const char *name;
    const char *summary; /* one line, for people */

    /** Whether this machine computes in that precision at speed. AUTO: at
     *  all. */
    bool (*can)(enum backend_precision precision);

    /** Make a program; the network is copied. On -1, *out is NULL. */
    int (*open)(struct backend_program **out, const struct backend_net *net,
                const struct backend_setup *setup, struct tt_error *err);

    /** Take over the parameters: convert, pack, and for INFER fold the running
     *  statistics into the weights. Before the first forward(), and after
     *  each change. TRAIN: params stays borrowed until the next load(). */
    int (*load)(struct backend_program *p, const float *params,
                const float *stats, struct tt_error *err);

    /** x: N, H, W, inputs -> y: N, h, w, co of the last layer; of a HEAD in
     *  0..1. TRAIN: normalizes by the batch's own statistics and moves the
     *  running ones, or with stats NULL moves none; INFER: stats may be NULL.
     */
    int (*forward)(struct backend_program *p, const float *x, float *y,
                   float *stats, struct tt_error *err);

    /** TRAIN, after forward() of the same x. dy, as y, is the gradient of the
     *  loss by y; grads: as the parameters, all of it written, or NULL: not
     *  wanted; dx: as x, the gradient by the input, or NULL. */
    int (*backward)(struct backend_program *p, const float *dy, float *grads,
                    float *dx, struct tt_error *err);

    /** bf16 or f32: what AUTO became. */
    enum backend_precision (*precision)(const struct backend_program *p);

    /** Bytes of all that the program holds. */
    size_t (*memory)(const struct backend_program *p);

    void (*close)(struct backend_program *p);

    /** Whole steps of learning; NULL: they are made of the calls above. */
    const struct backend_learn_ops *learn;
};

/** Every backend there is, best first, NULL at the end. */
extern const struct backend_ops *const backends[];
extern const struct backend_ops backend_onednn;
extern const struct backend_ops backend_reference;

/** The backend of that name, or of a device: "cpu" or NULL, "cuda", "cuda:1"
 *  (the second card), "auto" (a card if there is one, else the CPU). NULL if
 *  there is none: TT_MISSING, TT_USAGE, TT_UNAVAILABLE. */
const struct backend_ops *backend_find(const char *name, struct tt_error *err);

/** TT_USAGE unless it is one of a device; whether it is here is not asked. */
int backend_device_check(const char *name, struct tt_error *err) TT_MUST;

/** Which card such a name means: backend_setup's device. */
int backend_device(const char *name);

/** "auto" "f32" "bf16" and back; -1 if text is none of them (TT_USAGE). */
const char *backend_precision_word(enum backend_precision precision);
int backend_precision_parse(const char *text, enum backend_precision *out,
                            struct tt_error *err) TT_MUST;

/** Processors that this process may use. */
int backend_threads_default(void);

/** The output of each layer, sizes[layers], for an input of that size. */
void backend_net_sizes(const struct backend_net *net, struct backend_size input,
                       struct backend_size *sizes);

/** The values of the network's output: N h w co. */
size_t backend_net_outputs(const struct backend_net *net,
                           const struct backend_setup *setup);

/** Whether a layer is of a kind that ends a network. */
bool backend_layer_ends(const struct backend_layer *layer);

/** The weights of a layer: co ci kernel kernel. */
size_t backend_layer_weights(const struct backend_layer *layer);

/** Whether a layer has batch norm. */
bool backend_net_norms(const struct backend_net *net);

/** TT_USAGE unless a program can be made of it: sizes, wiring, channels. */
int backend_net_check(const struct backend_net *net,
                      const struct backend_setup *setup,
                      struct tt_error *err) TT_MUST;

#endif
