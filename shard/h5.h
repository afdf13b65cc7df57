/**
 * h5: HDF5 files of arrays and attributes; the one door to the library.
 *
 * A file is made under a temporary name beside its own and appears whole when
 * finish() has returned. Names of arrays are paths ("encoder/0/weight"); the
 * groups on the way are made. Nothing that depends on the clock is stored, so
 * the same writes give the same bytes. HDF5's own printing is off; its words
 * go into the error.
 *
 * Owns:    what create() and open() made; finish(), abandon() or close() frees
 *          it. Stacks belong to their file and end before it.
 * Threads: one thread per struct at a time; HDF5 lets one call run at once.
 * Fails:   TT_MISSING (no such file, array or attribute), TT_FORMAT (not HDF5,
 *          damaged, or another type or shape than asked for), TT_OUTPUT, TT_IO,
 *          TT_NOMEM.
 */
#ifndef SHARD_H5_H
#define SHARD_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SHARD_H5_RANK 8 /* dimensions at most */

enum shard_h5_type {
    SHARD_H5_U8,  /* uint8_t */
    SHARD_H5_F16, /* uint16_t holding IEEE binary16; float16 in numpy */
    SHARD_H5_F32, /* float */
    SHARD_H5_I64, /* int64_t */
    SHARD_H5_TYPES
};

struct shard_h5_shape {
    enum shard_h5_type type; /* as stored; SHARD_H5_TYPES: none of the above */
    int rank;                /* 0: a single value */
    uint64_t dim[SHARD_H5_RANK];
    uint64_t count; /* of values: the product of dim */
};

struct shard_h5;

/** Start a file that will appear at path, replacing what is there. */
int shard_h5_create(struct shard_h5 **out, const char *path,
                    struct tt_error *err) TT_MUST;
/** Let the disk begin with what was written so far, without waiting: syncing
 *  is short in the end. */
void shard_h5_push(struct shard_h5 *f);
/** Flush, sync and rename into place. f is freed, on failure as well. */
int shard_h5_finish(struct shard_h5 *f, struct tt_error *err) TT_MUST;
/** Throw an unfinished file away. NULL is allowed. */
void shard_h5_abandon(struct shard_h5 *f);

/** Open a file for reading. On -1, *out is NULL. */
int shard_h5_open(struct shard_h5 **out, const char *path,
                  struct tt_error *err) TT_MUST;
void shard_h5_close(struct shard_h5 *f);

/** Write a new array whole. dim has rank entries; rank 0 is a single value. */
int shard_h5_write(struct shard_h5 *f, const char *name,
                   enum shard_h5_type type, int rank, const uint64_t *dim,
                   const void *data, struct tt_error *err) TT_MUST;

/** What an array is. 1: *out is filled; 0: there is none of this name. */
int shard_h5_shape(struct shard_h5 *f, const char *name,
                   struct shard_h5_shape *out, struct tt_error *err) TT_MUST;

/** Read an array of exactly `count` values. Stored and asked type may differ
 *  among F16 and F32 (converted); any other difference is TT_FORMAT. */
int shard_h5_read(struct shard_h5 *f, const char *name, enum shard_h5_type type,
                  uint64_t count, void *data, struct tt_error *err) TT_MUST;

/** Attributes. object is the name of an array or group, or "/" for the file;
 *  on an array they come after it is written. Texts are UTF-8 of fixed length,
 *  not empty. get: the text with its NUL must fit size, else TT_FORMAT. */
int shard_h5_text_set(struct shard_h5 *f, const char *object, const char *name,
                      const char *text, struct tt_error *err) TT_MUST;
int shard_h5_text_get(struct shard_h5 *f, const char *object, const char *name,
                      char *text, size_t size, struct tt_error *err) TT_MUST;
/** Length of a text without its NUL. */
int shard_h5_text_size(struct shard_h5 *f, const char *object, const char *name,
                       size_t *size, struct tt_error *err) TT_MUST;
int shard_h5_int_set(struct shard_h5 *f, const char *object, const char *name,
                     int64_t value, struct tt_error *err) TT_MUST;
int shard_h5_int_get(struct shard_h5 *f, const char *object, const char *name,
                     int64_t *value, struct tt_error *err) TT_MUST;

/** A growing array of equal records: [n, dim…], one chunk a record, unfiltered,
 *  written and read past HDF5's cache. */
struct shard_h5_stack;

/** rank and dim are those of one record; at most SHARD_H5_RANK - 1. */
int shard_h5_stack_create(struct shard_h5_stack **out, struct shard_h5 *f,
                          const char *name, enum shard_h5_type type, int rank,
                          const uint64_t *dim, struct tt_error *err) TT_MUST;
/** Open one whose records have `bytes` bytes and whose chunks are records. */
int shard_h5_stack_open(struct shard_h5_stack **out, struct shard_h5 *f,
                        const char *name, size_t bytes,
                        struct tt_error *err) TT_MUST;
uint64_t shard_h5_stack_count(const struct shard_h5_stack *s);
int shard_h5_stack_add(struct shard_h5_stack *s, const void *record,
                       struct tt_error *err) TT_MUST;
int shard_h5_stack_get(struct shard_h5_stack *s, uint64_t index, void *record,
                       struct tt_error *err) TT_MUST;
/** NULL is allowed. */
void shard_h5_stack_close(struct shard_h5_stack *s);

/** "HDF5 1.10.8": what was found, into text. */
void shard_h5_version(char *text, size_t size);

#endif
