#include "tests/queue/peer.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/check.h"

static void on_ready(void *ctx, const struct queue_ready *ready)
{
    struct peer *p = ctx;

    p->ready = true;
    p->seen = *ready;
}

static void on_down(void *ctx, const struct tt_error *err, bool hopeless)
{
    struct peer *p = ctx;

    CHECK(!p->down);
    p->down = true;
    p->hopeless = hopeless;
    p->err = *err;
}

void peer_open(struct peer *p, const struct test_redis *redis, const char *db,
               int64_t gen, bool may_wipe, bool wipe)
{
    struct queue_options options = {.url = redis->url,
                                    .name = "main",
                                    .db = db,
                                    .gen = gen,
                                    .may_wipe = may_wipe,
                                    .wipe = wipe,
                                    .timeout_ms = 3000};
    struct queue_events events = {p, on_ready, on_down};
    struct tt_error err;

    signal(SIGPIPE, SIG_IGN);
    memset(p, 0, sizeof(*p));
    CHECK_INT(uv_loop_init(&p->loop), 0);
    CHECK_OK(queue_open(&p->q, &p->loop, &options, &events, &err));
    while (!p->ready && !p->down)
        uv_run(&p->loop, UV_RUN_ONCE);
}

void peer_close(struct peer *p)
{
    queue_close(p->q, NULL, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&p->loop), 0);
}

/* --- answers --- */

static void answered(struct peer *p, int rc, const struct tt_error *err,
                     size_t n)
{
    p->answered = true;
    p->rc = rc;
    p->n = n < PEER_ROWS ? n : PEER_ROWS;
    if (rc < 0)
        p->err = *err;
}

static void on_done(void *ctx, int rc, const struct tt_error *err)
{
    answered(ctx, rc, err, 0);
}

static void on_flags(void *ctx, int rc, const struct tt_error *err,
                     const int *flags, size_t n)
{
    struct peer *p = ctx;

    answered(p, rc, err, n);
    memcpy(p->flags, flags, p->n * sizeof(*flags));
}

static void on_entries(void *ctx, int rc, const struct tt_error *err,
                       const struct queue_entry *entries, size_t n)
{
    struct peer *p = ctx;

    answered(p, rc, err, n);
    for (size_t i = 0; i < p->n; i++) {
        p->entries[i] = entries[i];
        snprintf(p->ids[i], sizeof(p->ids[i]), "%s", entries[i].id);
        p->entries[i].id = p->ids[i];
        p->entries[i].body = NULL;
    }
    snprintf(p->body, sizeof(p->body), "%s", n ? entries[0].body : "");
}

static void on_expired(void *ctx, int rc, const struct tt_error *err,
                       int64_t redis_now, const struct queue_expiry *rows,
                       size_t n)
{
    struct peer *p = ctx;

    answered(p, rc, err, n);
    p->redis_now = redis_now;
    memcpy(p->expired, rows, p->n * sizeof(*rows));
}

static void on_all(void *ctx, int rc, const struct tt_error *err,
                   const struct queue_chunk *chunks, size_t n)
{
    struct peer *p = ctx;

    answered(p, rc, err, n);
    memcpy(p->all, chunks, p->n * sizeof(*chunks));
}

static void on_workers(void *ctx, int rc, const struct tt_error *err,
                       const struct queue_worker *rows, size_t n)
{
    struct peer *p = ctx;

    answered(p, rc, err, n);
    if (n == 0)
        return;
    p->worker = rows[0];
    snprintf(p->ended, sizeof(p->ended), "%s",
             rows[0].ended ? rows[0].ended : "");
    p->worker.ended = NULL;
    p->worker.info.host = p->worker.info.caps = p->worker.info.version = NULL;
}

/* --- calls --- */

static int await(struct peer *p, int rc, const struct tt_error *err)
{
    if (rc < 0) {
        p->err = *err;
        return -1;
    }
    while (!p->answered)
        uv_run(&p->loop, UV_RUN_ONCE);
    p->answered = false;
    return p->rc;
}

#define CALL(call)                                                             \
    do {                                                                       \
        struct tt_error err;                                                   \
        int rc = call;                                                         \
        return await(p, rc, &err);                                             \
    } while (0)

int peer_issue(struct peer *p, int64_t job, int64_t seq, int64_t attempt,
               int prio)
{
    struct queue_issue item = {{job, seq, attempt}, prio, "g", "payload"};

    CALL(queue_issue(p->q, &item, 1, on_done, p, &err));
}

int peer_read(struct peer *p)
{
    CALL(queue_read(p->q, PEER_ROWS, on_entries, p, &err));
}

int peer_ack(struct peer *p, const char *id, int64_t job, int64_t seq,
             int64_t bound)
{
    struct queue_ack ack = {id, {job, seq, bound}};

    CALL(queue_ack(p->q, &ack, 1, on_done, p, &err));
}

int peer_retract(struct peer *p, bool ready, int64_t job, int64_t seq)
{
    struct queue_chunk c = {job, seq, 0};

    CALL(queue_retract(p->q, ready, &c, 1, on_flags, p, &err));
}

int peer_repair(struct peer *p, bool deep, int64_t job, int64_t seq,
                int64_t attempt)
{
    struct queue_chunk c = {job, seq, attempt};

    CALL(queue_repair(p->q, deep, &c, 1, on_flags, p, &err));
}

int peer_expired(struct peer *p)
{
    CALL(queue_expired(p->q, PEER_ROWS, on_expired, p, &err));
}

int peer_held(struct peer *p, const char *worker)
{
    CALL(queue_held(p->q, worker, on_expired, p, &err));
}

int peer_unlease(struct peer *p, int64_t job, int64_t seq, int64_t attempt)
{
    struct queue_chunk c = {job, seq, attempt};

    CALL(queue_unlease(p->q, &c, 1, on_done, p, &err));
}

int peer_all(struct peer *p)
{
    CALL(queue_all(p->q, on_all, p, &err));
}

int peer_workers(struct peer *p)
{
    CALL(queue_workers(p->q, on_workers, p, &err));
}

int peer_forget(struct peer *p)
{
    CALL(queue_forget(p->q, &p->worker, 1, on_done, p, &err));
}

int peer_rewrite(struct peer *p)
{
    CALL(queue_rewrite(p->q, on_done, p, &err));
}
