/**
 * evaluate_photos: the colour photos of a folder or an archive, as records in
 * memory, to measure a model on. What is gray for certain, or cannot be read,
 * is left out and counted.
 *
 * Owns:    load() fills it, release() frees it, also after a failure.
 * Threads: the work thread, while libvips runs.
 * Fails:   as ingest/source.h; TT_INPUT (no photo in colour), TT_CANCEL,
 *          TT_NOMEM.
 */
#ifndef WORKERS_EVALUATE_PHOTOS_H
#define WORKERS_EVALUATE_PHOTOS_H

#include <stdint.h>

#include "base/error.h"
#include "base/watch.h"
#include "ingest/verdict.h"
#include "shard/format.h"

struct worker_evaluate_photos {
    uint8_t *records; /* n, SHARD_RECORD */
    size_t n, room;
    uint64_t verdicts[INGEST_VERDICT_COUNT]; /* of all that was seen */
};

/** source: a spec of ingest/source.h. */
int worker_evaluate_photos_load(struct worker_evaluate_photos *p,
                                const char *source,
                                const struct tt_watch *watch,
                                struct tt_error *err) TT_MUST;

void worker_evaluate_photos_release(struct worker_evaluate_photos *p);

#endif
