/**
 * pipe: from sources to judged photos, by one reader and some decoders, handed
 * over in the order of the sources.
 *
 *            slot 7   slot 8   slot 9   slot 10  slot 11
 *   next() ◄ judged   judged   read     judged   read     ◄ reader
 *                              └─ taken by the next decoder that is free
 *
 * A ring of slots, each a batch of a few photos, so that threads meet seldom.
 * The reader fills the next free one; any decoder takes the oldest that was
 * read; next() waits for the oldest to be judged. So the ring's length bounds
 * what is in hand, and a budget of bytes bounds what the reader may hold of
 * large files.
 *
 * Owns:    what open() made; close() stops the threads and frees it.
 * Threads: next() and close() on one thread; the plan and the sources belong
 *          to the pipe until it is closed.
 * Fails:   as sources do; TT_NOMEM.
 */
#ifndef INGEST_PIPE_H
#define INGEST_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ingest/judge.h"
#include "ingest/known.h"
#include "ingest/source.h"
#include "ingest/verdict.h"

struct ingest_pipe;

struct ingest_pipe_setup {
    struct ingest_source **sources;
    size_t n_sources;
    const struct ingest_gate *gate;
    uint64_t first, count; /* of the photos of all sources; 0: to the end */
    int threads;           /* decoders, at least 1 */
    /** Called on the reading thread before photo `first` + … is read, now and
     *  then. NULL: never. */
    void (*reach)(void *ctx, uint64_t photo);
    void *reach_ctx;
    struct ingest_known *known; /* photos judged before; NULL: none */
};

/** What setup points to is used until close(). */
int ingest_pipe_open(struct ingest_pipe **out,
                     const struct ingest_pipe_setup *setup,
                     struct tt_error *err) TT_MUST;

/** 1: *item is the next photo (its bytes are gone), good until the next call;
 * 0: no more; -1. */
int ingest_pipe_next(struct ingest_pipe *p, const struct ingest_item **item,
                     struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void ingest_pipe_close(struct ingest_pipe *p);

#endif
