/**
 * publish: the last stage: temporaries become outputs.
 *
 * Threads: one at a time.
 */
#ifndef WORKERS_PUBLISH_H
#define WORKERS_PUBLISH_H

#include "workers/batch.h"

#define WORKER_PUBLISH_MAX 32

/** Sync the n temporaries, link them, sync their folders; then every photo is
 *  ended, or its batch has failed. */
void worker_publish(struct worker_photo *const *photos, size_t n);

/** True for what is no fault of the photo or its name: a disk that is full or
 *  broken. */
bool worker_publish_is_host(const struct tt_error *err);

/** End or fail the photo whose output could not be written, by that. */
void worker_publish_refuse(struct worker_photo *p, struct tt_error *err);

#endif
