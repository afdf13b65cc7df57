#include "workers/belt.h"

#include <string.h>

void worker_belt_init(struct worker_belt *b, size_t room)
{
    memset(b, 0, sizeof(*b));
    b->room = room < WORKER_BELT_MAX ? room : WORKER_BELT_MAX;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
}

void worker_belt_put(struct worker_belt *b, void *item)
{
    pthread_mutex_lock(&b->lock);
    while (b->n >= b->room)
        pthread_cond_wait(&b->changed, &b->lock);
    b->item[(b->first + b->n++) % WORKER_BELT_MAX] = item;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

/* With the lock held. */
static void *pop(struct worker_belt *b)
{
    void *item;

    if (b->n == 0)
        return NULL;
    item = b->item[b->first];
    b->first = (b->first + 1) % WORKER_BELT_MAX;
    b->n--;
    pthread_cond_broadcast(&b->changed);
    return item;
}

void *worker_belt_take(struct worker_belt *b)
{
    void *item;

    pthread_mutex_lock(&b->lock);
    while (b->n == 0 && !b->closed)
        pthread_cond_wait(&b->changed, &b->lock);
    item = pop(b);
    pthread_mutex_unlock(&b->lock);
    return item;
}

void *worker_belt_try(struct worker_belt *b)
{
    void *item;

    pthread_mutex_lock(&b->lock);
    item = pop(b);
    pthread_mutex_unlock(&b->lock);
    return item;
}

void worker_belt_close(struct worker_belt *b)
{
    pthread_mutex_lock(&b->lock);
    b->closed = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

void worker_belt_release(struct worker_belt *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
}

void worker_budget_init(struct worker_budget *b, size_t limit)
{
    b->limit = limit;
    b->used = 0;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
}

void worker_budget_take(struct worker_budget *b, size_t bytes)
{
    pthread_mutex_lock(&b->lock);
    while (b->used > 0 && (bytes > b->limit || b->used > b->limit - bytes))
        pthread_cond_wait(&b->changed, &b->lock);
    b->used += bytes;
    pthread_mutex_unlock(&b->lock);
}

void worker_budget_give(struct worker_budget *b, size_t bytes)
{
    pthread_mutex_lock(&b->lock);
    b->used -= bytes;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

void worker_budget_release(struct worker_budget *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
}
