/**
 * infer: lightness in, colour out, at the network's own size.
 *
 * Batch norm is folded into the weights, which are packed once. The photo and
 * its mirror image go through together and their colours are averaged, so that
 * left and right are treated alike. The bits do not depend on the number of
 * threads.
 *
 * Owns:    what open() made; close() frees it. Holds about 80 MB for S.
 * Threads: one thread per struct model_infer; it uses `threads` OpenMP threads.
 * Fails:   as checkpoint.h; TT_USAGE (precision this processor has not).
 */
#ifndef MODEL_INFER_H
#define MODEL_INFER_H

#include <stdint.h>

#include "base/error.h"
#include "model/backend/backend.h"

struct model_infer; /* opaque */

struct model_options {
    const char *backend; /* as backend_find has it; NULL: the CPU */
    enum backend_precision precision;
    int threads; /* 0: as many as processors */
    int side;    /* 0: as in the checkpoint; else a multiple of 16 */
};

/** opt may be NULL: all by default. On -1, *out is NULL. */
int model_infer_open(struct model_infer **out, const char *checkpoint,
                     const struct model_options *opt,
                     struct tt_error *err) TT_MUST;

/** Pixels of a side: lightness and each plane of ab are size * size. */
int model_infer_size(const struct model_infer *m);

/** lightness: size, size, L* 0..100. ab: 2 planes of size, size: a*, then b*.
 */
int model_infer_run(struct model_infer *m, const float *lightness, float *ab,
                    struct tt_error *err) TT_MUST;

/** What the checkpoint is called: its name, or that of its file. */
const char *model_infer_name(const struct model_infer *m);

/** 64 hex digits: the SHA-256 of the checkpoint's file. */
const char *model_infer_sha256(const struct model_infer *m);

const char *model_infer_preset(const struct model_infer *m);
const char *model_infer_backend(const struct model_infer *m);
const char *model_infer_precision(const struct model_infer *m);

/** NULL is allowed. */
void model_infer_close(struct model_infer *m);

#endif
