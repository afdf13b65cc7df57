#include "db/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384
#define ALIGN      _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t used, size;
    max_align_t data[];
};

struct db_arena {
    struct block *blocks; /* the newest first */
    bool failed;
};

struct db_arena *db_arena_new(void)
{
    return calloc(1, sizeof(struct db_arena));
}

static struct block *block_add(struct db_arena *a, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    struct block *b;

    if (least > SIZE_MAX / 2)
        return NULL;
    b = malloc(sizeof(*b) + size);
    if (!b)
        return NULL;
    b->used = 0;
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

void *db_arena_alloc(struct db_arena *a, size_t size)
{
    struct block *b = a->blocks;
    void *p;

    size = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    if (!b || b->size - b->used < size)
        b = block_add(a, size);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    p = (char *)b->data + b->used;
    b->used += size;
    return memset(p, 0, size);
}

char *db_arena_text(struct db_arena *a, const char *text, size_t n)
{
    char *copy = db_arena_alloc(a, n + 1);

    if (copy)
        memcpy(copy, text, n);
    return copy;
}

bool db_arena_failed(const struct db_arena *a)
{
    return a->failed;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;

        free(b);
        b = next;
    }
}

/* One block stays, so that a loop does not allocate each time around. */
void db_arena_reset(struct db_arena *a)
{
    a->failed = false;
    if (!a->blocks)
        return;
    free_blocks(a->blocks->next);
    a->blocks->next = NULL;
    a->blocks->used = 0;
}

void db_arena_free(struct db_arena *a)
{
    if (!a)
        return;
    free_blocks(a->blocks);
    free(a);
}
