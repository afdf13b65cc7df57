#include "shard/h5_inside.h"

#include <stdlib.h>
#include <string.h>

struct shard_h5_stack {
    struct shard_h5 *file;
    hid_t set;
    size_t bytes; /* of one record */
    int rank;     /* with the growing dimension in front */
    hsize_t dim[SHARD_H5_RANK];
    uint64_t count;
    char name[64]; /* for messages; cut if longer */
};

static struct shard_h5_stack *stack_make(struct shard_h5 *f, const char *name,
                                         struct tt_error *err)
{
    struct shard_h5_stack *s = calloc(1, sizeof(*s));

    shard_h5_quiet();
    if (!s) {
        tt_fail(err, TT_NOMEM, "%s: %s: no memory to open it", f->path, name);
        return NULL;
    }
    s->file = f;
    s->set = -1;
    strncpy(s->name, name, sizeof(s->name) - 1);
    return s;
}

static void chunk_of(const struct shard_h5_stack *s, hsize_t *chunk)
{
    memcpy(chunk, s->dim, sizeof(s->dim));
    chunk[0] = 1;
}

static hid_t create_set(struct shard_h5_stack *s, enum shard_h5_type type)
{
    hsize_t chunk[SHARD_H5_RANK], most[SHARD_H5_RANK];
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space, set = -1;

    chunk_of(s, chunk);
    memcpy(most, s->dim, sizeof(most));
    most[0] = H5S_UNLIMITED;
    space = H5Screate_simple(s->rank, s->dim, most);
    if (H5Pset_chunk(dcpl, s->rank, chunk) >= 0)
        set = shard_h5_new_set(s->file, s->name, type, space, dcpl);
    H5Sclose(space);
    H5Pclose(dcpl);
    return set;
}

int shard_h5_stack_create(struct shard_h5_stack **out, struct shard_h5 *f,
                          const char *name, enum shard_h5_type type, int rank,
                          const uint64_t *dim, struct tt_error *err)
{
    struct shard_h5_stack *s = stack_make(f, name, err);
    hid_t element;

    *out = NULL;
    if (!s)
        return -1;
    element = shard_h5_type_of(type);
    s->rank = rank + 1;
    s->bytes = H5Tget_size(element);
    H5Tclose(element);
    for (int i = 0; i < rank && i + 1 < SHARD_H5_RANK; i++) {
        s->dim[i + 1] = dim[i];
        s->bytes *= dim[i];
    }
    s->set = create_set(s, type);
    if (s->set < 0) {
        shard_h5_fail(f, name, "cannot be made", err);
        goto fail;
    }
    *out = s;
    return 0;

fail:
    shard_h5_stack_close(s);
    return -1;
}

/* One record a chunk and no filter: else chunks cannot be read as they are. */
static bool plain_chunks(struct shard_h5_stack *s)
{
    hsize_t chunk[SHARD_H5_RANK], want[SHARD_H5_RANK];
    hid_t dcpl = H5Dget_create_plist(s->set);
    bool plain;

    chunk_of(s, want);
    plain = H5Pget_layout(dcpl) == H5D_CHUNKED && H5Pget_nfilters(dcpl) == 0 &&
            H5Pget_chunk(dcpl, SHARD_H5_RANK, chunk) == s->rank &&
            memcmp(chunk, want, (size_t)s->rank * sizeof(*chunk)) == 0;
    H5Pclose(dcpl);
    return plain;
}

int shard_h5_stack_open(struct shard_h5_stack **out, struct shard_h5 *f,
                        const char *name, size_t bytes, struct tt_error *err)
{
    struct shard_h5_stack *s = stack_make(f, name, err);
    struct shard_h5_shape shape;
    hid_t element;

    *out = NULL;
    if (!s)
        return -1;
    s->set = shard_h5_open_set(f, name, &shape, err);
    if (s->set < 0)
        goto fail;
    if (shape.rank < 1 || shape.type == SHARD_H5_TYPES) {
        tt_fail(err, TT_FORMAT, "%s: %s: not a stack of records", f->path,
                name);
        goto fail;
    }
    element = shard_h5_type_of(shape.type);
    s->bytes = H5Tget_size(element);
    H5Tclose(element);
    s->rank = shape.rank;
    s->count = shape.dim[0];
    for (int i = 0; i < shape.rank; i++) {
        s->dim[i] = shape.dim[i];
        s->bytes *= i ? shape.dim[i] : 1;
    }
    if (s->bytes != bytes || !plain_chunks(s)) {
        tt_fail(err, TT_FORMAT, "%s: %s: records are not of %zu plain bytes",
                f->path, name, bytes);
        goto fail;
    }
    *out = s;
    return 0;

fail:
    shard_h5_stack_close(s);
    return -1;
}

uint64_t shard_h5_stack_count(const struct shard_h5_stack *s)
{
    return s->count;
}

int shard_h5_stack_add(struct shard_h5_stack *s, const void *record,
                       struct tt_error *err)
{
    hsize_t at[SHARD_H5_RANK] = {0};

    shard_h5_quiet();
    at[0] = s->count;
    s->dim[0] = s->count + 1;
    if (H5Dset_extent(s->set, s->dim) < 0 ||
        H5Dwrite_chunk(s->set, H5P_DEFAULT, 0, at, s->bytes, record) < 0)
        return shard_h5_fail(s->file, s->name, "cannot be written", err);
    s->count++;
    return 0;
}

int shard_h5_stack_get(struct shard_h5_stack *s, uint64_t index, void *record,
                       struct tt_error *err)
{
    hsize_t at[SHARD_H5_RANK] = {0};
    hsize_t stored = 0;
    uint32_t filters = 0;

    shard_h5_quiet();
    at[0] = index;
    if (index >= s->count)
        return tt_fail(err, TT_BUG, "%s: %s: no record %llu", s->file->path,
                       s->name, (unsigned long long)index);
    /* a damaged index could claim more bytes than the record has room for */
    if (H5Dget_chunk_storage_size(s->set, at, &stored) < 0 ||
        stored != s->bytes ||
        H5Dread_chunk(s->set, H5P_DEFAULT, at, &filters, record) < 0)
        return shard_h5_fail(s->file, s->name, "a record cannot be read", err);
    return 0;
}

void shard_h5_stack_close(struct shard_h5_stack *s)
{
    if (!s)
        return;
    shard_h5_quiet();
    H5Dclose(s->set);
    free(s);
}
