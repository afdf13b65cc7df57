/**
 * arena: one block of memory for many buffers, each needed during some steps
 * only; those whose steps do not meet may share bytes.
 *
 * Use: add() every buffer, place() once, then at().
 *
 * Owns:    the block; release() frees it. A zeroed struct is an empty arena.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM.
 */
#ifndef BACKEND_ARENA_H
#define BACKEND_ARENA_H

#include <stddef.h>

#include "base/error.h"
#include "base/memory.h"

#define BACKEND_ARENA_MOST 192             /* buffers */
#define BACKEND_ALIGN      TT_MEMORY_ALIGN /* bytes, of every buffer */

struct backend_arena {
    int count;
    struct {
        size_t size, offset; /* bytes */
        int first, last;     /* steps, both included */
    } part[BACKEND_ARENA_MOST];
    size_t size;
    char *block;
};

/** A buffer of so many bytes for steps first .. last; returns its number, or
 *  -1 if size is 0. */
int backend_arena_add(struct backend_arena *a, size_t size, int first,
                      int last);

/** Choose all places and take the memory, zeroed. */
int backend_arena_place(struct backend_arena *a, struct tt_error *err) TT_MUST;

/** NULL for number -1. */
void *backend_arena_at(const struct backend_arena *a, int number);

void backend_arena_release(struct backend_arena *a);

#endif
