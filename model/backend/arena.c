#include "model/backend/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int backend_arena_add(struct backend_arena *a, size_t size, int first, int last)
{
    int number = a->count;

    if (size == 0)
        return -1;
    assert(number < BACKEND_ARENA_MOST && first <= last);
    a->part[number].size =
        (size + BACKEND_ALIGN - 1) / BACKEND_ALIGN * BACKEND_ALIGN;
    a->part[number].first = first;
    a->part[number].last = last;
    a->count++;
    return number;
}

static bool meet(const struct backend_arena *a, int i, int j)
{
    return a->part[i].first <= a->part[j].last &&
           a->part[j].first <= a->part[i].last;
}

/* The lowest offset where part i fits beside those placed that it meets. */
static size_t lowest(const struct backend_arena *a, int i, const bool *placed)
{
    size_t offset = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        for (int j = 0; j < a->count; j++) {
            size_t end = a->part[j].offset + a->part[j].size;

            if (placed[j] && meet(a, i, j) && offset < end &&
                a->part[j].offset < offset + a->part[i].size) {
                offset = end;
                moved = true;
            }
        }
    }
    return offset;
}

/* By all threads: the pages are made while they are touched. */
static void clear(struct backend_arena *a)
{
    size_t piece = (size_t)2 << 20, pieces = (a->size + piece - 1) / piece;

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < pieces; i++) {
        size_t at = i * piece, left = a->size - at;

        memset(a->block + at, 0, left < piece ? left : piece);
    }
}

int backend_arena_place(struct backend_arena *a, struct tt_error *err)
{
    bool placed[BACKEND_ARENA_MOST] = {false};

    a->size = 0;
    for (int n = 0; n < a->count; n++) { // the largest first
        int best = -1;
        size_t end;

        for (int i = 0; i < a->count; i++)
            if (!placed[i] &&
                (best < 0 || a->part[i].size > a->part[best].size))
                best = i;
        a->part[best].offset = lowest(a, best, placed);
        placed[best] = true;
        end = a->part[best].offset + a->part[best].size;
        if (end > a->size)
            a->size = end;
    }
    a->block = tt_memory_take(a->size);
    if (!a->block)
        return tt_fail(err, TT_NOMEM, "no memory for %zu MB of activations",
                       a->size >> 20);
    clear(a);
    return 0;
}

void *backend_arena_at(const struct backend_arena *a, int number)
{
    return number < 0 ? NULL : a->block + a->part[number].offset;
}

void backend_arena_release(struct backend_arena *a)
{
    free(a->block);
    memset(a, 0, sizeof(*a));
}
