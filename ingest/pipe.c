#include "ingest/pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "ingest/judge.h"

#define SLOTS_A_DECODER 2
#define BATCH           8           /* photos in a slot at most */
#define BATCH_BYTES     (1u << 20)  /* enough for a slot */
#define BYTES_IN_HAND   (64u << 20) /* of files read and not yet decoded */

enum stage { FREE, READ, JUDGED };

struct slot {
    enum stage stage;
    size_t n;
    uint64_t bytes; /* of files, while not decoded */
    struct ingest_item items[BATCH];
    bool failed;         /* behind the last item */
    struct tt_error err; /* of the source, or of memory */
};

struct ingest_pipe {
    struct ingest_pipe_setup setup;

    struct slot *slots; /* batch i lives in slot i % n_slots */
    size_t n_slots;
    pthread_t *threads; /* the reader, then the decoders */
    size_t n_threads;   /* that were started */
    size_t source;      /* the reader's, as is */
    uint64_t photo;     /* the number of the next one */
    size_t at;          /* next()'s, in batch `given` */

    pthread_mutex_t lock; /* over all that follows, and the slots' stages */
    pthread_cond_t freed, filled, judged;
    uint64_t read;    /* batches that the reader has put in */
    uint64_t taken;   /* … that decoders have taken */
    uint64_t given;   /* … that next() has handed out whole */
    uint64_t in_hand; /* bytes of files not yet decoded */
    bool ended;       /* the reader will put in no more */
    bool stop;
};

static struct slot *slot_of(struct ingest_pipe *p, uint64_t batch)
{
    return &p->slots[batch % p->n_slots];
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

/* As ingest_source_next, of all sources one after another. */
static int any_photo(struct ingest_pipe *p, uint64_t max_bytes,
                     struct ingest_item *item, struct tt_error *err)
{
    int rc = 0;

    while (rc == 0 && p->source < p->setup.n_sources) {
        item->source = (unsigned)p->source;
        rc = ingest_source_next(p->setup.sources[p->source], max_bytes,
                                &item->photo, err);
        p->source += rc == 0;
    }
    p->photo += rc > 0;
    return rc;
}

/* The next one of those that are wanted; those before them stay unread. */
static int next_photo(struct ingest_pipe *p, struct ingest_item *item,
                      struct tt_error *err)
{
    const struct ingest_pipe_setup *setup = &p->setup;
    int rc = 1;

    while (rc > 0 && p->photo < setup->first) {
        rc = any_photo(p, 0, item, err);
        ingest_photo_release(&item->photo);
    }
    if (rc <= 0 || (setup->count && p->photo >= setup->first + setup->count))
        return rc < 0 ? -1 : 0;
    return any_photo(p, setup->gate->max_bytes, item, err);
}

/* 1: the slot is filled; 0, -1: so is it, but nothing comes behind it. */
static int fill(struct ingest_pipe *p, struct slot *s)
{
    int rc = 1;

    if (p->setup.reach)
        p->setup.reach(p->setup.reach_ctx, p->photo);
    s->n = 0;
    s->bytes = 0;
    while (rc > 0 && s->n < BATCH && s->bytes < BATCH_BYTES) {
        struct ingest_item *item = &s->items[s->n];

        rc = next_photo(p, item, &s->err);
        if (rc <= 0)
            break;
        s->bytes += item->photo.bytes ? item->photo.size : 0;
        s->n++;
    }
    s->failed = rc < 0;
    return rc;
}

static void *reader(void *arg)
{
    struct ingest_pipe *p = arg;
    struct slot *s;
    int rc = 1;

    while (rc > 0 && (s = wait_free(p))) {
        rc = fill(p, s);
        pthread_mutex_lock(&p->lock);
        s->stage = READ;
        p->read++;
        p->in_hand += s->bytes;
        pthread_cond_signal(&p->filled);
        pthread_mutex_unlock(&p->lock);
    }
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
    while (!p->stop && p->taken == p->read && !p->ended)
        pthread_cond_wait(&p->filled, &p->lock);
    if (!p->stop && p->taken < p->read)
        s = slot_of(p, p->taken++);
    pthread_mutex_unlock(&p->lock);
    return s;
}

static void judge(struct ingest_pipe *p, struct slot *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct ingest_photo *photo = &s->items[i].photo;

        if (ingest_judge_photo(&s->items[i], p->setup.gate, p->setup.known,
                               &s->err) < 0) {
            s->failed = true;
            s->n = i;
        }
        free(photo->bytes);
        photo->bytes = NULL;
    }
}

static void *decoder(void *arg)
{
    struct ingest_pipe *p = arg;
    struct slot *s;

    while ((s = take(p))) {
        judge(p, s);
        pthread_mutex_lock(&p->lock);
        s->stage = JUDGED;
        p->in_hand -= s->bytes;
        pthread_cond_signal(&p->freed);
        pthread_cond_signal(&p->judged);
        pthread_mutex_unlock(&p->lock);
    }
    image_thread_end();
    return NULL;
}

/* --- the one who asks --- */

/* The oldest batch once it is judged, or NULL: there are no more. */
static struct slot *wait_judged(struct ingest_pipe *p)
{
    struct slot *s;

    pthread_mutex_lock(&p->lock);
    s = slot_of(p, p->given);
    while (p->given < p->read ? s->stage != JUDGED : !p->ended)
        pthread_cond_wait(&p->judged, &p->lock);
    if (p->given == p->read)
        s = NULL;
    pthread_mutex_unlock(&p->lock);
    return s;
}

static void empty(struct slot *s)
{
    for (size_t i = 0; i < BATCH; i++)
        ingest_photo_release(&s->items[i].photo);
}

static void give_back(struct ingest_pipe *p, struct slot *s)
{
    empty(s);
    p->at = 0;
    pthread_mutex_lock(&p->lock);
    s->stage = FREE;
    p->given++;
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
}

int ingest_pipe_next(struct ingest_pipe *p, const struct ingest_item **item,
                     struct tt_error *err)
{
    struct slot *s;

    while ((s = wait_judged(p))) {
        if (p->at < s->n) {
            *item = &s->items[p->at++];
            return 1;
        }
        if (s->failed) {
            *err = s->err;
            return -1;
        }
        give_back(p, s);
    }
    return 0;
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
        empty(&p->slots[i]);
    pthread_cond_destroy(&p->judged);
    pthread_cond_destroy(&p->filled);
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->slots);
    free(p);
}
