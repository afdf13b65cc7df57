/**
 * belt: a bounded queue between two stages of a pipeline, and the budget of
 * bytes that all photos on their way share.
 *
 * Owns:    init made it, release ends it; what lies on it stays the stages'.
 * Threads: any.
 * Fails:   never; full means wait.
 */
#ifndef WORKERS_BELT_H
#define WORKERS_BELT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define WORKER_BELT_MAX 64

struct worker_belt {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *item[WORKER_BELT_MAX];
    size_t first, n, room;
    bool closed;
};

/** room: at most WORKER_BELT_MAX. */
void worker_belt_init(struct worker_belt *b, size_t room);
/** Waits for room. */
void worker_belt_put(struct worker_belt *b, void *item);
/** The oldest item; waits for one. NULL: closed and empty. */
void *worker_belt_take(struct worker_belt *b);
/** The oldest item, NULL if there is none just now. */
void *worker_belt_try(struct worker_belt *b);
/** Nothing will be put any more. */
void worker_belt_close(struct worker_belt *b);
void worker_belt_release(struct worker_belt *b);

struct worker_budget {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t limit, used;
};

void worker_budget_init(struct worker_budget *b, size_t limit);
/** Waits until bytes fit; what is larger than the limit waits until it is
 *  alone. */
void worker_budget_take(struct worker_budget *b, size_t bytes);
void worker_budget_give(struct worker_budget *b, size_t bytes);
void worker_budget_release(struct worker_budget *b);

#endif
