/**
 * memory: large blocks on large pages.
 *
 * A page of 4 KB costs a fault when it is first touched, and while in use an
 * entry of the processor's small table of pages; weights and activations have
 * tens of thousands of them. Of 2 MB they have a few dozen. Where the kernel
 * has none to give, a block lies on small ones.
 *
 * Owns:    nothing; free() frees a block.
 * Threads: any.
 * Fails:   NULL, where there is no memory.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#define TT_MEMORY_ALIGN 64 /* bytes, of every block */

/** A block of so many bytes (0 is allowed), of any content. */
void *tt_memory_take(size_t size);

/** `count` floats, all 0: calloc() on large pages, of malloc's alignment. */
float *tt_memory_floats(size_t count);

#endif
