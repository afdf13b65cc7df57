#include "model/train/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "model/random.h"

struct train_batcher {
    const struct train_data *data;
    struct train_part part;
    enum train_augment augment;
    uint64_t seed;
    struct train_augmenter *augmenter;
    uint32_t *order; /* of the epoch in order_epoch */
    uint64_t order_epoch;
    float *x[2], *target[2]; /* for the largest side */
    int current;             /* buffer of the last request */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    // under the lock
    bool wanted, ready, quit;
    uint64_t epoch, number;
    int side;
};

static void make(struct train_batcher *b, uint64_t epoch, uint64_t number,
                 int side)
{
    uint64_t key = model_random(b->seed, epoch, 1);
    size_t pixels = (size_t)side * (size_t)side;

    if (b->order_epoch != epoch) {
        model_random_shuffle(key, b->order, (uint32_t)b->data->count);
        b->order_epoch = epoch;
    }
    for (int i = 0; i < b->part.count; i++) {
        uint64_t place =
            number * (uint64_t)b->part.whole + (uint64_t)(b->part.first + i);
        uint32_t record = b->order[place % b->data->count];

        train_augment(
            b->augmenter, b->augment, train_data_record(b->data, record), side,
            model_random(key, record, 2), b->x[b->current] + (size_t)i * pixels,
            b->target[b->current] + (size_t)i * pixels * 2);
    }
}

static void *maker(void *arg)
{
    struct train_batcher *b = arg;

    pthread_mutex_lock(&b->lock);
    while (!b->quit) {
        if (b->wanted) {
            b->wanted = false;
            pthread_mutex_unlock(&b->lock);
            make(b, b->epoch, b->number, b->side);
            pthread_mutex_lock(&b->lock);
            b->ready = true;
            pthread_cond_broadcast(&b->changed);
        } else {
            pthread_cond_wait(&b->changed, &b->lock);
        }
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

int train_batcher_open(struct train_batcher **out,
                       const struct train_data *data, struct train_part part,
                       enum train_augment augment, double film, uint64_t seed,
                       struct tt_error *err)
{
    size_t most = (size_t)part.count * SHARD_PLANE;
    struct train_batcher *b = calloc(1, sizeof(*b));

    *out = NULL;
    if (!b)
        return tt_fail(err, TT_NOMEM, "no memory for batches");
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->data = data;
    b->part = part;
    b->augment = augment;
    b->seed = seed;
    b->order_epoch = UINT64_MAX;
    b->order = malloc(data->count * sizeof(*b->order));
    b->x[0] = malloc(6 * most * sizeof(float));
    if (!b->order || !b->x[0]) {
        tt_fail(err, TT_NOMEM, "no memory for batches");
        goto fail;
    }
    b->x[1] = b->x[0] + most;
    b->target[0] = b->x[1] + most;
    b->target[1] = b->target[0] + 2 * most;
    if (train_augmenter_new(&b->augmenter, film, err) < 0)
        goto fail;
    if (pthread_create(&b->thread, NULL, maker, b) != 0) {
        tt_fail(err, TT_NOMEM, "no thread for batches");
        goto fail;
    }
    b->started = true;
    *out = b;
    return 0;

fail:
    train_batcher_close(b);
    return -1;
}

uint64_t train_batcher_count(const struct train_batcher *b)
{
    return b->data->count / (size_t)b->part.whole;
}

void train_batcher_ask(struct train_batcher *b, uint64_t epoch, uint64_t number,
                       int side)
{
    pthread_mutex_lock(&b->lock);
    b->current = 1 - b->current;
    b->epoch = epoch;
    b->number = number;
    b->side = side;
    b->wanted = true;
    b->ready = false;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

struct train_batch train_batcher_take(struct train_batcher *b)
{
    struct train_batch out;

    pthread_mutex_lock(&b->lock);
    while (!b->ready)
        pthread_cond_wait(&b->changed, &b->lock);
    out.side = b->side;
    out.x = b->x[b->current];
    out.target = b->target[b->current];
    pthread_mutex_unlock(&b->lock);
    return out;
}

void train_batcher_close(struct train_batcher *b)
{
    if (!b)
        return;
    if (b->started) {
        pthread_mutex_lock(&b->lock);
        b->quit = true;
        pthread_cond_broadcast(&b->changed);
        pthread_mutex_unlock(&b->lock);
        pthread_join(b->thread, NULL);
    }
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    train_augmenter_free(b->augmenter);
    free(b->order);
    free(b->x[0]);
    free(b);
}
