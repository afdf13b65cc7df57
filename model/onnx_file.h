/**
 * onnx_file: an ONNX file that was read, and questions to its graph. Private to
 * onnx_load.c, onnx_match.c and onnx_file.c.
 *
 * Nothing in the file is trusted: names may be missing, lists empty, sizes
 * wrong, wires may run in a circle.
 *
 * Owns:    a struct onnx_file holds what it has read; close() frees it. What
 *          the questions return belongs to it.
 * Threads: one thread per struct.
 * Fails:   TT_MISSING, TT_INPUT, TT_IO, TT_NOMEM.
 */
#ifndef MODEL_ONNX_FILE_H
#define MODEL_ONNX_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/onnx.pb-c.h"

struct onnx_file {
    Onnx__ModelProto *model;
    const Onnx__GraphProto *graph;
};

int onnx_file_open(struct onnx_file *f, const char *path,
                   struct tt_error *err) TT_MUST;

/** The metadata under that key, or NULL. */
const char *onnx_file_note(const struct onnx_file *f, const char *key);

/** The node that makes a value, or NULL: an input, a tensor or nothing. Nodes
 *  that only pass a value on are looked through. name may be NULL. */
const Onnx__NodeProto *onnx_file_maker(const struct onnx_file *f,
                                       const char *name);

/** The value itself, behind nodes that only pass it on. */
const char *onnx_file_origin(const struct onnx_file *f, const char *name);

bool onnx_file_is_input(const struct onnx_file *f, const char *name);
bool onnx_file_is_output(const struct onnx_file *f, const char *name);

/** The only node that reads a value, or NULL. */
const Onnx__NodeProto *onnx_file_reader(const struct onnx_file *f,
                                        const char *name);

bool onnx_node_is(const Onnx__NodeProto *n, const char *op);
/** Input i of a node, or NULL. */
const char *onnx_node_input(const Onnx__NodeProto *n, size_t i);
const Onnx__AttributeProto *onnx_node_attr(const Onnx__NodeProto *n,
                                           const char *name);

/** The constant of that name, also behind a cast; NULL if it is none. */
const Onnx__TensorProto *onnx_file_tensor(const struct onnx_file *f,
                                          const char *name);

/** Its values as f32; TT_INPUT unless it has exactly that many, all finite. */
int onnx_tensor_floats(const Onnx__TensorProto *t, size_t count, float *out,
                       struct tt_error *err) TT_MUST;

void onnx_file_close(struct onnx_file *f);

#endif
