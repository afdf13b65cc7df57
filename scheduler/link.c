#include "scheduler/link.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "scheduler/engine.h"

#define WAIT_FIRST_MS 50
#define WAIT_MOST_MS  2000
#define STEP_MS       1000 /* what Redis' clock may differ from ours */

static void later(struct scheduler *s);

static void reset_parts(struct scheduler *s)
{
    collect_reset(s);
    reap_reset(s);
    reconcile_reset(s);
    crew_reset(s);
}

/* Close what is there and open anew after a while. */
static void drop(struct scheduler *s, const struct tt_error *why)
{
    struct queue *q = s->link.q;

    s->link.q = NULL;
    s->link.up = false;
    if (strcmp(s->link.why.text, why->text) != 0)
        tt_log(TT_WARN, "%s", why->text);
    s->link.why = *why;
    queue_close(q, NULL, NULL);
    reset_parts(s);
    later(s);
}

bool link_failed(struct scheduler *s, int rc, const struct tt_error *err)
{
    if (rc == 0)
        return false;
    if (err->code == TT_NOMEM)
        tt_log(TT_WARN, "%s", err->text);
    else if (s->link.up && !s->stopping)
        drop(s, err);
    return true;
}

/* --- clocks --- */

static void be_merciful(struct scheduler *s, int64_t redis_now)
{
    int64_t until = redis_now + s->opt->lease;

    if (until > s->link.mercy || s->link.mercy > until + s->opt->lease)
        s->link.mercy = until;
}

void link_clock(struct scheduler *s, int64_t redis_now)
{
    struct link *l = &s->link;
    int64_t steady = tt_steady_ms();
    int64_t step = (redis_now - l->redis_at) - (steady - l->steady_at);

    if (step > STEP_MS || step < -STEP_MS) {
        tt_log(TT_WARN, "redis' clock stepped by %lld ms", (long long)step);
        be_merciful(s, redis_now);
    }
    l->redis_at = redis_now;
    l->steady_at = steady;
}

/* --- life --- */

static void on_ready(void *ctx, const struct queue_ready *ready)
{
    struct scheduler *s = ctx;
    struct link *l = &s->link;

    tt_log(TT_INFO, "redis %s is up%s", ready->version,
           ready->fresh ? ", empty" : "");
    l->redis = *ready;
    l->up = l->ever = true;
    l->wipe = false;
    l->wait_ms = 0;
    tt_clear(&l->why);
    l->redis_at = ready->redis_now;
    l->steady_at = tt_steady_ms();
    be_merciful(s, ready->redis_now);
}

/* Redis saw a later scheduler of this database: be later still. */
static bool take_over(struct scheduler *s)
{
    int64_t gen = queue_later_generation(s->link.q);
    struct tt_error err;

    if (gen == 0 || !s->opt->take_over || s->link.ever)
        return false;
    if (db_generation_raise(s->db, gen + 1, &err) < 0) {
        scheduler_record_said(s, &err);
        return false;
    }
    tt_log(TT_WARN, "taking over from generation %lld", (long long)gen);
    s->link.wipe = true;
    return true;
}

static void on_down(void *ctx, const struct tt_error *err, bool hopeless)
{
    struct scheduler *s = ctx;

    if (s->stopping)
        return;
    if (hopeless && !take_over(s)) {
        scheduler_stop(s, err);
        return;
    }
    drop(s, err);
}

static void begin(struct scheduler *s)
{
    struct queue_options options = {.url = s->opt->redis,
                                    .name = s->opt->queue,
                                    .db = db_uuid(s->db),
                                    .gen = db_generation(s->db),
                                    .may_wipe = !s->link.ever,
                                    .wipe = s->link.wipe};
    struct queue_events events = {s, on_ready, on_down};
    struct tt_error err;

    if (queue_open(&s->link.q, &s->loop, &options, &events, &err) == 0)
        return;
    if (err.code == TT_USAGE)
        scheduler_stop(s, &err);
    else
        later(s);
}

static void on_again(uv_timer_t *timer)
{
    begin(timer->data);
}

static void later(struct scheduler *s)
{
    struct link *l = &s->link;

    if (s->stopping)
        return;
    l->wait_ms = l->wait_ms ? l->wait_ms * 2 : WAIT_FIRST_MS;
    if (l->wait_ms > WAIT_MOST_MS)
        l->wait_ms = WAIT_MOST_MS;
    uv_timer_start(&l->again, on_again, (uint64_t)l->wait_ms, 0);
}

void link_open(struct scheduler *s)
{
    begin(s);
}

void link_close(struct scheduler *s)
{
    struct queue *q = s->link.q;

    s->link.q = NULL;
    s->link.up = false;
    queue_close(q, NULL, NULL);
    reset_parts(s);
    uv_close((uv_handle_t *)&s->link.again, NULL);
}
