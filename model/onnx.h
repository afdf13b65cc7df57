/**
 * onnx: a network as an ONNX file (opset 13), for other programs, and back.
 *
 * The graph takes `L`, N x 1 x H x W of lightness 0..100 (H and W multiples of
 * 16), and gives `ab`, N x 2 x H x W of a*, b*; scaling and gain are in it, and
 * so is the mean over the photo and its mirror image, unless left out. Batch
 * norm stays a node of its own, so that weights come back bit for bit. The
 * metadata hold name, terms, what a checkpoint says of itself and a SHA-256.
 *
 * What is read is a file of ours, or another program's export of one of the
 * presets' networks: matched by its operations and shapes, whatever the names;
 * batch norm may be folded into the convolutions. Anything else is refused with
 * the reason.
 *
 * Owns:    nothing between calls; a checkpoint that was read is the caller's.
 * Threads: any.
 * Fails:   TT_MISSING, TT_INPUT (not ONNX, or not such a network), TT_FORMAT
 *          (ours, but damaged), TT_OUTPUT, TT_IO, TT_NOMEM.
 */
#ifndef MODEL_ONNX_H
#define MODEL_ONNX_H

#include <stdbool.h>

#include "base/error.h"
#include "model/checkpoint.h"

struct model_onnx_options {
    bool half;           /* weights in f16, cast to f32 when used */
    bool plain;          /* without the mirror image: half the work */
    const char *made_of; /* SHA-256 of the checkpoint's file; may be NULL */
};

/** Write it, replacing what is at path. */
int model_onnx_save(const struct model_checkpoint *c, const char *path,
                    const struct model_onnx_options *opt,
                    struct tt_error *err) TT_MUST;

/** Read it into *c, which need not be initialized. */
int model_onnx_load(struct model_checkpoint *c, const char *path,
                    struct tt_error *err) TT_MUST;

#endif
