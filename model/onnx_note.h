/**
 * onnx_note: the metadata by which we know an ONNX file of ours. Private to
 * onnx_save.c and onnx_load.c.
 *
 * Threads: any.
 * Fails:   TT_NOMEM.
 */
#ifndef MODEL_ONNX_NOTE_H
#define MODEL_ONNX_NOTE_H

#include "base/error.h"
#include "base/hash.h"
#include "model/params.h"

#define ONNX_NOTE_HEADER "tintype.header" /* as of a checkpoint, JSON */
#define ONNX_NOTE_SEAL   "tintype.sha256" /* of the numbers and the header */

int onnx_note_seal(const struct model_params *p, const char *header,
                   char hex[TT_SHA256_HEX], struct tt_error *err) TT_MUST;

#endif
