/**
 * held: the inside of struct worker_lease, shared by lease.c (which claims and
 * hands over) and beat.c (which speaks for what is held).
 *
 * Threads: `lock` guards what stands below it.
 */
#ifndef WORKERS_HELD_H
#define WORKERS_HELD_H

#include <pthread.h>

#include "workers/lease.h"

struct worker_note {
    const struct worker_chunk *chunk;
    char *text;
};

struct worker_lease {
    const struct worker_options *options;
    char lanes[16];
    char host[256];
    char caps[64];
    int threads;
    struct queue_client *io;      /* main thread */
    struct queue_client *claimer; /* claim thread */
    int wake_fd, signal_fd;
    pthread_t claim_thread;

    atomic_int draining;        /* 0, 1: finish, 2: stop at once */
    _Atomic int64_t drained_at; /* steady ms: when that began */

    /* main thread */
    int64_t beat_at, retry_at;
    bool away; /* Redis was, the last time */

    pthread_mutex_t lock;
    pthread_cond_t room; /* the claim thread waits for it */
    pthread_cond_t work; /* the work thread waits for it */
    struct worker_chunk *held[WORKER_CHUNKS]; /* oldest first, then NULL */
    struct worker_note notes[WORKER_NOTES];   /* a ring */
    size_t first_note, n_notes;
    bool stalled;      /* claim no more for now */
    bool left;         /* the work thread has */
    int64_t idle_from; /* steady ms: since when nothing is held */
    struct tt_error fault;
};

/** The claim thread; arg is a struct worker_lease. */
void *worker_lease_claims(void *arg);

/** Wake the main thread. */
void worker_lease_wake(struct worker_lease *l);

/** Begin to drain (1) or stop (2). */
void worker_lease_drain(struct worker_lease *l, int how);

/** The body of a failed chunk, or NULL if memory ran out. */
char *worker_fail_text(const struct tt_error *err, int64_t cursor);

void worker_chunk_free(struct worker_chunk *c);

#endif
