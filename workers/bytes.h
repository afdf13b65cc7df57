/**
 * bytes: a file, whole, in memory that can no longer be changed: what is
 * hashed is what is decoded, whatever becomes of the file meanwhile.
 *
 * Owns:    the descriptor: worker_bytes_release.
 * Threads: one per struct.
 * Fails:   TT_MISSING, TT_IO, TT_INPUT (not a file, larger than allowed),
 *          TT_NOMEM.
 */
#ifndef WORKERS_BYTES_H
#define WORKERS_BYTES_H

#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"

struct worker_bytes {
    int fd; /* a sealed memfd; -1: none */
    size_t size;
    struct tt_sha256 sha256;
};

/** Read the file at path. size_known, if not NULL, is called before memory is
 *  taken and may block until there is room. */
int worker_bytes_read(struct worker_bytes *b, const char *path,
                      void (*size_known)(void *ctx, size_t size), void *ctx,
                      struct tt_error *err) TT_MUST;

void worker_bytes_release(struct worker_bytes *b);

#endif
