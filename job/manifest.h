/**
 * manifest: all that a job is, in one file that everybody may read and nobody
 * changes: a header, then one entry for each photo.
 *
 *   "tintype manifest 1\n"
 *   <header: one JSON object on one line>\n
 *   <input path> NUL <output path, relative to the header's out> NUL   …
 *
 * Paths are bytes, not text: a name that is not UTF-8 is a name. The command
 * line writes it; the scheduler counts its way through it, cutting chunks; a
 * worker reads the range that it has leased. Jobs without photos (train …)
 * have the header alone and count as one unit.
 *
 * Header members: key (32 hex digits), kind, name, params (the kind's option
 * table as JSON), out (absolute folder, or absent), model {name, path, sha256}
 * where the kind uses one, sources (array of paths) for ingest, dataset
 * {id, path} for train and evaluate, run {folder} for train.
 *
 * Owns:    what open() or create() made; close() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_MISSING, TT_IO, TT_OUTPUT, TT_FORMAT (damaged or newer),
 * TT_NOMEM.
 */
#ifndef JOB_MANIFEST_H
#define JOB_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

struct job_manifest_writer;
struct job_manifest;

/** Start a manifest at path (made under a temporary name). header is read,
 *  not kept. */
int job_manifest_create(struct job_manifest_writer **out, const char *path,
                        const json_t *header, struct tt_error *err) TT_MUST;
int job_manifest_add(struct job_manifest_writer *w, const char *in,
                     const char *out, struct tt_error *err) TT_MUST;
/** Sync and put into place; w is freed, on failure as well. */
int job_manifest_finish(struct job_manifest_writer *w,
                        struct tt_error *err) TT_MUST;
/** Throw an unfinished one away. NULL is allowed. */
void job_manifest_abandon(struct job_manifest_writer *w);

int job_manifest_open(struct job_manifest **out, const char *path,
                      struct tt_error *err) TT_MUST;
/** The header; borrowed until close. */
const json_t *job_manifest_header(const struct job_manifest *m);
/** Where the first entry begins, in bytes: what a new job's cut starts at. */
uint64_t job_manifest_start(const struct job_manifest *m);
/** Go to the entry that begins at byte `at`. */
int job_manifest_seek(struct job_manifest *m, uint64_t at,
                      struct tt_error *err) TT_MUST;
/** 1: the next entry, borrowed until the next call; 0: no more; -1. */
int job_manifest_next(struct job_manifest *m, const char **in, const char **out,
                      struct tt_error *err) TT_MUST;
/** Byte position of the entry that next() would give. */
uint64_t job_manifest_at(const struct job_manifest *m);
void job_manifest_close(struct job_manifest *m);

#endif
