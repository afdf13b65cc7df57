#include "ingest/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
    struct tt_sha256 digest;
    size_t path; /* where it begins in paths */
};

struct ingest_seen {
    struct file *files;
    size_t n_files, room_files;
    uint32_t *table; /* number of a file + 1, by digest; 0: free */
    size_t n_table;  /* a power of two, at least twice n_files */

    char *paths; /* NUL-terminated, end to end */
    size_t size_paths, room_paths;

    uint64_t *hashes;  /* of the pictures */
    uint32_t *of_file; /* which file each is on */
    size_t n_hashes, room_hashes;
    FILE *thumbs; /* in the same order; NULL until the first */
};

static int no_memory(struct tt_error *err)
{
    return tt_fail(err, TT_NOMEM, "no memory to remember what was seen");
}

int ingest_seen_open(struct ingest_seen **out, struct tt_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : no_memory(err);
}

static int grow(void **array, size_t *room, size_t need, size_t each)
{
    size_t wanted = *room ? *room : 1024;
    void *grown;

    if (need <= *room)
        return 0;
    while (wanted < need)
        wanted *= 2;
    grown = realloc(*array, wanted * each);
    if (!grown)
        return -1;
    *array = grown;
    *room = wanted;
    return 0;
}

/* Where a digest is in the table, or the free place where it belongs. */
static size_t place(const struct ingest_seen *s, const struct tt_sha256 *digest)
{
    uint64_t start;
    size_t i;

    memcpy(&start, digest->bytes, sizeof(start));
    for (i = start & (s->n_table - 1); s->table[i];
         i = (i + 1) & (s->n_table - 1))
        if (memcmp(&s->files[s->table[i] - 1].digest, digest,
                   sizeof(*digest)) == 0)
            break;
    return i;
}

static int grow_table(struct ingest_seen *s)
{
    uint32_t *old = s->table;
    size_t n = s->n_table ? s->n_table * 2 : 4096;

    if (s->n_table >= 2 * (s->n_files + 1))
        return 0;
    s->table = calloc(n, sizeof(*s->table));
    if (!s->table) {
        s->table = old;
        return -1;
    }
    s->n_table = n;
    for (size_t i = 0; i < s->n_files; i++)
        s->table[place(s, &s->files[i].digest)] = (uint32_t)(i + 1);
    free(old);
    return 0;
}

int ingest_seen_file(struct ingest_seen *s, const struct tt_sha256 *digest,
                     const char *path, const char **of, struct tt_error *err)
{
    size_t len = strlen(path) + 1;
    size_t at;

    if (grow_table(s) < 0 ||
        grow((void **)&s->files, &s->room_files, s->n_files + 1,
             sizeof(*s->files)) < 0 ||
        grow((void **)&s->paths, &s->room_paths, s->size_paths + len, 1) < 0)
        return no_memory(err);
    at = place(s, digest);
    if (s->table[at]) {
        *of = s->paths + s->files[s->table[at] - 1].path;
        return 1;
    }
    s->files[s->n_files].digest = *digest;
    s->files[s->n_files].path = s->size_paths;
    memcpy(s->paths + s->size_paths, path, len);
    s->size_paths += len;
    s->table[at] = (uint32_t)++s->n_files;
    return 0;
}

static int read_thumb(struct ingest_seen *s, size_t i,
                      struct ingest_sketch *out, struct tt_error *err)
{
    if (fseeko(s->thumbs, (off_t)(i * sizeof(out->thumb)), SEEK_SET) < 0 ||
        fread(out->thumb, sizeof(out->thumb), 1, s->thumbs) != 1)
        return tt_fail_errno(err, TT_IO, "a temporary file");
    return 0;
}

static int add_picture(struct ingest_seen *s,
                       const struct ingest_sketch *sketch, struct tt_error *err)
{
    size_t room = s->room_hashes;

    if (grow((void **)&s->of_file, &room, s->n_hashes + 1,
             sizeof(*s->of_file)) < 0 ||
        grow((void **)&s->hashes, &s->room_hashes, s->n_hashes + 1,
             sizeof(*s->hashes)) < 0)
        return no_memory(err);
    if (!s->thumbs)
        s->thumbs = tmpfile();
    if (!s->thumbs ||
        fseeko(s->thumbs, (off_t)(s->n_hashes * sizeof(sketch->thumb)),
               SEEK_SET) < 0 ||
        fwrite(sketch->thumb, sizeof(sketch->thumb), 1, s->thumbs) != 1)
        return tt_fail_errno(err, TT_IO, "a temporary file");
    s->hashes[s->n_hashes] = sketch->hash;
    s->of_file[s->n_hashes] = (uint32_t)(s->n_files - 1);
    s->n_hashes++;
    return 0;
}

int ingest_seen_picture(struct ingest_seen *s,
                        const struct ingest_sketch *sketch, const char **of,
                        struct tt_error *err)
{
    struct ingest_sketch other;
    size_t i = 0;

    for (;; i++) {
        i = ingest_sketch_scan(s->hashes, i, s->n_hashes, sketch->hash);
        if (i == s->n_hashes)
            return add_picture(s, sketch, err);
        if (read_thumb(s, i, &other, err) < 0)
            return -1;
        if (ingest_sketch_same(sketch, &other)) {
            *of = s->paths + s->files[s->of_file[i]].path;
            return 1;
        }
    }
}

void ingest_seen_close(struct ingest_seen *s)
{
    if (!s)
        return;
    if (s->thumbs)
        fclose(s->thumbs);
    free(s->files);
    free(s->table);
    free(s->paths);
    free(s->hashes);
    free(s->of_file);
    free(s);
}
