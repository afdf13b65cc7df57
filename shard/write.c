#include "shard/write.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "shard/h5.h"

enum { PUSH = 256 }; /* records, 12 MiB, handed to the disk together */

struct shard_writer {
    struct shard_h5 *h5;
    struct shard_h5_stack *records;
    char path[TT_PATH_SIZE];
    struct shard_file file; /* what finish() hands out */
    size_t room;            /* records that the four below have room for */
    struct tt_sha256 *digests;
    struct tt_sha256 *photos;
    int64_t *source;
    int64_t *offset; /* room + 1 */
    char *paths;
    size_t paths_size, paths_room;
};

void shard_writer_call(char name[SHARD_NAME_SIZE], enum shard_split split,
                       unsigned number)
{
    snprintf(name, SHARD_NAME_SIZE, "%s-%05u.h5", shard_split_word(split),
             number);
}

int shard_writer_open(struct shard_writer **out, const char *folder,
                      enum shard_split split, unsigned number,
                      struct tt_error *err)
{
    static const uint64_t dim[] = {SHARD_PLANES, SHARD_SIDE, SHARD_SIDE};
    struct shard_writer *w;

    *out = NULL;
    w = calloc(1, sizeof(*w));
    if (!w)
        return tt_fail(err, TT_NOMEM, "%s: no memory for a shard", folder);
    w->file.split = split;
    shard_writer_call(w->file.name, split, number);
    if (tt_path_join(w->path, sizeof(w->path), folder, w->file.name, err) < 0 ||
        shard_h5_create(&w->h5, w->path, err) < 0 ||
        shard_h5_stack_create(&w->records, w->h5, SHARD_RECORDS, SHARD_H5_U8, 3,
                              dim, err) < 0)
        goto fail;
    *out = w;
    return 0;

fail:
    shard_writer_abandon(w);
    return -1;
}

/* 0, or -1 and everything is as before. */
static int grow(void **array, size_t count, size_t each)
{
    void *grown = realloc(*array, count * each);

    if (!grown)
        return -1;
    *array = grown;
    return 0;
}

static int make_room(struct shard_writer *w, size_t path_len)
{
    size_t need = w->paths_size + path_len;

    if (w->file.records + 1 > w->room) {
        size_t room = w->room ? w->room * 2 : 64;

        if (grow((void **)&w->digests, room, sizeof(*w->digests)) < 0 ||
            grow((void **)&w->photos, room, sizeof(*w->photos)) < 0 ||
            grow((void **)&w->source, room, sizeof(*w->source)) < 0 ||
            grow((void **)&w->offset, room + 1, sizeof(*w->offset)) < 0)
            return -1;
        w->room = room;
    }
    if (need > w->paths_room) {
        size_t room = need * 2 + 256;

        if (grow((void **)&w->paths, room, 1) < 0)
            return -1;
        w->paths_room = room;
    }
    return 0;
}

int shard_writer_add(struct shard_writer *w, const uint8_t *record,
                     const struct shard_origin *origin, struct tt_error *err)
{
    size_t len = strlen(origin->path);
    uint64_t at = w->file.records;

    if (make_room(w, len) < 0)
        return tt_fail(err, TT_NOMEM, "%s: no memory for a record", w->path);
    if (origin->record)
        w->digests[at] = *origin->record;
    else if (tt_sha256(record, SHARD_RECORD, &w->digests[at], err) < 0)
        return -1;
    if (shard_h5_stack_add(w->records, record, err) < 0)
        return -1;
    w->photos[at] = origin->photo;
    w->source[at] = origin->source;
    memcpy(w->paths + w->paths_size, origin->path, len);
    w->offset[at] = (int64_t)w->paths_size;
    w->paths_size += len;
    w->file.records++;
    if (w->file.records % PUSH == 0)
        shard_h5_push(w->h5);
    return 0;
}

uint64_t shard_writer_count(const struct shard_writer *w)
{
    return w->file.records;
}

static int write_arrays(struct shard_writer *w, struct tt_error *err)
{
    uint64_t n = w->file.records;
    uint64_t bytes = w->paths_size, offsets = n + 1;
    uint64_t digests[] = {n, TT_SHA256_SIZE};

    if (make_room(w, 0) < 0)
        return tt_fail(err, TT_NOMEM, "%s: no memory to end it", w->path);
    w->offset[n] = (int64_t)w->paths_size;
    if (shard_h5_write(w->h5, SHARD_DIGESTS, SHARD_H5_U8, 2, digests,
                       w->digests, err) < 0 ||
        shard_h5_write(w->h5, SHARD_SOURCE_DIGEST, SHARD_H5_U8, 2, digests,
                       w->photos, err) < 0 ||
        shard_h5_write(w->h5, SHARD_SOURCE_NUMBER, SHARD_H5_I64, 1, &n,
                       w->source, err) < 0 ||
        shard_h5_write(w->h5, SHARD_SOURCE_OFFSET, SHARD_H5_I64, 1, &offsets,
                       w->offset, err) < 0)
        return -1;
    return shard_h5_write(w->h5, SHARD_SOURCE_BYTES, SHARD_H5_U8, 1, &bytes,
                          w->paths, err);
}

static int write_attributes(struct shard_writer *w, struct tt_error *err)
{
    struct tt_sha256 sum;
    char text[TT_SHA256_HEX];

    if (tt_sha256(w->digests, w->file.records * sizeof(*w->digests), &sum,
                  err) < 0)
        return -1;
    tt_sha256_text(&sum, text);
    if (shard_h5_int_set(w->h5, "/", SHARD_ATTR_VERSION, SHARD_VERSION, err) <
            0 ||
        shard_h5_int_set(w->h5, "/", SHARD_ATTR_COUNT, (int64_t)w->file.records,
                         err) < 0 ||
        shard_h5_text_set(w->h5, "/", SHARD_ATTR_SPLIT,
                          shard_split_word(w->file.split), err) < 0 ||
        shard_h5_text_set(w->h5, "/", SHARD_ATTR_LAB, SHARD_LAB_WORDS, err) < 0)
        return -1;
    if (shard_h5_text_set(w->h5, "/", SHARD_ATTR_GENERATOR,
                          "tintype " TT_VERSION, err) < 0)
        return -1;
    return shard_h5_text_set(w->h5, "/", SHARD_ATTR_DIGEST, text, err);
}

int shard_writer_finish(struct shard_writer *w, struct shard_file *out,
                        struct tt_error *err)
{
    struct shard_h5 *h5 = w->h5;

    if (write_arrays(w, err) < 0 || write_attributes(w, err) < 0)
        goto fail;
    shard_h5_stack_close(w->records);
    w->records = NULL;
    w->h5 = NULL;
    if (shard_h5_finish(h5, err) < 0 ||
        tt_sha256_file(w->path, &w->file.sha256, &w->file.bytes, err) < 0)
        goto fail;
    *out = w->file;
    shard_writer_abandon(w);
    return 0;

fail:
    shard_writer_abandon(w);
    return -1;
}

void shard_writer_abandon(struct shard_writer *w)
{
    if (!w)
        return;
    shard_h5_stack_close(w->records);
    shard_h5_abandon(w->h5);
    free(w->digests);
    free(w->photos);
    free(w->source);
    free(w->offset);
    free(w->paths);
    free(w);
}
