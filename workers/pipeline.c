#include "workers/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "workers/publish.h"
#include "workers/stage.h"

#define HANDS_MAX  64 /* decoders, and painters, at most */
#define MODELS_MAX 4  /* copies of the network, of about 80 MB each */
#define FILES_MB   64 /* of files waiting to be decoded */

/* What a decoder thread or a painter has of its own. */
struct hand {
    struct worker_pipeline *pipeline;
    pthread_t thread;
    struct worker_photo *photo; /* in hand, for the decoder's reserve */
};

/* A thread with a network of its own. It changes the network only between
 * batches, so what photos say of it stays good until they are painted. */
struct mind {
    struct worker_pipeline *pipeline;
    pthread_t thread;
    struct model_infer *model;
    char path[TT_PATH_SIZE];
    int side;
    char version[256]; /* what outputs say of it */
};

struct worker_pipeline {
    const struct worker_options *options;
    int threads;
    struct worker_budget files, codes;
    struct worker_belt to_decode, to_colour, to_paint, to_publish;
    struct hand decoder[HANDS_MAX], painter[HANDS_MAX];
    struct mind mind[MODELS_MAX];
    int decoders, painters, minds; /* started */
    pthread_t publish_thread;
    bool publishing; /* started */
};

/* --- threads --- */

static void reserve(void *ctx, size_t bytes)
{
    struct hand *h = ctx;

    worker_stage_reserve(h->photo, bytes);
}

/* A decoder child that cannot be started fails the batch, not the worker, and
 * is tried again with the next photo. */
static void *decode_main(void *arg)
{
    struct hand *h = arg;
    struct worker_pipeline *p = h->pipeline;
    struct worker_decoder_options o = {
        .deadline_ms = p->options->deadline, .reserve = reserve, .ctx = h};
    struct worker_decoder *decoder = NULL;
    struct tt_error err;

    while ((h->photo = worker_belt_take(&p->to_decode))) {
        if (!decoder && worker_decoder_open(&decoder, &o, &err) < 0)
            worker_photo_fail(h->photo, &err);
        else if (worker_stage_decode(h->photo, decoder))
            worker_belt_put(&p->to_colour, h->photo);
    }
    worker_decoder_close(decoder);
    image_thread_end();
    return NULL;
}

static int check_sha(const struct worker_recipe *r, struct model_infer *m,
                     struct tt_error *err)
{
    if (!r->sha256 || strcmp(r->sha256, model_infer_sha256(m)) == 0)
        return 0;
    return tt_fail(err, TT_FORMAT,
                   "%s: not the model that the job was submitted with",
                   r->model);
}

/* Several networks of few threads each do more than one of many: threads that
 * share a photo wait for each other at every layer. */
static int count_minds(const struct worker_pipeline *p)
{
    return p->threads < MODELS_MAX ? p->threads : MODELS_MAX;
}

/* The recipe's network, opened if another was. */
static int use_model(struct mind *m, const struct worker_recipe *r,
                     struct tt_error *err)
{
    const struct worker_pipeline *p = m->pipeline;
    struct model_options o = {.backend = p->options->device,
                              .threads = p->threads / count_minds(p),
                              .side = r->side};

    if (m->model && strcmp(m->path, r->model) == 0 && m->side == r->side)
        return check_sha(r, m->model, err);
    model_infer_close(m->model);
    m->model = NULL;
    if (backend_precision_parse(p->options->precision, &o.precision, err) < 0 ||
        model_infer_open(&m->model, r->model, &o, err) < 0)
        return -1;
    snprintf(m->path, sizeof(m->path), "%s", r->model);
    m->side = r->side;
    snprintf(m->version, sizeof(m->version),
             "tintype " TT_VERSION ", model %.60s, sha256 %s",
             model_infer_name(m->model), model_infer_sha256(m->model));
    if (m == p->mind)
        tt_log(TT_INFO, "model %s: %s, %s", model_infer_name(m->model),
               model_infer_backend(m->model), model_infer_precision(m->model));
    return check_sha(r, m->model, err);
}

static void *colour_main(void *arg)
{
    struct mind *m = arg;
    struct worker_pipeline *p = m->pipeline;
    struct worker_photo *photo;
    struct tt_error err;

    while ((photo = worker_belt_take(&p->to_colour))) {
        tt_clear(&err);
        photo->made_by = m->version;
        if (worker_batch_failed(photo->batch) ||
            use_model(m, photo->batch->recipe, &err) < 0)
            worker_photo_fail(photo, &err);
        else if (worker_stage_colour(photo, m->model))
            worker_belt_put(&p->to_paint, photo);
    }
    model_infer_close(m->model);
    return NULL;
}

static void *paint_main(void *arg)
{
    struct hand *h = arg;
    struct worker_pipeline *p = h->pipeline;

    while ((h->photo = worker_belt_take(&p->to_paint))) {
        if (worker_stage_paint(h->photo))
            worker_belt_put(&p->to_publish, h->photo);
    }
    image_thread_end();
    return NULL;
}

/* Takes at once all that is ready: the first output is there early, and the
 * more there are the fewer syncs each costs. */
static void *publish_main(void *arg)
{
    struct worker_pipeline *p = arg;
    struct worker_photo *photos[WORKER_PUBLISH_MAX];
    size_t n;

    while ((photos[0] = worker_belt_take(&p->to_publish))) {
        n = 1;
        while (n < WORKER_PUBLISH_MAX &&
               (photos[n] = worker_belt_try(&p->to_publish)))
            n++;
        worker_publish(photos, n);
    }
    return NULL;
}

/* --- the life of a pipeline --- */

static int start_hands(struct worker_pipeline *p, struct hand *hands,
                       int *started, void *(*run)(void *))
{
    for (int i = 0; i < p->threads; i++) {
        hands[i].pipeline = p;
        if (pthread_create(&hands[i].thread, NULL, run, &hands[i]) != 0)
            return -1;
        ++*started;
    }
    return 0;
}

static int start(struct worker_pipeline *p)
{
    p->publishing =
        pthread_create(&p->publish_thread, NULL, publish_main, p) == 0;
    if (!p->publishing)
        return -1;
    for (int i = 0; i < count_minds(p); i++) {
        p->mind[i].pipeline = p;
        if (pthread_create(&p->mind[i].thread, NULL, colour_main,
                           &p->mind[i]) != 0)
            return -1;
        p->minds++;
    }
    if (start_hands(p, p->decoder, &p->decoders, decode_main) < 0)
        return -1;
    return start_hands(p, p->painter, &p->painters, paint_main);
}

int worker_pipeline_open(struct worker_pipeline **out,
                         const struct worker_options *options, int threads,
                         struct tt_error *err)
{
    struct worker_pipeline *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a pipeline");
    p->options = options;
    p->threads = threads < HANDS_MAX ? threads : HANDS_MAX;
    worker_budget_init(&p->files, (size_t)FILES_MB << 20);
    worker_budget_init(&p->codes, (size_t)options->memory << 20);
    worker_belt_init(&p->to_decode, (size_t)p->threads + 2);
    worker_belt_init(&p->to_colour, 4);
    worker_belt_init(&p->to_paint, (size_t)p->threads + 2);
    worker_belt_init(&p->to_publish, WORKER_PUBLISH_MAX);
    if (start(p) < 0) {
        worker_pipeline_close(p);
        return tt_fail(err, TT_NOMEM, "threads cannot be started");
    }
    *out = p;
    return 0;
}

/* In the order of the stages, so that nothing is lost on a belt. */
void worker_pipeline_close(struct worker_pipeline *p)
{
    if (!p)
        return;
    worker_belt_close(&p->to_decode);
    for (int i = 0; i < p->decoders; i++)
        pthread_join(p->decoder[i].thread, NULL);
    worker_belt_close(&p->to_colour);
    for (int i = 0; i < p->minds; i++)
        pthread_join(p->mind[i].thread, NULL);
    worker_belt_close(&p->to_paint);
    for (int i = 0; i < p->painters; i++)
        pthread_join(p->painter[i].thread, NULL);
    worker_belt_close(&p->to_publish);
    if (p->publishing)
        pthread_join(p->publish_thread, NULL);
    worker_belt_release(&p->to_decode);
    worker_belt_release(&p->to_colour);
    worker_belt_release(&p->to_paint);
    worker_belt_release(&p->to_publish);
    worker_budget_release(&p->files);
    worker_budget_release(&p->codes);
    free(p);
}

/* --- one chunk --- */

/* 1: begun, 0: told to stop, -1: the manifest or memory fails us. */
static int feed_one(struct worker_pipeline *p, struct worker_batch *b,
                    struct job_manifest *m, const char *out_folder,
                    struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    struct worker_photo *photo;
    const char *in, *out;
    int got;

    if (worker_chunk_stop(b->chunk))
        return 0;
    got = job_manifest_next(m, &in, &out, err);
    if (got == 0)
        return tt_fail(err, TT_FORMAT, "the manifest ends before the chunk");
    if (got < 0 || tt_path_join(path, sizeof(path), out_folder, out, err) < 0 ||
        worker_batch_begin(b, &photo, in, path, err) < 0)
        return -1;
    if (worker_stage_read(photo))
        worker_belt_put(&p->to_decode, photo);
    return 1;
}

int worker_pipeline_run(struct worker_pipeline *p, struct worker_chunk *chunk,
                        const struct worker_recipe *recipe,
                        struct job_manifest *m, const char *out_folder,
                        struct job_result *result, struct tt_error *err)
{
    size_t n = (size_t)chunk->payload.n;
    struct worker_batch b;
    int rc = 1;

    if (worker_batch_init(&b, chunk, recipe, err) < 0)
        return -1;
    b.folder = out_folder;
    b.files = &p->files;
    b.codes = &p->codes;
    while (rc == 1 && b.n < n && !worker_batch_failed(&b))
        rc = feed_one(p, &b, m, out_folder, err);
    worker_batch_wait(&b);
    if (rc >= 0 && b.failed) {
        *err = b.why;
        rc = -1;
    }
    worker_batch_collect(&b, result);
    worker_batch_release(&b);
    return rc;
}
