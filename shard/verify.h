/**
 * verify: is a data set still what it was when it was made? Every file's
 * SHA-256, and of those that pass every record's SHA-256 and range of values.
 *
 * Owns:    nothing.
 * Threads: found() is called on the caller's thread.
 * Fails:   TT_MISSING, TT_FORMAT (dataset.json), TT_CANCEL, TT_IO, TT_NOMEM.
 */
#ifndef SHARD_VERIFY_H
#define SHARD_VERIFY_H

#include <stdint.h>

#include "base/error.h"
#include "base/watch.h"

struct shard_faults {
    void *ctx;
    /** One damage, in words that name the file. NULL: only counted. */
    void (*found)(void *ctx, const char *words);
};

/** Check everything; damage does not stop it and is counted in *faults. 0: all
 *  was checked. Progress is in records. */
int shard_verify(const char *folder, const struct shard_faults *to,
                 const struct tt_watch *watch, uint64_t *faults,
                 struct tt_error *err) TT_MUST;

#endif
