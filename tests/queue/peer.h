/**
 * peer: the scheduler's side of the queue, one call at a time, for tests: each
 * function runs a loop of its own until the answer is there.
 */
#ifndef TESTS_QUEUE_PEER_H
#define TESTS_QUEUE_PEER_H

#include "queue/queue.h"
#include "tests/queue/redis.h"

#define PEER_ROWS 64

/** A call of a peer that must go well. */
#define PEER_OK(p, call) check_ok(__FILE__, __LINE__, #call, (call), &(p)->err)

struct peer {
    uv_loop_t loop;
    struct queue *q;
    bool ready, down, hopeless;
    struct queue_ready seen;
    struct tt_error err; /* of the loss, or of the last call */
    bool answered;
    int rc; /* of the last call */
    size_t n;
    int flags[PEER_ROWS];
    struct queue_entry entries[PEER_ROWS]; /* without body */
    char ids[PEER_ROWS][32];
    char body[512]; /* of the first entry */
    struct queue_expiry expired[PEER_ROWS];
    struct queue_chunk all[PEER_ROWS];
    struct queue_worker worker; /* the first one, its texts cleared */
    char ended[32];
    int64_t redis_now;
};

/** Open, and wait for ready or down. */
void peer_open(struct peer *p, const struct test_redis *redis, const char *db,
               int64_t gen, bool may_wipe, bool wipe);
void peer_close(struct peer *p);

int peer_issue(struct peer *p, int64_t job, int64_t seq, int64_t attempt,
               int prio);
int peer_read(struct peer *p);
int peer_ack(struct peer *p, const char *id, int64_t job, int64_t seq,
             int64_t bound);
int peer_retract(struct peer *p, bool ready, int64_t job, int64_t seq);
int peer_repair(struct peer *p, bool deep, int64_t job, int64_t seq,
                int64_t attempt);
int peer_expired(struct peer *p);
int peer_held(struct peer *p, const char *worker);
int peer_unlease(struct peer *p, int64_t job, int64_t seq, int64_t attempt);
int peer_all(struct peer *p);
int peer_workers(struct peer *p);
int peer_forget(struct peer *p);
int peer_rewrite(struct peer *p);

#endif
