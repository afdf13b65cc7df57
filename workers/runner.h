/**
 * runner: what does the work of a chunk, by the kind of its job.
 *
 * Owns:    a struct worker_engine keeps what is dear to make (decoders, the
 *          network) from chunk to chunk.
 * Threads: the work thread; a runner starts what it needs and joins it.
 */
#ifndef WORKERS_RUNNER_H
#define WORKERS_RUNNER_H

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"
#include "base/watch.h"
#include "job/manifest.h"
#include "job/wire.h"
#include "model/reduce/reduce.h"
#include "workers/lease.h"
#include "workers/pipeline.h"

struct worker_engine {
    const struct worker_options *options;
    int threads;
    struct reduce *group; /* of the processes that train; NULL: this alone */
    struct worker_pipeline *pipeline; /* NULL until a colorize job comes */
};

/** What a runner is given. */
struct worker_task {
    struct worker_engine *engine;
    struct worker_lease *leases;
    struct worker_chunk *chunk;
    struct job_manifest *manifest; /* at the chunk's first entry */
    const json_t *header;          /* of the manifest */
    struct tt_watch watch;         /* moves and stops the chunk */
    struct job_result *result;     /* to fill */
};

/** A kind of job. All members are required. */
struct worker_runner {
    enum job_kind kind;
    const char *summary; /* one line, for people */
    /** 0: the result is whole. -1: *err says why; TT_CANCEL: told to stop.
     *  Photos in the result then are what is done all the same. */
    int (*run)(struct worker_task *t, struct tt_error *err);
};

/** Every kind there is, NULL at the end. */
extern const struct worker_runner *const worker_runners[];
extern const struct worker_runner worker_run_colorize;
extern const struct worker_runner worker_run_ingest;
extern const struct worker_runner worker_run_train;
extern const struct worker_runner worker_run_evaluate;

/** Train as rank 0 of the group does; header: of the job's manifest. */
int worker_run_train_follow(struct worker_engine *engine, const json_t *header,
                            struct tt_error *err) TT_MUST;

/** Do the chunk and give it back. */
void worker_runner_do(struct worker_engine *engine, struct worker_lease *leases,
                      struct worker_chunk *chunk);

/** Frees what the engine keeps. */
void worker_engine_release(struct worker_engine *engine);

/** The job's parameters: fill `into` by its kind's table. */
int worker_task_params(const struct worker_task *t, void *into,
                       struct tt_error *err) TT_MUST;

/** A text of the header: header[object][name], or header[name] if object is
 *  NULL. Borrowed; NULL if it is not there. */
const char *worker_task_text(const struct worker_task *t, const char *object,
                             const char *name);

/** The path header[object][name], made absolute: what is relative lies in the
 *  state folder, as manifests do in a folder of theirs. */
int worker_task_path(const struct worker_task *t, const char *object,
                     const char *name, char path[TT_PATH_SIZE],
                     struct tt_error *err) TT_MUST;

/** The same as worker_task_text, and TT_FORMAT if it is not there. */
int worker_task_need(const struct worker_task *t, const char *object,
                     const char *name, const char **out,
                     struct tt_error *err) TT_MUST;

#endif
