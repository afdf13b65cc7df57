#include "scheduler/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/chunk.h"
#include "db/job.h"
#include "scheduler/engine.h"

#define EVERY_MS   30000
#define SOON_MS    1000
#define IN_HAND_MS 60000 /* a chunk takes ten seconds, mostly */

static void next_page(struct scheduler *s);

void reconcile_reset(struct scheduler *s)
{
    struct reconcile *r = &s->reconcile;

    r->busy = r->settled = r->incomplete = false;
    r->next = 0;
    r->n = r->n_reported = 0;
}

void reconcile_release(struct scheduler *s)
{
    free(s->reconcile.reported);
    s->reconcile.reported = NULL;
}

void reconcile_soon(struct scheduler *s)
{
    struct reconcile *r = &s->reconcile;

    r->settled = false;
    if (r->busy)
        r->incomplete = true;
    else
        r->next = tt_steady_ms() + SOON_MS;
}

/* This one is over before its end; another begins soon. */
static void give_up(struct scheduler *s, const struct tt_error *err)
{
    if (err)
        scheduler_record_said(s, err);
    s->reconcile.busy = false;
    reconcile_soon(s);
}

/* --- 3: strays --- */

static void on_rewritten(void *ctx, int rc, const struct tt_error *err)
{
    (void)ctx;
    // One may be in progress, or forbidden to us: it only spares work later.
    if (rc < 0)
        tt_log(TT_DEBUG, "no new log of redis: %s", err->text);
}

static void finish(struct scheduler *s)
{
    struct reconcile *r = &s->reconcile;
    struct tt_error err;

    r->busy = false;
    r->settled = !r->incomplete;
    r->next = tt_steady_ms() + (r->incomplete ? SOON_MS : EVERY_MS);
    if (r->deep && r->settled) {
        memcpy(r->met, s->link.redis.run_id, sizeof(r->met));
        if (queue_rewrite(s->link.q, on_rewritten, s, &err) < 0)
            link_failed(s, -1, &err);
    }
    issue_soon(s);
}

static void cancelled(struct scheduler *s)
{
    struct db_arena *mem = db_arena_new();
    struct tt_error err;
    int64_t *ids;
    size_t n = 0;
    int rc = 0;

    // All their chunks are cancelled in the record, hence strays, hence gone.
    if (mem)
        rc = db_job_cancelling(s->db, mem, &ids, &n, &err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = db_job_cancelled(s->db, ids[i], tt_wall_ms(), &err);
    if (rc < 0)
        scheduler_record_said(s, &err);
    db_arena_free(mem);
}

static void on_retracted(void *ctx, int rc, const struct tt_error *err,
                         const int *flags, size_t n)
{
    struct engine_batch *b = ctx;
    struct scheduler *s = b->s;
    bool last = b->last;

    (void)flags, (void)n;
    free(b);
    if (link_failed(s, rc, err) || !last || !s->reconcile.busy)
        return;
    cancelled(s);
    finish(s);
}

/* What nobody waits for leaves: it has ended, or the record does not know it.
 * Photos that were in hand when their job was cancelled have a while to be
 * reported; out of the lists they go at once. */
enum stray { KEPT, READY_LEAVES, ALL_LEAVES };

static int look_at(struct scheduler *s, const struct queue_chunk *q,
                   struct db_arena *mem, enum stray *what, struct tt_error *err)
{
    struct db_chunk c;
    int rc = db_chunk_get(s->db, q->job, q->seq, mem, &c, err);

    db_arena_reset(mem);
    if (rc < 0)
        return -1;
    if (rc > 0 && (c.state == CHUNK_WAIT || c.state == CHUNK_ISSUED))
        *what = KEPT;
    else if (rc > 0 && c.state == CHUNK_CANCELLED && c.kind == JOB_COLORIZE &&
             tt_wall_ms() - c.ended < IN_HAND_MS)
        *what = READY_LEAVES;
    else
        *what = ALL_LEAVES;
    return 0;
}

static int retract(struct scheduler *s, bool ready,
                   const struct queue_chunk *chunks, size_t n, bool last,
                   struct tt_error *err)
{
    struct engine_batch *b = engine_batch_new(s, n);

    if (!b)
        return tt_fail(err, TT_NOMEM, "no memory to retract");
    b->last = last;
    b->n = n;
    if (n > 0)
        memcpy(b->chunks, chunks, n * sizeof(*chunks));
    if (queue_retract(s->link.q, ready, b->chunks, n, on_retracted, b, err) ==
        0)
        return 0;
    free(b);
    return -1;
}

/* Those that leave in this way; last: nothing follows. */
static int retract_some(struct scheduler *s, enum stray which,
                        const struct queue_chunk *chunks, size_t n, bool last,
                        struct db_arena *mem, struct tt_error *err)
{
    struct queue_chunk found[ENGINE_BATCH];
    bool ready = which == READY_LEAVES;
    size_t n_found = 0, total = 0;
    enum stray what;

    for (size_t i = 0; i < n; i++) {
        if (look_at(s, &chunks[i], mem, &what, err) < 0)
            return -1;
        if (what != which)
            continue;
        found[n_found++] = chunks[i];
        total++;
        if (n_found < ENGINE_BATCH)
            continue;
        if (retract(s, ready, found, n_found, false, err) < 0)
            return -1;
        n_found = 0;
    }
    if (total > 0 && !ready)
        tt_log(TT_INFO, "%zu strays leave redis", total);
    return n_found || last ? retract(s, ready, found, n_found, last, err) : 0;
}

static int retract_strays(struct scheduler *s, const struct queue_chunk *chunks,
                          size_t n, struct db_arena *mem, struct tt_error *err)
{
    if (retract_some(s, READY_LEAVES, chunks, n, false, mem, err) < 0)
        return -1;
    return retract_some(s, ALL_LEAVES, chunks, n, true, mem, err);
}

static void on_all(void *ctx, int rc, const struct tt_error *err,
                   const struct queue_chunk *chunks, size_t n)
{
    struct scheduler *s = ctx;
    struct db_arena *mem;
    struct tt_error why;

    if (link_failed(s, rc, err)) {
        if (s->link.up)
            give_up(s, NULL);
        return;
    }
    mem = db_arena_new();
    if (!mem) {
        tt_fail(&why, TT_NOMEM, "no memory to reconcile");
        give_up(s, &why);
    } else if (retract_strays(s, chunks, n, mem, &why) < 0) {
        give_up(s, &why);
    }
    db_arena_free(mem);
}

/* --- 2: reported, but is there a report? --- */

static void on_torn(void *ctx, int rc, const struct tt_error *err,
                    const int *flags, size_t n)
{
    (void)flags, (void)n;
    link_failed(ctx, rc, err);
}

/* What is still issued, now that all entries are recorded, has none. */
static void mend_reported(struct scheduler *s)
{
    struct reconcile *r = &s->reconcile;
    struct db_arena *mem = db_arena_new();
    struct queue_chunk torn[ENGINE_BATCH];
    struct tt_error err;
    struct db_chunk c;
    size_t n = 0;

    for (size_t i = 0; mem && i < r->n_reported && n < ENGINE_BATCH; i++) {
        const struct queue_chunk *q = &r->reported[i];

        if (db_chunk_get(s->db, q->job, q->seq, mem, &c, &err) == 1 &&
            c.state == CHUNK_ISSUED && c.att == q->attempt)
            torn[n++] = *q;
    }
    db_arena_free(mem);
    if (n == ENGINE_BATCH)
        r->incomplete = true; // the rest next time
    if (n == 0)
        return;
    tt_log(TT_WARN, "%zu reports were lost, their chunks go out again", n);
    if (queue_retract(s->link.q, false, torn, n, on_torn, s, &err) < 0)
        link_failed(s, -1, &err);
    else
        issue_again(s, torn, n);
}

static void on_read(struct scheduler *s)
{
    struct tt_error err;

    if (!s->reconcile.busy)
        return;
    mend_reported(s);
    if (s->link.up && queue_all(s->link.q, on_all, s, &err) < 0)
        link_failed(s, -1, &err);
}

/* --- 1: all that is issued --- */

static int remember(struct reconcile *r, const struct queue_chunk *c)
{
    if (r->n_reported == r->room) {
        size_t room = r->room ? r->room * 2 : 64;
        struct queue_chunk *grown = realloc(r->reported, room * sizeof(*grown));

        if (!grown)
            return -1;
        r->reported = grown;
        r->room = room;
    }
    r->reported[r->n_reported++] = *c;
    return 0;
}

static void on_repaired(void *ctx, int rc, const struct tt_error *err,
                        const int *flags, size_t n)
{
    struct scheduler *s = ctx;
    struct reconcile *r = &s->reconcile;
    struct queue_chunk absent[ENGINE_BATCH];
    size_t n_absent = 0;

    if (link_failed(s, rc, err)) {
        if (s->link.up)
            give_up(s, NULL);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (flags[i] == QUEUE_ABSENT)
            absent[n_absent++] = r->page[i];
        else if (flags[i] == QUEUE_REPORTED && remember(r, &r->page[i]) < 0)
            r->incomplete = true;
    }
    if (n_absent > 0) {
        tt_log(TT_INFO, "redis has lost %zu chunks: they go out again",
               n_absent);
        issue_again(s, absent, n_absent);
    }
    if (s->link.up)
        next_page(s);
}

static void next_page(struct scheduler *s)
{
    struct reconcile *r = &s->reconcile;
    struct db_arena *mem = db_arena_new();
    struct db_chunk *rows = NULL;
    struct tt_error err;
    int64_t paused = 0;
    size_t n = 0;
    int rc = -1;

    if (!mem)
        tt_fail(&err, TT_NOMEM, "no memory to reconcile");
    else
        rc = db_chunk_issued(s->db, 0, r->after_job, r->after_seq, ENGINE_BATCH,
                             mem, &rows, &n, &err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        r->page[i] =
            (struct queue_chunk){rows[i].job, rows[i].seq, rows[i].att};
        r->after_job = rows[i].job;
        r->after_seq = rows[i].seq;
        // We may have died between its pause and this.
        if (rows[i].job_state == JOB_PAUSED && rows[i].job != paused)
            issue_withdraw(s, paused = rows[i].job);
    }
    db_arena_free(mem);
    if (!r->busy)
        return; // the link was lost on the way
    if (rc < 0)
        give_up(s, &err);
    else if (n == 0)
        collect_when_read(s, on_read);
    else if (queue_repair(s->link.q, r->deep, r->page, n, on_repaired, s,
                          &err) < 0)
        link_failed(s, -1, &err);
}

void reconcile_tick(struct scheduler *s, int64_t now)
{
    struct reconcile *r = &s->reconcile;

    if (!s->link.up || r->busy || now < r->next)
        return;
    r->busy = true;
    r->incomplete = false;
    r->deep = strcmp(r->met, s->link.redis.run_id) != 0;
    r->after_job = 0;
    r->after_seq = -1;
    r->n_reported = 0;
    next_page(s);
}
