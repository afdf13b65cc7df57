/**
 * onnx_graph: an ONNX model in the making, piece by piece, and its file.
 * Private to onnx_save.c and onnx_graph.c.
 *
 * Every piece returns the name of the value that it makes, which is what the
 * next ones read. All of them lie in one block, taken before the first: only
 * init and write can fail.
 *
 * Owns:    a struct onnx_graph holds its block; release() frees it. The values
 *          of tensors that are not made half are the caller's until write().
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM, TT_OUTPUT, TT_IO.
 */
#ifndef MODEL_ONNX_GRAPH_H
#define MODEL_ONNX_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/onnx.pb-c.h"
#include "model/onnx_type.h"

/* An attribute of a node; a list of them ends in one without a name. */
struct onnx_attr {
    const char *name;
    enum onnx_attr_type type;
    float f;
    const char *text;
    int n;           /* of ints, for INTS */
    int64_t ints[4]; /* the first, for INT */
};

struct onnx_graph {
    Onnx__ModelProto *model;
    char *memory;
    size_t used, size;
};

/** extra: bytes of all tensors that will be made half. */
int onnx_graph_init(struct onnx_graph *g, size_t extra,
                    struct tt_error *err) TT_MUST;

/** A named array of numbers in f32. half: as f16, and cast when it is read. */
const char *onnx_graph_floats(struct onnx_graph *g, const char *name, int rank,
                              const int *shape, const float *values, bool half);
const char *onnx_graph_number(struct onnx_graph *g, const char *name,
                              float value);
const char *onnx_graph_ints(struct onnx_graph *g, const char *name, int n,
                            const int64_t *values);

/** An operation, by the name of what it makes; inputs end in NULL, attrs may be
 *  NULL. */
const char *onnx_graph_node(struct onnx_graph *g, const char *op,
                            const char *name, const char *const *inputs,
                            const struct onnx_attr *attrs);
/** One more output of the last node. */
const char *onnx_graph_also(struct onnx_graph *g, const char *name);

/** What goes in or comes out: N, channels, H, W in f32. */
void onnx_graph_input(struct onnx_graph *g, const char *name, int channels,
                      const char *words);
void onnx_graph_output(struct onnx_graph *g, const char *name, int channels,
                       const char *words);

/** A pair of words for people and programs. */
void onnx_graph_note(struct onnx_graph *g, const char *key, const char *value);

int onnx_graph_write(const struct onnx_graph *g, const char *path,
                     struct tt_error *err) TT_MUST;

void onnx_graph_release(struct onnx_graph *g);

#endif
