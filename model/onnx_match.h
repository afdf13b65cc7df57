/**
 * onnx_match: a preset's network found again in a graph, by its operations,
 * wires and shapes. Private to onnx_load.c and onnx_match.c.
 *
 * A layer is looked for from its end: its activation, its batch norm, its
 * convolution, what makes that larger or joins it. What is found there must be
 * the layers that the network has at that place.
 *
 * Owns:    nothing; what is found belongs to the file.
 * Threads: any.
 * Fails:   TT_INPUT with the layer and what is not as it should be; TT_NOMEM.
 */
#ifndef MODEL_ONNX_MATCH_H
#define MODEL_ONNX_MATCH_H

#include "base/error.h"
#include "model/onnx_file.h"
#include "model/params.h"
#include "model/unet.h"

struct onnx_match {
    const Onnx__NodeProto *conv[BACKEND_LAYERS];
    const Onnx__NodeProto *norm[BACKEND_LAYERS]; /* NULL: it has none */
    const char *x, *y; /* what the first layer reads, what the head makes */
};

/** The network that it could be, by the number and width of its layers. */
int onnx_match_choose(const struct onnx_file *f, struct model_unet *u,
                      struct tt_error *err) TT_MUST;

int onnx_match_find(struct onnx_match *m, const struct onnx_file *f,
                    const struct model_unet *u, struct tt_error *err) TT_MUST;

/** The numbers of what was found. A bias before a batch norm goes into its
 *  mean, and another epsilon into its variance. */
int onnx_match_numbers(const struct onnx_match *m, const struct onnx_file *f,
                       const struct model_unet *u, struct model_params *p,
                       struct tt_error *err) TT_MUST;

#endif
