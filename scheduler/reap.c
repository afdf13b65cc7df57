#include "scheduler/reap.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/chunk.h"
#include "db/worker.h"
#include "scheduler/engine.h"

#define REAP_MS 1000

void reap_reset(struct scheduler *s)
{
    s->reap.busy = false;
    s->reap.next = 0;
}

static int strike(struct scheduler *s, const struct queue_expiry *e,
                  const char *why, struct tt_error *err)
{
    struct db_strike strike = {.job = e->chunk.job,
                               .seq = e->chunk.seq,
                               .att = (int)e->chunk.attempt,
                               .cursor = e->cursor,
                               .why = why};
    struct db_strike_result result;

    if (e->worker[0] && db_worker_id(s->db, e->worker, &strike.worker, err) < 0)
        return -1;
    if (db_chunk_strike(s->db, &strike, tt_wall_ms(), &result, err) < 0)
        return -1;
    if (result.struck)
        tt_log(TT_WARN, "chunk %lld.%lld: %s; now %s", (long long)e->chunk.job,
               (long long)e->chunk.seq, why, chunk_state_word(result.state));
    return 0;
}

/* Those whose deadline is behind `since`. */
static int strike_all(struct scheduler *s, const struct queue_expiry *rows,
                      size_t n, int64_t since, const char *why,
                      struct tt_error *err)
{
    if (db_begin(s->db, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].deadline > since && strike(s, &rows[i], why, err) < 0) {
            db_rollback(s->db);
            return -1;
        }
    }
    return db_commit(s->db, err);
}

static void on_flags(void *ctx, int rc, const struct tt_error *err,
                     const int *flags, size_t n)
{
    (void)flags, (void)n;
    link_failed(ctx, rc, err);
}

static void on_done(void *ctx, int rc, const struct tt_error *err)
{
    link_failed(ctx, rc, err);
}

/* Leases that nobody is to blame for: out of Redis, and in again with the same
 * attempt; a late success of the old holder is welcome to either. */
static void pardon(struct scheduler *s, const struct queue_expiry *rows,
                   size_t n)
{
    struct queue_chunk chunks[ENGINE_BATCH];
    struct tt_error err;
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].deadline <= s->link.mercy)
            chunks[found++] = rows[i].chunk;
    }
    if (found == 0)
        return;
    tt_log(TT_INFO, "%zu leases ended while redis or we were away", found);
    if (queue_retract(s->link.q, false, chunks, found, on_flags, s, &err) < 0)
        link_failed(s, -1, &err);
    else
        issue_again(s, chunks, found);
}

/* Struck or not: stale ones would fill the next look. */
static void unlease(struct scheduler *s, const struct queue_expiry *rows,
                    size_t n, int64_t since)
{
    struct queue_chunk chunks[ENGINE_BATCH];
    struct tt_error err;
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].deadline > since)
            chunks[found++] = rows[i].chunk;
    }
    if (found > 0 && s->link.up &&
        queue_unlease(s->link.q, chunks, found, on_done, s, &err) < 0)
        link_failed(s, -1, &err);
}

static void on_expired(void *ctx, int rc, const struct tt_error *err,
                       int64_t redis_now, const struct queue_expiry *rows,
                       size_t n)
{
    struct scheduler *s = ctx;
    struct tt_error why;

    s->reap.busy = false;
    if (link_failed(s, rc, err))
        return;
    link_clock(s, redis_now);
    if (n == 0 || redis_now < s->link.mercy)
        return;
    // before it, they ended by somebody's restart
    if (strike_all(s, rows, n, s->link.mercy, "its lease ended", &why) < 0) {
        scheduler_record_said(s, &why);
        return;
    }
    pardon(s, rows, n);
    unlease(s, rows, n, s->link.mercy);
    issue_soon(s);
    if (n == ENGINE_BATCH)
        s->reap.next = 0;
}

void reap_tick(struct scheduler *s, int64_t now)
{
    struct tt_error err;

    if (!s->link.up || s->reap.busy || now < s->reap.next)
        return;
    s->reap.next = now + REAP_MS;
    if (queue_expired(s->link.q, ENGINE_BATCH, on_expired, s, &err) == 0)
        s->reap.busy = true;
    else
        link_failed(s, -1, &err);
}

/* Of a worker that is dead for certain: nobody has to wait for its leases. */
static void on_held(void *ctx, int rc, const struct tt_error *err,
                    int64_t redis_now, const struct queue_expiry *rows,
                    size_t n)
{
    struct scheduler *s = ctx;
    struct tt_error why;

    (void)redis_now;
    if (link_failed(s, rc, err))
        return;
    if (n > ENGINE_BATCH)
        n = ENGINE_BATCH; // the rest ends by itself
    if (strike_all(s, rows, n, 0, "its worker died", &why) < 0) {
        scheduler_record_said(s, &why);
        return;
    }
    unlease(s, rows, n, 0);
    issue_soon(s);
}

void reap_worker(struct scheduler *s, const char *id)
{
    struct tt_error err;

    if (queue_held(s->link.q, id, on_held, s, &err) < 0)
        link_failed(s, -1, &err);
}
