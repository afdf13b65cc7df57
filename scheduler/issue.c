#include "scheduler/issue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/wire.h"
#include "scheduler/engine.h"

#define IDLE_MS    1000
#define JOBS       64 /* hungry jobs looked at in one go */
#define TURN       16 /* at most, of chunks before the next job's turn */
#define WINDOW_MIN 64
#define WINDOW_MAX 4096
#define PER_WORKER 8
#define CHUNK_MS   10000 /* what a chunk should take */

void issue_soon(struct scheduler *s)
{
    s->issue.next = 0;
}

/* --- policy --- */

long issue_window(const struct scheduler *s)
{
    long window = (long)s->crew.alive * PER_WORKER;

    if (s->opt->window > 0)
        return s->opt->window;
    if (window < WINDOW_MIN)
        return WINDOW_MIN;
    return window < WINDOW_MAX ? window : WINDOW_MAX;
}

int issue_chunk_size(const struct scheduler *s, const struct db_job *job)
{
    int64_t ended = job->done + job->skipped + job->failed;
    int64_t n = 64;
    int64_t spread = job->total / 8; // so that several workers have a part

    if (job->kind != JOB_COLORIZE)
        return 1; // units, each of its own kind
    if (s->opt->chunk > 0)
        return (int)s->opt->chunk;
    if (ended >= 32 && job->work_ms > 0)
        n = CHUNK_MS * ended / job->work_ms;
    if (spread < 8)
        spread = 8;
    if (n > spread)
        n = spread;
    if (n < 8)
        return 8;
    return n < 1024 ? (int)n : 1024;
}

long issue_share(long window, size_t jobs)
{
    long share = jobs ? window / (long)jobs : window;

    return share < 2 ? 2 : share;
}

/* --- to Redis --- */

static void on_issued(void *ctx, int rc, const struct tt_error *err)
{
    struct scheduler *s = ctx;

    if (link_failed(s, rc, err) && s->link.up)
        reconcile_soon(s); // Redis is full: later
}

static void send_batch(struct scheduler *s, struct db_chunk *const *chunks,
                       size_t n)
{
    struct queue_issue items[ENGINE_BATCH];
    struct tt_error err;
    size_t made = 0;

    for (; made < n; made++) {
        const struct db_chunk *c = chunks[made];
        struct job_payload p = {.job = c->job,
                                .kind = c->kind,
                                .first = c->first,
                                .n = c->n,
                                .at = c->at,
                                .manifest = c->manifest};

        items[made].chunk = (struct queue_chunk){c->job, c->seq, c->att};
        items[made].prio = c->prio;
        items[made].lane = job_kind_info(c->kind)->lane;
        items[made].payload = job_payload_text(&p);
        if (!items[made].payload)
            break;
    }
    if (made < n)
        reconcile_soon(s);
    else if (queue_issue(s->link.q, items, n, on_issued, s, &err) < 0)
        link_failed(s, -1, &err);
    for (size_t i = 0; i < made; i++)
        free((char *)items[i].payload);
}

void issue_send(struct scheduler *s, struct db_chunk *const *chunks, size_t n)
{
    for (size_t i = 0; i < n && s->link.up; i += ENGINE_BATCH)
        send_batch(s, chunks + i, n - i < ENGINE_BATCH ? n - i : ENGINE_BATCH);
}

/* --- filling the window --- */

struct fill {
    struct db_arena *mem;
    int64_t now;
    struct db_job *jobs; /* by priority */
    size_t n_jobs;
    long share;  /* most that one job may have in the window */
    size_t turn; /* chunks that a job gets before the next one's turn */
    size_t room;
    struct db_chunk **got;
    size_t n;
    int64_t broken; /* the job whose manifest cannot be read, on failure */
};

/* One job's turn: *more says whether it could take another. */
static int turn(struct scheduler *s, struct fill *f, struct db_job *job,
                bool *more, struct tt_error *err)
{
    size_t want = f->room - f->n;
    struct db_chunk *rows;
    size_t n;

    if (want > f->turn)
        want = f->turn;
    if (job->issued + (long)want > f->share)
        want = job->issued < f->share ? (size_t)(f->share - job->issued) : 0;
    if (want == 0)
        return 0;
    if (db_chunk_issue(s->db, job->id, issue_chunk_size(s, job), (int)want,
                       f->now, f->mem, &rows, &n, err) < 0) {
        f->broken = job->id;
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        f->got[f->n++] = &rows[i];
    job->issued += (int64_t)n;
    *more = *more || n == want;
    return 0;
}

/* Who has least in the window, for its weight, goes first. */
static int by_issued(const void *a, const void *b)
{
    const struct db_job *x = a, *y = b;
    int64_t left = x->issued * y->weight, right = y->issued * x->weight;

    if (left != right)
        return left < right ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Jobs of one priority, in turn, until they have enough or there is no room. */
static int fill_class(struct scheduler *s, struct fill *f, size_t from,
                      size_t to, struct tt_error *err)
{
    bool more = true;

    qsort(f->jobs + from, to - from, sizeof(f->jobs[0]), by_issued);
    f->turn = (f->room - f->n) / (to - from);
    if (f->turn < 1)
        f->turn = 1;
    if (f->turn > TURN)
        f->turn = TURN;
    while (more && f->n < f->room) {
        more = false;
        for (size_t i = from; i < to && f->n < f->room; i++) {
            if (turn(s, f, &f->jobs[i], &more, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int fill(struct scheduler *s, struct fill *f, struct tt_error *err)
{
    size_t to;

    for (size_t from = 0; from < f->n_jobs; from = to) {
        to = from;
        while (to < f->n_jobs && f->jobs[to].prio == f->jobs[from].prio)
            to++;
        if (fill_class(s, f, from, to, err) < 0)
            return -1;
    }
    return 0;
}

/* A job whose manifest is gone or damaged ends here, and holds up no other. */
static void fail_job(struct scheduler *s, struct db_arena *mem, int64_t job,
                     const struct tt_error *why)
{
    struct db_chunk_ref *refs;
    struct tt_error err;
    size_t n;

    tt_log(TT_ERROR, "job %lld: %s", (long long)job, why->text);
    if (db_job_fail(s->db, job, why->text, tt_wall_ms(), mem, &refs, &n, &err) <
        0)
        scheduler_record_said(s, &err);
    else
        issue_retract(s, job, false, refs, n);
}

static bool manifest_fault(const struct tt_error *err)
{
    return err->code == TT_MISSING || err->code == TT_FORMAT ||
           err->code == TT_INPUT;
}

static void fill_window(struct scheduler *s, struct fill *f)
{
    struct tt_error err;
    int64_t issued;
    long window = issue_window(s);

    if (db_chunk_issued_count(s->db, &issued, &err) < 0)
        goto fail;
    if (issued >= window)
        return;
    f->room = (size_t)(window - issued);
    f->now = tt_wall_ms();
    f->got = db_arena_alloc(f->mem, f->room * sizeof(struct db_chunk *));
    if (!f->got) {
        tt_fail(&err, TT_NOMEM, "no memory for the window");
        goto fail;
    }
    if (db_job_hungry(s->db, f->now, JOBS, f->mem, &f->jobs, &f->n_jobs, &err) <
        0)
        goto fail;
    if (f->n_jobs == 0)
        return;
    f->share = issue_share(window, f->n_jobs);
    if (db_begin(s->db, &err) < 0)
        goto fail;
    if (fill(s, f, &err) < 0) {
        db_rollback(s->db);
        goto fail;
    }
    if (db_commit(s->db, &err) < 0)
        goto fail;
    scheduler_record_said(s, NULL);
    issue_send(s, f->got, f->n);
    if (f->n > 0)
        s->collect.next = 0; // results will come soon
    return;

fail:
    if (f->broken && manifest_fault(&err)) {
        fail_job(s, f->mem, f->broken, &err);
        issue_soon(s);
    } else {
        scheduler_record_said(s, &err);
    }
}

void issue_tick(struct scheduler *s, int64_t now)
{
    struct fill f = {0};

    if (!s->link.up || !s->reconcile.settled || now < s->issue.next)
        return;
    s->issue.next = now + IDLE_MS;
    f.mem = db_arena_new();
    if (f.mem)
        fill_window(s, &f);
    db_arena_free(f.mem);
}

/* --- again --- */

/* 1: *c is issued with that attempt, as the caller believed; 0: no more. */
static int still_issued(struct scheduler *s, const struct queue_chunk *q,
                        struct db_arena *mem, struct db_chunk *c,
                        struct tt_error *err)
{
    int rc = db_chunk_get(s->db, q->job, q->seq, mem, c, err);

    if (rc <= 0)
        return rc;
    return c->state == CHUNK_ISSUED && c->att == q->attempt;
}

static int sort_out(struct scheduler *s, const struct queue_chunk *chunks,
                    size_t n, struct db_arena *mem, struct db_chunk **found,
                    size_t *n_found, struct tt_error *err)
{
    struct db_chunk *rows = db_arena_alloc(mem, (n + 1) * sizeof(*rows));
    int rc;

    if (!rows)
        return tt_fail(err, TT_NOMEM, "no memory to issue again");
    for (size_t i = 0; i < n; i++) {
        rc = still_issued(s, &chunks[i], mem, &rows[i], err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            continue;
        if (rows[i].job_state != JOB_PAUSED)
            found[(*n_found)++] = &rows[i];
        else if (db_chunk_unissue(s->db, rows[i].job, rows[i].seq, rows[i].att,
                                  err) < 0)
            return -1;
    }
    return 0;
}

void issue_again(struct scheduler *s, const struct queue_chunk *chunks,
                 size_t n)
{
    struct db_arena *mem = db_arena_new();
    struct db_chunk **found = calloc(n + 1, sizeof(struct db_chunk *));
    struct tt_error err;
    size_t n_found = 0;

    if (!mem || !found)
        tt_fail(&err, TT_NOMEM, "no memory to issue again");
    else if (sort_out(s, chunks, n, mem, found, &n_found, &err) == 0)
        tt_clear(&err);
    if (err.code != TT_OK) {
        scheduler_record_said(s, &err);
        reconcile_soon(s);
    }
    if (n_found > 0)
        issue_send(s, found, n_found);
    free(found);
    db_arena_free(mem);
}

/* --- out of Redis --- */

static void on_retracted(void *ctx, int rc, const struct tt_error *err,
                         const int *flags, size_t n)
{
    struct engine_batch *b = ctx;
    struct tt_error why;

    (void)flags, (void)n;
    // On a failure reconcile finds the strays, and the job.
    if (!link_failed(b->s, rc, err) && b->last &&
        db_job_cancelled(b->s->db, b->job, tt_wall_ms(), &why) < 0)
        scheduler_record_said(b->s, &why);
    free(b);
}

static void retract_batch(struct scheduler *s, int64_t job, bool ready,
                          const struct db_chunk_ref *refs, size_t n, bool last)
{
    struct engine_batch *b = engine_batch_new(s, n);
    struct tt_error err;

    if (!b) {
        reconcile_soon(s);
        return;
    }
    b->job = job;
    b->last = last;
    for (size_t i = 0; i < n; i++)
        b->chunks[i] =
            (struct queue_chunk){refs[i].job, refs[i].seq, refs[i].att};
    if (queue_retract(s->link.q, ready, b->chunks, n, on_retracted, b, &err) <
        0) {
        free(b);
        link_failed(s, -1, &err);
    }
}

void issue_retract(struct scheduler *s, int64_t job, bool ready,
                   const struct db_chunk_ref *refs, size_t n)
{
    for (size_t i = 0; i < n && s->link.up; i += ENGINE_BATCH) {
        size_t take = n - i < ENGINE_BATCH ? n - i : ENGINE_BATCH;

        retract_batch(s, job, ready, refs + i, take, i + take == n);
    }
}

static void on_withdrawn(void *ctx, int rc, const struct tt_error *err,
                         const int *flags, size_t n)
{
    struct engine_batch *b = ctx;
    struct scheduler *s = b->s;
    struct tt_error why;

    if (link_failed(s, rc, err))
        goto out;
    if (db_begin(s->db, &why) < 0)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        if (flags[i] &&
            db_chunk_unissue(s->db, b->chunks[i].job, b->chunks[i].seq,
                             (int)b->chunks[i].attempt, &why) < 0) {
            db_rollback(s->db);
            goto fail;
        }
    }
    if (db_commit(s->db, &why) < 0)
        goto fail;
    issue_soon(s); // it may have been resumed meanwhile
    goto out;

fail:
    scheduler_record_said(s, &why); // reconcile puts them to wait
out:
    free(b);
}

/* The page of a job's issued chunks behind `after`; 0 if there are no more. */
static size_t withdraw_page(struct scheduler *s, int64_t job, int64_t *after,
                            struct db_arena *mem)
{
    struct engine_batch *b;
    struct db_chunk *rows;
    struct tt_error err;
    size_t n;

    if (db_chunk_issued(s->db, job, job, *after, ENGINE_BATCH, mem, &rows, &n,
                        &err) < 0) {
        scheduler_record_said(s, &err);
        return 0;
    }
    b = n ? engine_batch_new(s, n) : NULL;
    if (!b)
        return 0;
    for (size_t i = 0; i < n; i++)
        b->chunks[i] =
            (struct queue_chunk){rows[i].job, rows[i].seq, rows[i].att};
    *after = rows[n - 1].seq;
    if (queue_retract(s->link.q, true, b->chunks, n, on_withdrawn, b, &err) <
        0) {
        free(b);
        link_failed(s, -1, &err);
        return 0;
    }
    return n;
}

void issue_withdraw(struct scheduler *s, int64_t job)
{
    struct db_arena *mem = db_arena_new();
    int64_t after = -1;

    while (mem && s->link.up && withdraw_page(s, job, &after, mem) > 0)
        db_arena_reset(mem);
    db_arena_free(mem);
}
