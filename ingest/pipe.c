#include "ingest/pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "ingest/judge.h"

#define SLOTS_A_DECODER 6
#define BYTES_IN_HAND   (64u << 20) /* of files read and not yet decoded */

enum stage { FREE, READ, TAKEN, JUDGED, FAILED };

struct slot {
    enum stage stage;
    struct ingest_item item;
    struct tt_error err; /* FAILED: of the source, or of memory */
};

struct ingest_pipe {
    struct ingest_pipe_setup setup;

    struct slot *slots; /* photo i lives in slot i % n_slots */
    size_t n_slots;
    pthread_t *threads; /* the reader, then the decoders */
    size_t n_threads;   /* that were started */

    pthread_mutex_t lock; /* over all that follows, and the slots' stages */
    pthread_cond_t freed, filled, judged;
    uint64_t read;    /* photos that the reader has put in */
    uint64_t taken;   /* … that decoders have taken */
    uint64_t given;   /* … that next() has handed out and got back */
    uint64_t in_hand; /* bytes of files not yet decoded */
    bool held;        /* next() has handed out photo `given` */
    bool ended;       /* the reader will put in no more */
    bool stop;
};

static struct slot *slot_of(struct ingest_pipe *p, uint64_t photo)
{
    return &p->slots[photo % p->n_slots];
}

/* --- the reader --- */

/* A slot to fill, or NULL: stop. A file larger than the whole budget gets in
 * alone. */
static struct slot *wait_free(struct ingest_pipe *p)
{
    struct slot *s = NULL;

    pthread_mutex_lock(&p->lock);
    while (!p->stop &&
           (p->read - p->given >= p->n_slots || p->in_hand >= BYTES_IN_HAND))
        pthread_cond_wait(&p->freed, &p->lock);
    if (!p->stop)
        s = slot_of(p, p->read);
    pthread_mutex_unlock(&p->lock);
    return s;
}

static void put(struct ingest_pipe *p, struct slot *s, enum stage stage)
{
    pthread_mutex_lock(&p->lock);
    s->stage = stage;
    p->read++;
    p->in_hand += s->item.photo.bytes ? s->item.photo.size : 0;
    if (stage == READ)
        pthread_cond_signal(&p->filled);
    else
        pthread_cond_signal(&p->judged);
    pthread_mutex_unlock(&p->lock);
}

/* A photo that was judged in a run before needs no decoder. */
static enum stage recall(struct ingest_pipe *p, struct ingest_item *item)
{
    const struct ingest_pipe_setup *setup = &p->setup;

    if (!setup->recall || !setup->recall(setup->recall_ctx, item))
        return READ;
    free(item->photo.bytes);
    item->photo.bytes = NULL;
    return JUDGED;
}

/* 0: go on with the next source; -1: no more at all. */
static int read_source(struct ingest_pipe *p, size_t i)
{
    for (;;) {
        struct slot *s = wait_free(p);
        int rc;

        if (!s)
            return -1;
        s->item.source = (unsigned)i;
        rc = ingest_source_next(p->setup.sources[i], p->setup.gate->max_bytes,
                                &s->item.photo, &s->err);
        if (rc == 0)
            return 0;
        put(p, s, rc < 0 ? FAILED : recall(p, &s->item));
        if (rc < 0)
            return -1;
    }
}

static void *reader(void *arg)
{
    struct ingest_pipe *p = arg;

    for (size_t i = 0; i < p->setup.n_sources; i++)
        if (read_source(p, i) < 0)
            break;
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_broadcast(&p->filled);
    pthread_cond_signal(&p->judged);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- the decoders --- */

static struct slot *take(struct ingest_pipe *p)
{
    struct slot *s = NULL;

    pthread_mutex_lock(&p->lock);
    while (!s) {
        while (!p->stop && p->taken == p->read && !p->ended)
            pthread_cond_wait(&p->filled, &p->lock);
        if (p->stop || p->taken == p->read)
            break;
        s = slot_of(p, p->taken++);
        if (s->stage == READ)
            s->stage = TAKEN;
        else
            s = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    return s;
}

static void *decoder(void *arg)
{
    struct ingest_pipe *p = arg;
    struct slot *s;

    while ((s = take(p))) {
        struct ingest_photo *photo = &s->item.photo;
        uint64_t bytes = photo->bytes ? photo->size : 0;
        int rc = ingest_judge_photo(&s->item, p->setup.gate, &s->err);

        free(photo->bytes);
        photo->bytes = NULL;
        pthread_mutex_lock(&p->lock);
        s->stage = rc < 0 ? FAILED : JUDGED;
        p->in_hand -= bytes;
        pthread_cond_signal(&p->freed);
        pthread_cond_signal(&p->judged);
        pthread_mutex_unlock(&p->lock);
    }
    image_thread_end();
    return NULL;
}

/* --- the one who asks --- */

int ingest_pipe_next(struct ingest_pipe *p, const struct ingest_item **item,
                     struct tt_error *err)
{
    struct slot *s;
    int rc = 0;

    pthread_mutex_lock(&p->lock);
    if (p->held) {
        s = slot_of(p, p->given++);
        /* photos that were recalled pass the decoders by */
        if (p->taken < p->given)
            p->taken = p->given;
        ingest_photo_release(&s->item.photo);
        s->stage = FREE;
        p->held = false;
        pthread_cond_signal(&p->freed);
    }
    s = slot_of(p, p->given);
    while (!(p->given < p->read && s->stage >= JUDGED) &&
           !(p->ended && p->given == p->read))
        pthread_cond_wait(&p->judged, &p->lock);
    if (p->given < p->read) {
        rc = s->stage == FAILED ? -1 : 1;
        p->held = rc > 0;
    }
    pthread_mutex_unlock(&p->lock);
    if (rc < 0)
        *err = s->err;
    if (rc > 0)
        *item = &s->item;
    return rc;
}

static int start(struct ingest_pipe *p, void *(*run)(void *),
                 struct tt_error *err)
{
    int rc = pthread_create(&p->threads[p->n_threads], NULL, run, p);

    if (rc)
        return tt_fail(err, TT_NOMEM, "a thread cannot be started");
    p->n_threads++;
    return 0;
}

int ingest_pipe_open(struct ingest_pipe **out,
                     const struct ingest_pipe_setup *setup,
                     struct tt_error *err)
{
    struct ingest_pipe *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for decoding");
    p->setup = *setup;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->freed, NULL);
    pthread_cond_init(&p->filled, NULL);
    pthread_cond_init(&p->judged, NULL);
    p->n_slots = (size_t)setup->threads * SLOTS_A_DECODER + 2;
    p->slots = calloc(p->n_slots, sizeof(*p->slots));
    p->threads = calloc((size_t)setup->threads + 1, sizeof(*p->threads));
    if (!p->slots || !p->threads) {
        tt_fail(err, TT_NOMEM, "no memory for decoding");
        goto fail;
    }
    if (start(p, reader, err) < 0)
        goto fail;
    for (int i = 0; i < setup->threads; i++)
        if (start(p, decoder, err) < 0)
            goto fail;
    *out = p;
    return 0;

fail:
    ingest_pipe_close(p);
    return -1;
}

void ingest_pipe_close(struct ingest_pipe *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->freed);
    pthread_cond_broadcast(&p->filled);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    for (size_t i = 0; p->slots && i < p->n_slots; i++)
        ingest_photo_release(&p->slots[i].item.photo);
    pthread_cond_destroy(&p->judged);
    pthread_cond_destroy(&p->filled);
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->slots);
    free(p);
}
