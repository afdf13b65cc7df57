#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

/* Ask for large pages where whole ones lie within: a wish, it may fail. */
static void wish(char *at, size_t size)
{
    size_t skip = (LARGE_PAGE - (uintptr_t)at % LARGE_PAGE) % LARGE_PAGE;

    if (size >= skip + LARGE_PAGE)
        (void)madvise(at + skip, (size - skip) / LARGE_PAGE * LARGE_PAGE,
                      MADV_HUGEPAGE);
}

void *tt_memory_take(size_t size)
{
    void *block;

    if (posix_memalign(&block, size < LARGE_PAGE ? TT_MEMORY_ALIGN : LARGE_PAGE,
                       size ? size : 1))
        return NULL;
    wish(block, size);
    return block;
}

float *tt_memory_floats(size_t count)
{
    float *block = calloc(count, sizeof(float));

    // fresh from the kernel it has no pages yet
    if (block)
        wish((char *)block, count * sizeof(float));
    return block;
}
