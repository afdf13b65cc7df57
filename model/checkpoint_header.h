/**
 * checkpoint_header: what a network says of itself, as JSON. Private to
 * checkpoint.c and onnx_*.c.
 *
 * Threads: any.
 * Fails:   TT_FORMAT, TT_INPUT (too long), TT_BUG, TT_NOMEM.
 */
#ifndef MODEL_CHECKPOINT_HEADER_H
#define MODEL_CHECKPOINT_HEADER_H

#include <jansson.h>
#include <stdbool.h>

#include "model/checkpoint.h"

/* Bytes; attributes of HDF5 end at 64 kB. */
#define CHECKPOINT_TEXT_LIMIT 60000

/** The text for a file with that state of training (NULL: none), for the
 *  caller to free; half: its weights are f16. NULL on failure. */
char *checkpoint_header_text(const struct model_checkpoint *c, bool half,
                             const struct model_training *t,
                             struct tt_error *err);

/** Take a parsed text over: all but the numbers of the network. */
int checkpoint_header_parse(struct model_checkpoint *c, json_t *root,
                            bool *half, struct tt_error *err) TT_MUST;

/** 1: *t has the counters of training; 0: there are none in the file. */
int checkpoint_header_training(struct model_training *t, json_t *root,
                               struct tt_error *err) TT_MUST;

#endif
