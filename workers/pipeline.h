/**
 * pipeline: where pictures and the network meet.
 *
 *   reader ─► decoders ─► models ─► painters ─► publisher
 *   (caller)  a child     four at   recolour,   sync, link,
 *             each        most      encode      sync the folder
 *
 * joined by bounded belts. A budget of bytes holds back large photos: grey
 * codes wait for room before they are made. Outputs are first written under
 * temporary names; the publisher syncs and links what is ready, first one
 * wins, and reports the hash of what then lies at the name. So any attempt
 * reports what is on disk, and no file is ever seen half written.
 *
 * The bytes of an output depend on the original, the recipe and the model
 * alone, not on threads, order, or what else is on its way.
 *
 * Owns:    open made it; close ends its threads and children.
 * Threads: run and close on the thread that opened it.
 * Fails:   for the whole chunk: TT_OUTPUT (no output can be written here),
 *          TT_UNAVAILABLE (no decoder can be started), and as model/infer.h.
 *          What ails a photo is its row.
 */
#ifndef WORKERS_PIPELINE_H
#define WORKERS_PIPELINE_H

#include "job/manifest.h"
#include "workers/batch.h"
#include "workers/worker.h"

struct worker_pipeline;

/** threads: decoders, painters and the network's threads alike. options are
 *  borrowed. */
int worker_pipeline_open(struct worker_pipeline **out,
                         const struct worker_options *options, int threads,
                         struct tt_error *err) TT_MUST;

/** Colour the chunk's photos; m stands at the first. out_folder: where
 *  relative outputs go. result gets the rows of what has an outcome, in every
 *  case. 1: that is all of them; 0: told to stop before; -1: failed. */
int worker_pipeline_run(struct worker_pipeline *p, struct worker_chunk *chunk,
                        const struct worker_recipe *recipe,
                        struct job_manifest *m, const char *out_folder,
                        struct job_result *result,
                        struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void worker_pipeline_close(struct worker_pipeline *p);

#endif
