#include "ingest/imdb_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ingest_imdb_rows {
    struct ingest_imdb_row *rows;
    size_t n, room;
    char *text; /* paths, NUL-terminated */
    size_t size, text_room;
    uint32_t *table; /* open addressing; row + 1, 0: empty */
    size_t slots;    /* a power of two, at least 2 n */
};

/* What follows the last slash but one. */
static const char *key_of(const char *path)
{
    const char *key = path, *last = path;

    for (const char *p = path; *p; p++)
        if (*p == '/') {
            key = last;
            last = p + 1;
        }
    return key;
}

/* FNV-1a. */
static uint64_t hash(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    while (*s)
        h = (h ^ (uint8_t)*s++) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

/* The slot of that key, or the empty one where it belongs. */
static uint32_t *slot_of(const struct ingest_imdb_rows *r, const char *key)
{
    size_t at = hash(key) & (r->slots - 1);

    while (r->table[at] &&
           strcmp(key_of(r->text + r->rows[r->table[at] - 1].path), key) != 0)
        at = (at + 1) & (r->slots - 1);
    return &r->table[at];
}

static int no_memory(struct tt_error *err)
{
    return tt_fail(err, TT_NOMEM, "no memory for the metadata");
}

int ingest_imdb_rows_open(struct ingest_imdb_rows **out, struct tt_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : no_memory(err);
}

static int grow(void **memory, size_t *room, size_t need, size_t size)
{
    size_t want = *room ? *room : 1024;
    void *grown;

    while (want < need)
        want *= 2;
    if (want == *room)
        return 0;
    grown = realloc(*memory, want * size);
    if (!grown)
        return -1;
    *memory = grown;
    *room = want;
    return 0;
}

static int grow_table(struct ingest_imdb_rows *r)
{
    uint32_t *old = r->table;
    size_t slots = r->slots;

    if (2 * (r->n + 1) <= slots)
        return 0;
    slots = slots ? 2 * slots : 2048;
    r->table = calloc(slots, sizeof(*r->table));
    if (!r->table) {
        r->table = old;
        return -1;
    }
    r->slots = slots;
    for (size_t i = 0; i < r->n; i++) {
        uint32_t *slot = slot_of(r, key_of(r->text + r->rows[i].path));

        if (!*slot)
            *slot = (uint32_t)(i + 1);
    }
    free(old);
    return 0;
}

int ingest_imdb_rows_add(struct ingest_imdb_rows *r, const char *path,
                         const struct ingest_face *face, struct tt_error *err)
{
    size_t len = strlen(path) + 1;
    uint32_t *slot;

    if (r->n >= UINT32_MAX / 4 ||
        grow((void **)&r->rows, &r->room, r->n + 1, sizeof(*r->rows)) < 0 ||
        grow((void **)&r->text, &r->text_room, r->size + len, 1) < 0 ||
        grow_table(r) < 0)
        return no_memory(err);
    memcpy(r->text + r->size, path, len);
    r->rows[r->n] = (struct ingest_imdb_row){.path = r->size, .face = *face};
    slot = slot_of(r, key_of(path));
    if (!*slot)
        *slot = (uint32_t)(r->n + 1);
    r->size += len;
    r->n++;
    return 0;
}

size_t ingest_imdb_rows_count(const struct ingest_imdb_rows *r)
{
    return r->n;
}

struct ingest_imdb_row *ingest_imdb_rows_at(struct ingest_imdb_rows *r,
                                            size_t i, const char **path)
{
    *path = r->text + r->rows[i].path;
    return &r->rows[i];
}

struct ingest_imdb_row *ingest_imdb_rows_find(struct ingest_imdb_rows *r,
                                              const char *path)
{
    uint32_t row = r->slots ? *slot_of(r, key_of(path)) : 0;

    return row ? &r->rows[row - 1] : NULL;
}

void ingest_imdb_rows_close(struct ingest_imdb_rows *r)
{
    if (!r)
        return;
    free(r->rows);
    free(r->text);
    free(r->table);
    free(r);
}
