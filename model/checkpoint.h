/**
 * checkpoint: a network in a file: one HDF5 file, whole or absent.
 *
 * It holds the weights (f32, or f16 for one that ships), the running
 * statistics, and if asked the state of training; preset, batch norm or not,
 * side, gain and step as values; metrics, settings, data set and terms as JSON.
 * A SHA-256 over all contents is stored in it and checked on reading, so that
 * no changed bit goes unseen.
 *
 * Owns:    a struct model_checkpoint holds its blocks; release() frees them.
 * Threads: one thread per struct (HDF5 serialises calls anyway).
 * Fails:   TT_MISSING, TT_FORMAT (damaged, foreign or newer: the message names
 *          the file and the reason), TT_IO, TT_OUTPUT, TT_NOMEM.
 */
#ifndef MODEL_CHECKPOINT_H
#define MODEL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "model/params.h"
#include "model/training.h"
#include "model/unet.h"

#define MODEL_CHECKPOINT_VERSION 1

struct model_checkpoint {
    struct model_unet unet;
    struct model_params *params;
    struct model_training *training; /* NULL: not in the file */
    int side;                        /* pixels of a side it was trained for */
    float gain;                      /* factor on ab; 1 unless tuned */
    uint64_t step, images;           /* steps done, photos seen */
    char *name;                      /* a word for people; may be NULL */
    char *about; /* JSON object: metrics, settings, dataset, terms, made_by;
                    may be NULL */
};

enum model_checkpoint_kind {
    MODEL_CHECKPOINT_FULL, /* f32, with the state of training if there is one */
    MODEL_CHECKPOINT_F32,  /* f32, for use only */
    MODEL_CHECKPOINT_F16,  /* f16 weights, for use only: the one that ships */
};

/** Write it, replacing what is at path. *sha256 (may be NULL) is the file's. */
int model_checkpoint_save(const struct model_checkpoint *c, const char *path,
                          enum model_checkpoint_kind kind,
                          struct tt_sha256 *sha256,
                          struct tt_error *err) TT_MUST;

/** Read it into *c, which need not be initialized. with_training: read the
 *  state of training too; without one in the file, c->training is NULL. */
int model_checkpoint_load(struct model_checkpoint *c, const char *path,
                          bool with_training, struct tt_error *err) TT_MUST;

/** Frees what the struct holds; it may be zeroed or half filled. */
void model_checkpoint_release(struct model_checkpoint *c);

#endif
