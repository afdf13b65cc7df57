/**
 * onnx_edit: networks to write as ONNX, and files of them to change by hand.
 *
 * Owns:    what make and read give is the caller's; write frees its model.
 * Threads: one.
 * Fails:   never: a test that cannot have what it asks for has failed.
 */
#ifndef TESTS_MODEL_ONNX_EDIT_H
#define TESTS_MODEL_ONNX_EDIT_H

#include <stdbool.h>

#include "model/checkpoint.h"
#include "model/onnx.pb-c.h"

void onnx_make_with(struct model_checkpoint *c, const char *preset, bool norm);
/** With batch norm. */
void onnx_make(struct model_checkpoint *c, const char *preset);
bool onnx_same_numbers(const struct model_checkpoint *a,
                       const struct model_checkpoint *b);

Onnx__ModelProto *onnx_read(const char *path);
/** Without our words, as if it were another program's. */
Onnx__ModelProto *onnx_foreign(const char *path);
void onnx_write(Onnx__ModelProto *m, const char *path);

/** The one of that number, from 0, of its kind. */
Onnx__NodeProto *onnx_node(Onnx__GraphProto *g, const char *op, int number);
Onnx__TensorProto *onnx_tensor(Onnx__GraphProto *g, const char *name);
int onnx_count(const Onnx__GraphProto *g, const char *op);
void onnx_set_text(char **field, const char *text);

#endif
