/**
 * seen: what was seen before, to know a copy when it comes: files by their
 * SHA-256, pictures by their sketch.
 *
 * In memory: about 100 bytes a file with its path, 8 a sketch; thumbnails lie
 * in a temporary file without a name.
 *
 * Owns:    what open() made; close() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM, TT_IO (the temporary file).
 */
#ifndef INGEST_SEEN_H
#define INGEST_SEEN_H

#include "base/error.h"
#include "base/hash.h"
#include "ingest/sketch.h"

struct ingest_seen;

int ingest_seen_open(struct ingest_seen **out, struct tt_error *err) TT_MUST;

/** Has this file been seen? 1: yes, *of is the first one's path, good until
 *  the next call. 0: it has now. */
int ingest_seen_file(struct ingest_seen *s, const struct tt_sha256 *digest,
                     const char *path, const char **of,
                     struct tt_error *err) TT_MUST;

/** The same for the picture on the file that ingest_seen_file has just called
 *  new. */
int ingest_seen_picture(struct ingest_seen *s,
                        const struct ingest_sketch *sketch, const char **of,
                        struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void ingest_seen_close(struct ingest_seen *s);

#endif
