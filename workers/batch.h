/**
 * batch: the photos of one chunk on their way through the pipeline, and what
 * became of each.
 *
 * Owns:    a batch owns its photos and rows; the recipe is borrowed.
 * Threads: a photo belongs to the stage that has it; a batch is locked within.
 * Fails:   TT_NOMEM.
 */
#ifndef WORKERS_BATCH_H
#define WORKERS_BATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/save.h"
#include "job/wire.h"
#include "workers/belt.h"
#include "workers/bytes.h"
#include "workers/decoder.h"
#include "workers/lease.h"

/** How the photos of a job are coloured. Texts are borrowed. */
struct worker_recipe {
    const char *model;  /* checkpoint file */
    const char *sha256; /* it must have, hex; NULL: any */
    int side;           /* the network's view */
    float strength;
    bool force;
    bool metadata; /* the original's goes along */
    int quality;
    bool same;                /* format as the original, unless the name says */
    enum image_format format; /* if not same, likewise */
};

struct worker_batch;

struct worker_photo {
    struct worker_batch *batch;
    struct job_photo *row;
    char *in, *out; /* absolute paths */
    struct worker_bytes bytes;
    size_t file_held, codes_held; /* of the budgets */
    struct worker_decoded decoded;
    float *lightness;    /* side, side */
    float *ab;           /* 2, side, side */
    const char *made_by; /* model and version; its model thread's, and good
                            until the batch is over */
    char *temp;          /* "" once it has been linked or removed */
    int temp_fd;
};

struct worker_batch {
    const struct worker_recipe *recipe;
    const char *folder;         /* of the outputs; borrowed */
    struct worker_chunk *chunk; /* told of moves */
    struct worker_budget *files, *codes;
    struct job_photo *rows; /* room for chunk's n */
    bool *ended;            /* likewise */
    size_t n;               /* photos begun */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t pending; /* begun, and neither ended nor dropped */
    size_t n_ended;
    bool failed; /* drop what is on its way, as fast as possible */
    struct tt_error why;
};

int worker_batch_init(struct worker_batch *b, struct worker_chunk *chunk,
                      const struct worker_recipe *recipe,
                      struct tt_error *err) TT_MUST;

/** The next photo of the chunk; to be ended or failed by somebody. */
int worker_batch_begin(struct worker_batch *b, struct worker_photo **out,
                       const char *in, const char *out_path,
                       struct tt_error *err) TT_MUST;

/** A photo's outcome; frees the photo. message may be "". */
void worker_photo_end(struct worker_photo *p, enum photo_state state,
                      const char *reason, const char *message);

/** The photo has no outcome, for a cause that is not its own; frees it. The
 *  first cause is kept and ends the batch. */
void worker_photo_fail(struct worker_photo *p, const struct tt_error *why);

/** What its output says of itself; the photo's texts. */
struct image_marks worker_photo_marks(const struct worker_photo *p);

/** Free what the photo no longer needs: bytes of the file; grey codes, ab. */
void worker_photo_drop_file(struct worker_photo *p);
void worker_photo_drop_codes(struct worker_photo *p);

bool worker_batch_failed(struct worker_batch *b);

/** Until every photo begun has an outcome or was dropped. */
void worker_batch_wait(struct worker_batch *b);

/** Move the rows that have an outcome into result. */
void worker_batch_collect(struct worker_batch *b, struct job_result *result);

void worker_batch_release(struct worker_batch *b);

#endif
