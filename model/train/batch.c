#include "model/train/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "model/random.h"

struct maker {
    struct train_batcher *batcher;
    struct train_augmenter *augmenter;
    pthread_t thread;
    bool started;
};

/* What is asked for. */
struct request {
    uint64_t epoch, number;
    int side;
    bool make; /* the photos */
};

struct train_batcher {
    const struct train_data *data;
    struct train_batcher_setup setup;
    struct maker *makers;
    uint32_t *order; /* of the epoch in order_epoch */
    uint64_t order_epoch;
    float *x[2], *target[2]; /* for the largest side */
    uint32_t *record[2];
    int current; /* buffer of the last request */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    // under the lock
    bool quit;
    struct request request;
    int next, made; /* photos of the request that were begun, and are done */
    struct tt_error error; /* the first of the request's */
};

static uint64_t key_of(const struct train_batcher *b, uint64_t epoch)
{
    return model_random(b->setup.seed, epoch, 1);
}

/* The i-th photo of a batch. */
static int make(const struct train_batcher *b,
                struct train_augmenter *augmenter, struct request r, int i,
                struct tt_error *err)
{
    uint32_t record = b->record[b->current][i];
    size_t first = (size_t)i * (size_t)r.side * (size_t)r.side;

    return train_augment(
        augmenter, b->setup.augment, train_data_record(b->data, record), r.side,
        model_random(key_of(b, r.epoch), record, 2), b->x[b->current] + first,
        b->target[b->current] + 2 * first, err);
}

static void *maker(void *arg)
{
    struct maker *m = arg;
    struct train_batcher *b = m->batcher;

    pthread_mutex_lock(&b->lock);
    while (!b->quit) {
        struct request r = b->request;
        struct tt_error err;
        int i, rc;

        if (b->next == b->setup.part.count) {
            pthread_cond_wait(&b->changed, &b->lock);
            continue;
        }
        i = b->next++;
        pthread_mutex_unlock(&b->lock);
        rc = make(b, m->augmenter, r, i, &err);
        pthread_mutex_lock(&b->lock);
        if (rc < 0 && b->error.code == TT_OK)
            b->error = err;
        if (++b->made == b->setup.part.count)
            pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static int start_maker(struct train_batcher *b, struct maker *m,
                       struct tt_error *err)
{
    m->batcher = b;
    if (train_augmenter_new(&m->augmenter, b->setup.film, err) < 0)
        return -1;
    if (pthread_create(&m->thread, NULL, maker, m) != 0)
        return tt_fail(err, TT_NOMEM, "no thread for batches");
    m->started = true;
    return 0;
}

int train_batcher_open(struct train_batcher **out,
                       const struct train_data *data,
                       const struct train_batcher_setup *setup,
                       struct tt_error *err)
{
    size_t most = (size_t)setup->part.count * SHARD_PLANE;
    struct train_batcher *b = calloc(1, sizeof(*b));

    *out = NULL;
    if (!b)
        return tt_fail(err, TT_NOMEM, "no memory for batches");
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->data = data;
    b->setup = *setup;
    b->next = b->made = setup->part.count; // nothing is asked for
    b->order_epoch = UINT64_MAX;
    b->order = malloc(data->count * sizeof(*b->order));
    b->x[0] = malloc(6 * most * sizeof(float));
    b->record[0] =
        malloc(2 * (size_t)setup->part.count * sizeof(*b->record[0]));
    b->makers = calloc((size_t)setup->makers, sizeof(*b->makers));
    if (!b->order || !b->x[0] || !b->record[0] || !b->makers) {
        tt_fail(err, TT_NOMEM, "no memory for batches");
        goto fail;
    }
    b->x[1] = b->x[0] + most;
    b->target[0] = b->x[1] + most;
    b->target[1] = b->target[0] + 2 * most;
    b->record[1] = b->record[0] + setup->part.count;
    for (int i = 0; i < setup->makers; i++)
        if (start_maker(b, &b->makers[i], err) < 0)
            goto fail;
    *out = b;
    return 0;

fail:
    train_batcher_close(b);
    return -1;
}

uint64_t train_batcher_count(const struct train_batcher *b)
{
    return b->data->count / (size_t)b->setup.part.whole;
}

/* Which photos a batch has. */
static void draw(const struct train_batcher *b, uint64_t number,
                 uint32_t *record)
{
    const struct train_part *part = &b->setup.part;
    uint64_t first = number * (uint64_t)part->whole + (uint64_t)part->first;

    for (int i = 0; i < part->count; i++)
        record[i] = b->order[(first + (uint64_t)i) % b->data->count];
}

void train_batcher_ask(struct train_batcher *b, uint64_t epoch, uint64_t number,
                       int side, bool make)
{
    if (b->order_epoch != epoch) {
        model_random_shuffle(key_of(b, epoch), b->order,
                             (uint32_t)b->data->count);
        b->order_epoch = epoch;
    }
    pthread_mutex_lock(&b->lock);
    b->current = 1 - b->current;
    b->request = (struct request){epoch, number, side, make};
    draw(b, number, b->record[b->current]);
    b->next = b->made = make ? 0 : b->setup.part.count;
    tt_clear(&b->error);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

int train_batcher_take(struct train_batcher *b, struct train_batch *out,
                       struct tt_error *err)
{
    int rc = 0;

    pthread_mutex_lock(&b->lock);
    while (b->made < b->setup.part.count)
        pthread_cond_wait(&b->changed, &b->lock);
    out->side = b->request.side;
    out->x = b->request.make ? b->x[b->current] : NULL;
    out->target = b->request.make ? b->target[b->current] : NULL;
    out->record = b->record[b->current];
    if (b->error.code != TT_OK) {
        *err = b->error;
        rc = -1;
    }
    pthread_mutex_unlock(&b->lock);
    return rc;
}

void train_batcher_close(struct train_batcher *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->quit = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; b->makers && i < b->setup.makers; i++) {
        if (b->makers[i].started)
            pthread_join(b->makers[i].thread, NULL);
        train_augmenter_free(b->makers[i].augmenter);
    }
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    free(b->makers);
    free(b->order);
    free(b->x[0]);
    free(b->record[0]);
    free(b);
}
