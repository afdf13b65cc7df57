/**
 * h5_inside: what the files behind shard/h5.h share. Nobody else includes it.
 */
#ifndef SHARD_H5_INSIDE_H
#define SHARD_H5_INSIDE_H

#include <hdf5.h>

#include "base/file.h"
#include "shard/h5.h"

struct shard_h5 {
    hid_t file;
    bool writing;
    char path[TT_PATH_SIZE];
    char temp[TT_PATH_SIZE]; /* empty when reading */
};

/** The library's printing is per thread, so every door calls this. */
void shard_h5_quiet(void);

/** "path: name: what (HDF5's words)"; name may be NULL. Always -1. */
int shard_h5_fail(const struct shard_h5 *f, const char *name, const char *what,
                  struct tt_error *err);

/** A type of ours; the caller closes it. */
hid_t shard_h5_type_of(enum shard_h5_type type);

/** A new array, the groups on the way made; dcpl gains what all arrays have. */
hid_t shard_h5_new_set(struct shard_h5 *f, const char *name,
                       enum shard_h5_type type, hid_t space, hid_t dcpl);

/** Open an array and learn its shape; -1 with *err. */
hid_t shard_h5_open_set(struct shard_h5 *f, const char *name,
                        struct shard_h5_shape *shape, struct tt_error *err);

#endif
