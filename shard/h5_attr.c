#include "shard/h5_inside.h"

#include <string.h>

/* Open an object or fail; "/" is the file. */
static hid_t open_object(struct shard_h5 *f, const char *object,
                         struct tt_error *err)
{
    hid_t obj;

    shard_h5_quiet();
    obj = H5Oopen(f->file, object, H5P_DEFAULT);
    if (obj < 0) {
        H5Eclear2(H5E_DEFAULT);
        tt_fail(err, TT_MISSING, "%s: %s: no such object", f->path, object);
    }
    return obj;
}

static int attr_set(struct shard_h5 *f, const char *object, const char *name,
                    hid_t type, const void *value, struct tt_error *err)
{
    hid_t obj = open_object(f, object, err);
    hid_t space, attr;
    int rc = 0;

    if (obj < 0)
        return -1;
    space = H5Screate(H5S_SCALAR);
    attr = H5Acreate2(obj, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attr < 0 || H5Awrite(attr, type, value) < 0)
        rc = shard_h5_fail(f, name, "cannot be written", err);
    H5Aclose(attr);
    H5Sclose(space);
    H5Oclose(obj);
    return rc;
}

/* Open an attribute that holds one value. */
static hid_t attr_open(struct shard_h5 *f, const char *object, const char *name,
                       struct tt_error *err)
{
    hid_t obj = open_object(f, object, err);
    hid_t attr, space;
    bool single;

    if (obj < 0)
        return -1;
    if (H5Aexists(obj, name) <= 0) {
        H5Eclear2(H5E_DEFAULT);
        H5Oclose(obj);
        return tt_fail(err, TT_MISSING, "%s: %s: no such attribute", f->path,
                       name);
    }
    attr = H5Aopen(obj, name, H5P_DEFAULT);
    H5Oclose(obj);
    if (attr < 0)
        return shard_h5_fail(f, name, "cannot be read", err);
    space = H5Aget_space(attr);
    single = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    if (!single) {
        H5Aclose(attr);
        return tt_fail(err, TT_FORMAT, "%s: %s: not a single value", f->path,
                       name);
    }
    return attr;
}

static hid_t text_type(size_t len)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, len);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

int shard_h5_text_set(struct shard_h5 *f, const char *object, const char *name,
                      const char *text, struct tt_error *err)
{
    hid_t type;
    int rc;

    if (!text[0])
        return tt_fail(err, TT_BUG, "%s: %s: an empty text", f->path, name);
    type = text_type(strlen(text));
    rc = attr_set(f, object, name, type, text, err);
    H5Tclose(type);
    return rc;
}

/* The attribute's type if it is a text of fixed length, with that length. */
static hid_t text_stored(hid_t attr, size_t *len)
{
    hid_t type = H5Aget_type(attr);

    if (type < 0 || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0) {
        H5Tclose(type);
        return -1;
    }
    *len = H5Tget_size(type);
    return type;
}

int shard_h5_text_get(struct shard_h5 *f, const char *object, const char *name,
                      char *text, size_t size, struct tt_error *err)
{
    hid_t attr = attr_open(f, object, name, err);
    hid_t type;
    size_t len = 0;
    int rc = 0;

    if (attr < 0)
        return -1;
    type = text_stored(attr, &len);
    if (type < 0 || len >= size)
        rc = tt_fail(err, TT_FORMAT, "%s: %s: not a text, or too long", f->path,
                     name);
    else if (H5Aread(attr, type, text) < 0)
        rc = shard_h5_fail(f, name, "cannot be read", err);
    else
        text[len] = '\0';
    H5Tclose(type);
    H5Aclose(attr);
    return rc;
}

int shard_h5_text_size(struct shard_h5 *f, const char *object, const char *name,
                       size_t *size, struct tt_error *err)
{
    hid_t attr = attr_open(f, object, name, err);
    hid_t type;
    int rc = 0;

    if (attr < 0)
        return -1;
    type = text_stored(attr, size);
    if (type < 0)
        rc = tt_fail(err, TT_FORMAT, "%s: %s: not a text", f->path, name);
    H5Tclose(type);
    H5Aclose(attr);
    return rc;
}

int shard_h5_int_set(struct shard_h5 *f, const char *object, const char *name,
                     int64_t value, struct tt_error *err)
{
    return attr_set(f, object, name, H5T_STD_I64LE, &value, err);
}

int shard_h5_int_get(struct shard_h5 *f, const char *object, const char *name,
                     int64_t *value, struct tt_error *err)
{
    hid_t attr = attr_open(f, object, name, err);
    hid_t type;
    int rc = 0;

    if (attr < 0)
        return -1;
    type = H5Aget_type(attr);
    if (H5Tget_class(type) != H5T_INTEGER)
        rc = tt_fail(err, TT_FORMAT, "%s: %s: not a whole number", f->path,
                     name);
    else if (H5Aread(attr, H5T_NATIVE_INT64, value) < 0)
        rc = shard_h5_fail(f, name, "cannot be read", err);
    H5Tclose(type);
    H5Aclose(attr);
    return rc;
}
