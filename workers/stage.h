/**
 * stage: what is done to one photo at each step of the pipeline. Each ends or
 * fails the photo and returns false, or returns true: on to the next.
 *
 * Threads: those of the pipeline; a photo belongs to one at a time.
 */
#ifndef WORKERS_STAGE_H
#define WORKERS_STAGE_H

#include "model/infer.h"
#include "workers/batch.h"

/** The file into memory. */
bool worker_stage_read(struct worker_photo *p);

/** The bytes into grey codes and what the network is shown. */
bool worker_stage_decode(struct worker_photo *p, struct worker_decoder *d);

/** What the network sees into colour. */
bool worker_stage_colour(struct worker_photo *p, struct model_infer *model);

/** Grey codes and colour into a temporary file beside the output. */
bool worker_stage_paint(struct worker_photo *p);

/** The decoder's reserve function; ctx is the photo. */
void worker_stage_reserve(void *photo, size_t bytes);

#endif
