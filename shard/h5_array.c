#include "shard/h5_inside.h"

#include <string.h>

#include "base/file.h"

/* binary16: no predefined type in HDF5 1.10; this is the one h5py uses. */
static hid_t half_type(void)
{
    hid_t t = H5Tcopy(H5T_IEEE_F32LE);

    if (t >= 0 && (H5Tset_fields(t, 15, 10, 5, 0, 10) < 0 ||
                   H5Tset_size(t, 2) < 0 || H5Tset_ebias(t, 15) < 0)) {
        H5Tclose(t);
        return -1;
    }
    return t;
}

/* As stored and as in memory: little-endian everywhere. */
hid_t shard_h5_type_of(enum shard_h5_type type)
{
    switch (type) {
    case SHARD_H5_U8:
        return H5Tcopy(H5T_STD_U8LE);
    case SHARD_H5_F16:
        return half_type();
    case SHARD_H5_F32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case SHARD_H5_I64:
        return H5Tcopy(H5T_STD_I64LE);
    case SHARD_H5_TYPES:
        break;
    }
    return -1;
}

static enum shard_h5_type type_stored(hid_t set)
{
    hid_t stored = H5Dget_type(set);
    int t;

    for (t = 0; t < SHARD_H5_TYPES; t++) {
        hid_t ours = shard_h5_type_of((enum shard_h5_type)t);
        bool same = H5Tequal(stored, ours) > 0;

        H5Tclose(ours);
        if (same)
            break;
    }
    H5Tclose(stored);
    return (enum shard_h5_type)t;
}

/* The groups above name. Not by HDF5's own making of them, which would stamp
 * them with the time. */
static int make_groups(struct shard_h5 *f, const char *name)
{
    char part[TT_PATH_SIZE];
    hid_t gcpl = H5Pcreate(H5P_GROUP_CREATE);
    int rc = H5Pset_obj_track_times(gcpl, false) < 0 ? -1 : 0;

    for (size_t i = 1; rc == 0 && name[i] && i < sizeof(part); i++) {
        hid_t group;

        if (name[i] != '/')
            continue;
        memcpy(part, name, i);
        part[i] = '\0';
        if (H5Lexists(f->file, part, H5P_DEFAULT) > 0)
            continue;
        group = H5Gcreate2(f->file, part, H5P_DEFAULT, gcpl, H5P_DEFAULT);
        rc = group < 0 ? -1 : 0;
        H5Gclose(group);
    }
    H5Pclose(gcpl);
    return rc;
}

hid_t shard_h5_new_set(struct shard_h5 *f, const char *name,
                       enum shard_h5_type type, hid_t space, hid_t dcpl)
{
    hid_t stored, set = -1;

    if (make_groups(f, name) < 0)
        return -1;
    stored = shard_h5_type_of(type);
    if (H5Pset_obj_track_times(dcpl, false) >= 0 &&
        H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER) >= 0)
        set = H5Dcreate2(f->file, name, stored, space, H5P_DEFAULT, dcpl,
                         H5P_DEFAULT);
    H5Tclose(stored);
    return set;
}

static void to_hsize(hsize_t *out, const uint64_t *dim, int rank)
{
    for (int i = 0; i < rank; i++)
        out[i] = dim[i];
}

int shard_h5_write(struct shard_h5 *f, const char *name,
                   enum shard_h5_type type, int rank, const uint64_t *dim,
                   const void *data, struct tt_error *err)
{
    hsize_t size[SHARD_H5_RANK];
    hid_t dcpl, space, set, memory;
    herr_t rc = -1;

    shard_h5_quiet();
    if (rank < 0 || rank > SHARD_H5_RANK)
        return tt_fail(err, TT_BUG, "%s: %s: rank %d", f->path, name, rank);
    to_hsize(size, dim, rank);
    dcpl = H5Pcreate(H5P_DATASET_CREATE);
    space = rank ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    set = shard_h5_new_set(f, name, type, space, dcpl);
    memory = shard_h5_type_of(type);
    if (set >= 0)
        rc = H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (rc < 0)
        shard_h5_fail(f, name, "cannot be written", err);
    H5Tclose(memory);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(dcpl);
    return rc < 0 ? -1 : 0;
}

/* H5Lexists wants every group on the way to exist. */
static bool exists(struct shard_h5 *f, const char *name)
{
    char part[TT_PATH_SIZE];
    size_t len = strlen(name);

    if (len == 0 || len >= sizeof(part))
        return false;
    for (size_t i = 1; i <= len; i++) {
        if (name[i] != '/' && name[i] != '\0')
            continue;
        memcpy(part, name, i);
        part[i] = '\0';
        if (H5Lexists(f->file, part, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

static int shape_of(hid_t set, struct shard_h5_shape *out)
{
    hid_t space = H5Dget_space(set);
    hsize_t dim[SHARD_H5_RANK];
    int rank = H5Sget_simple_extent_ndims(space);

    if (rank < 0 || rank > SHARD_H5_RANK ||
        H5Sget_simple_extent_dims(space, dim, NULL) < 0) {
        H5Sclose(space);
        return -1;
    }
    out->rank = rank;
    out->count = 1;
    for (int i = 0; i < rank; i++) {
        out->dim[i] = dim[i];
        out->count *= dim[i];
    }
    out->type = type_stored(set);
    H5Sclose(space);
    return 0;
}

/* Open an array and learn its shape; -1 with *err, or the identifier. */
hid_t shard_h5_open_set(struct shard_h5 *f, const char *name,
                        struct shard_h5_shape *shape, struct tt_error *err)
{
    hid_t set;

    shard_h5_quiet();
    if (!exists(f, name)) {
        tt_fail(err, TT_MISSING, "%s: %s: no such array", f->path, name);
        return -1;
    }
    set = H5Dopen2(f->file, name, H5P_DEFAULT);
    if (set < 0 || shape_of(set, shape) < 0) {
        shard_h5_fail(f, name, "cannot be opened", err);
        H5Dclose(set);
        return -1;
    }
    return set;
}

int shard_h5_shape(struct shard_h5 *f, const char *name,
                   struct shard_h5_shape *out, struct tt_error *err)
{
    hid_t set = shard_h5_open_set(f, name, out, err);

    if (set < 0)
        return err->code == TT_MISSING ? 0 : -1;
    H5Dclose(set);
    return 1;
}

static bool converts(enum shard_h5_type from, enum shard_h5_type to)
{
    bool real_from = from == SHARD_H5_F16 || from == SHARD_H5_F32;
    bool real_to = to == SHARD_H5_F16 || to == SHARD_H5_F32;

    return from == to || (real_from && real_to);
}

int shard_h5_read(struct shard_h5 *f, const char *name, enum shard_h5_type type,
                  uint64_t count, void *data, struct tt_error *err)
{
    struct shard_h5_shape shape;
    hid_t set = shard_h5_open_set(f, name, &shape, err);
    hid_t memory;
    int rc = -1;

    if (set < 0)
        return -1;
    memory = shard_h5_type_of(type);
    if (!converts(shape.type, type))
        tt_fail(err, TT_FORMAT, "%s: %s: holds values of another type", f->path,
                name);
    else if (shape.count != count)
        tt_fail(err, TT_FORMAT, "%s: %s: %llu values, %llu expected", f->path,
                name, (unsigned long long)shape.count,
                (unsigned long long)count);
    else if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        shard_h5_fail(f, name, "cannot be read", err);
    else
        rc = 0;
    H5Tclose(memory);
    H5Dclose(set);
    return rc;
}
