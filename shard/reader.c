#include "shard/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "shard/h5.h"

struct shard_reader {
    struct shard_h5 *h5;
    struct shard_h5_stack *records;
    uint64_t count;
    struct tt_sha256 *digests[2]; /* records, photos; NULL until asked for */
    int64_t *offset;              /* count + 1; NULL until asked for */
    char *paths;                  /* offset[count] bytes */
    char *path;                   /* the one handed out */
    size_t path_size;
};

static int check_size(const char *path, const struct shard_file *file,
                      struct tt_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return tt_fail_errno(err, TT_MISSING, "%s", path);
    if ((uint64_t)st.st_size != file->bytes)
        return tt_fail(err, TT_FORMAT, "%s: %lld bytes, %llu expected", path,
                       (long long)st.st_size, (unsigned long long)file->bytes);
    return 0;
}

static int check_form(struct shard_reader *r, const char *path,
                      const struct shard_file *file, struct tt_error *err)
{
    int64_t version, count;
    char split[16];

    if (shard_h5_int_get(r->h5, "/", SHARD_ATTR_VERSION, &version, err) < 0) {
        if (err->code == TT_MISSING)
            tt_fail(err, TT_FORMAT, "%s: not a shard", path);
        return -1;
    }
    if (version > SHARD_VERSION)
        return tt_fail(err, TT_FORMAT,
                       "%s: made by a newer version (format %lld)", path,
                       (long long)version);
    if (shard_h5_text_get(r->h5, "/", SHARD_ATTR_SPLIT, split, sizeof(split),
                          err) < 0 ||
        shard_h5_int_get(r->h5, "/", SHARD_ATTR_COUNT, &count, err) < 0 ||
        shard_h5_stack_open(&r->records, r->h5, SHARD_RECORDS, SHARD_RECORD,
                            err) < 0)
        return -1;
    r->count = shard_h5_stack_count(r->records);
    if (count < 0 || (uint64_t)count != r->count || r->count != file->records ||
        strcmp(split, shard_split_word(file->split)) != 0)
        return tt_fail(
            err, TT_FORMAT, "%s: %llu records of %s, %llu of %s expected", path,
            (unsigned long long)r->count, split,
            (unsigned long long)file->records, shard_split_word(file->split));
    return 0;
}

int shard_reader_open(struct shard_reader **out, const char *folder,
                      const struct shard_file *file, struct tt_error *err)
{
    struct shard_reader *r;
    char path[TT_PATH_SIZE];

    *out = NULL;
    if (tt_path_join(path, sizeof(path), folder, file->name, err) < 0 ||
        check_size(path, file, err) < 0)
        return -1;
    r = calloc(1, sizeof(*r));
    if (!r)
        return tt_fail(err, TT_NOMEM, "%s: no memory to open it", path);
    if (shard_h5_open(&r->h5, path, err) < 0 ||
        check_form(r, path, file, err) < 0)
        goto fail;
    *out = r;
    return 0;

fail:
    /* what a shard lacks is damage, whatever the lower room calls it */
    if (err->code == TT_MISSING)
        err->code = TT_FORMAT;
    shard_reader_close(r);
    return -1;
}

uint64_t shard_reader_count(const struct shard_reader *r)
{
    return r->count;
}

int shard_reader_record(struct shard_reader *r, uint64_t index, uint8_t *record,
                        struct tt_error *err)
{
    return shard_h5_stack_get(r->records, index, record, err);
}

/* Read a whole array into fresh memory; at least one byte is allocated. */
static void *read_all(struct shard_reader *r, const char *name,
                      enum shard_h5_type type, uint64_t count, size_t each,
                      struct tt_error *err)
{
    void *data;

    if (count > SIZE_MAX / each) {
        tt_fail(err, TT_FORMAT, "%s: impossible size", name);
        return NULL;
    }
    data = malloc(count * each + 1);
    if (!data) {
        tt_fail(err, TT_NOMEM, "%s: no memory for it", name);
        return NULL;
    }
    if (shard_h5_read(r->h5, name, type, count, data, err) < 0) {
        free(data);
        return NULL;
    }
    return data;
}

/* Offsets must rise from 0 to the size of what they point into. */
static int check_offsets(struct shard_reader *r, uint64_t total,
                         struct tt_error *err)
{
    bool good = r->offset[0] == 0 && r->offset[r->count] == (int64_t)total;

    for (uint64_t i = 0; good && i < r->count; i++)
        good = r->offset[i] <= r->offset[i + 1];
    return good ? 0 : tt_fail(err, TT_FORMAT, "the sources' paths are damaged");
}

static int load_paths(struct shard_reader *r, struct tt_error *err)
{
    struct shard_h5_shape shape;
    int rc = shard_h5_shape(r->h5, SHARD_SOURCE_BYTES, &shape, err);

    if (rc == 0)
        tt_fail(err, TT_FORMAT, "the sources' paths are missing");
    if (rc <= 0)
        return -1;
    r->offset = read_all(r, SHARD_SOURCE_OFFSET, SHARD_H5_I64, r->count + 1,
                         sizeof(*r->offset), err);
    if (!r->offset || check_offsets(r, shape.count, err) < 0)
        goto fail;
    r->paths =
        read_all(r, SHARD_SOURCE_BYTES, SHARD_H5_U8, shape.count, 1, err);
    if (!r->paths)
        goto fail;
    return 0;

fail:
    free(r->offset);
    r->offset = NULL;
    return -1;
}

int shard_reader_source(struct shard_reader *r, uint64_t index,
                        const char **path, struct tt_error *err)
{
    size_t len;
    char *grown;

    if (index >= r->count)
        return tt_fail(err, TT_BUG, "no record %llu",
                       (unsigned long long)index);
    if (!r->paths && load_paths(r, err) < 0)
        return -1;
    len = (size_t)(r->offset[index + 1] - r->offset[index]);
    if (len >= r->path_size) {
        grown = realloc(r->path, len + 1);
        if (!grown)
            return tt_fail(err, TT_NOMEM, "no memory for a path");
        r->path = grown;
        r->path_size = len + 1;
    }
    memcpy(r->path, r->paths + r->offset[index], len);
    r->path[len] = '\0';
    *path = r->path;
    return 0;
}

int shard_reader_digests(struct shard_reader *r,
                         const struct tt_sha256 **records,
                         const struct tt_sha256 **photos, struct tt_error *err)
{
    static const char *const names[2] = {SHARD_DIGESTS, SHARD_SOURCE_DIGEST};

    for (int i = 0; i < 2; i++) {
        if (!r->digests[i])
            r->digests[i] = read_all(r, names[i], SHARD_H5_U8,
                                     r->count * TT_SHA256_SIZE, 1, err);
        if (!r->digests[i])
            return -1;
    }
    *records = r->digests[0];
    *photos = r->digests[1];
    return 0;
}

void shard_reader_close(struct shard_reader *r)
{
    if (!r)
        return;
    shard_h5_stack_close(r->records);
    shard_h5_close(r->h5);
    free(r->digests[0]);
    free(r->digests[1]);
    free(r->offset);
    free(r->paths);
    free(r->path);
    free(r);
}
