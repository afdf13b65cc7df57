/**
 * paths: the names of a job's photos, read from its manifest. The last few
 * manifests stay open, since jobs are cut and recorded a chunk at a time. For
 * this room alone.
 *
 * Threads: that of the struct db.
 * Fails:   as job/manifest.h; TT_FORMAT if there are fewer entries than asked.
 */
#ifndef DB_PATHS_H
#define DB_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/arena.h"

struct db_paths;

struct db_path {
    const char *in, *out; /* as they stand in the manifest */
};

struct db_paths *db_paths_new(void);

/** Where the entry n entries after the one at byte `at` begins. */
int db_paths_skip(struct db_paths *p, const char *manifest, uint64_t at,
                  int64_t n, uint64_t *then, struct tt_error *err) TT_MUST;

/** The n entries from byte `at` on; rows lie in mem. */
int db_paths_read(struct db_paths *p, const char *manifest, uint64_t at,
                  int64_t n, struct db_arena *mem, struct db_path **rows,
                  struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void db_paths_free(struct db_paths *p);

#endif
