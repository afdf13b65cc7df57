#include "scheduler/collect.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/chunk.h"
#include "db/record.h"
#include "db/worker.h"
#include "scheduler/engine.h"

#define COUNT         128  /* entries of a batch */
#define BUSY_MS       50   /* between looks while work is out */
#define IDLE_MS       1000 /* and while none is */
#define BACKOFF_FIRST 100
#define BACKOFF_MOST  5000

static void ask(struct scheduler *s);

void collect_reset(struct scheduler *s)
{
    struct collect *c = &s->collect;

    c->busy = false;
    c->next = 0;
    c->at_end = NULL;
    c->armed = false;
}

void collect_when_read(struct scheduler *s, void (*at_end)(struct scheduler *s))
{
    if (s->leave_by && s->collect.at_end)
        return; // the last one there will be
    s->collect.at_end = at_end;
    s->collect.armed = false;
    s->collect.next = 0;
}

/* --- one entry --- */

static const enum db_report_kind kinds[] = {[QUEUE_DONE] = DB_REPORT_DONE,
                                            [QUEUE_PART] = DB_REPORT_PART,
                                            [QUEUE_FAIL] = DB_REPORT_FAIL};

static int record_result(struct scheduler *s, const struct queue_entry *e,
                         int64_t worker, bool broken, struct db_outcome *out,
                         struct tt_error *err)
{
    struct job_result result = {0};
    struct db_report report = {.kind = kinds[e->kind],
                               .job = e->chunk.job,
                               .seq = e->chunk.seq,
                               .att = (int)e->chunk.attempt,
                               .worker = worker,
                               .result = &result};
    struct tt_error why;
    int rc;

    if (broken || job_result_parse(e->body, &result, &why) < 0) {
        // Not what we send: a failure like any other, and no end of the world.
        job_result_release(&result);
        memset(&result, 0, sizeof(result));
        report.kind = DB_REPORT_FAIL;
        result.failed = true;
        result.code = TT_BUG;
        snprintf(result.text, sizeof(result.text),
                 "the worker's report cannot be recorded");
    }
    rc = db_record_result(s->db, &report, tt_wall_ms(), out, err);
    job_result_release(&result);
    return rc;
}

static int record_entry(struct scheduler *s, const struct queue_entry *e,
                        bool broken, struct queue_ack *ack,
                        struct tt_error *err)
{
    struct db_outcome out = {0};
    int64_t worker = 0;

    ack->id = e->id;
    ack->chunk = e->chunk;
    ack->chunk.attempt = 0;
    if (!e->sane || (e->is_note && broken))
        return 0; // forget it
    if (e->worker[0] && db_worker_id(s->db, e->worker, &worker, err) < 0)
        return -1;
    if (e->is_note)
        return db_record_note(s->db, e->chunk.job, e->chunk.seq,
                              (int)e->chunk.attempt, worker, e->body,
                              tt_wall_ms(), &out, err);
    if (record_result(s, e, worker, broken, &out, err) < 0)
        return -1;
    ack->chunk.attempt = out.kind == DB_UNKNOWN ? e->chunk.attempt : out.att_le;
    s->collect.recorded++;
    if (out.job_state >= JOB_ENDED && out.kind == DB_RECORDED)
        tt_log(TT_INFO, "job %lld: %s", (long long)e->chunk.job,
               job_state_word(out.job_state));
    return 0;
}

/* --- a batch --- */

static int record_batch(struct scheduler *s, const struct queue_entry *entries,
                        size_t n, bool broken, struct queue_ack *acks,
                        struct tt_error *err)
{
    if (db_begin(s->db, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (record_entry(s, &entries[i], broken, &acks[i], err) < 0) {
            db_rollback(s->db);
            return -1;
        }
    }
    return db_commit(s->db, err);
}

/* After a batch that could not be recorded: if it is the record's fault, wait
 * and try again; if an entry's, find it by taking one at a time. */
static void back_off(struct scheduler *s, size_t n, const struct tt_error *err)
{
    struct collect *c = &s->collect;

    scheduler_record_said(s, err);
    if (!tt_code_retry(err->code) && n > 1) {
        c->careful = (int)n;
        c->next = 0;
        return;
    }
    c->backoff_ms = c->backoff_ms ? c->backoff_ms * 2 : BACKOFF_FIRST;
    if (c->backoff_ms > BACKOFF_MOST)
        c->backoff_ms = BACKOFF_MOST;
    c->next = tt_steady_ms() + c->backoff_ms;
}

static void on_acked(void *ctx, int rc, const struct tt_error *err)
{
    link_failed(ctx, rc, err);
}

static void reached_end(struct scheduler *s)
{
    struct collect *c = &s->collect;
    void (*at_end)(struct scheduler *) = c->at_end;
    struct tt_error err;
    int64_t issued = 0;

    if (db_chunk_issued_count(s->db, &issued, &err) < 0)
        scheduler_record_said(s, &err);
    c->next = tt_steady_ms() + (issued > 0 ? BUSY_MS : IDLE_MS);
    if (at_end && !c->armed)
        c->next = 0;
    if (!at_end || !c->armed)
        return;
    c->at_end = NULL;
    at_end(s);
}

/* Record and acknowledge: 0, or -1 after backing off or losing the link. */
static int take(struct scheduler *s, const struct queue_entry *entries,
                size_t n)
{
    struct queue_ack *acks = calloc(n, sizeof(*acks));
    struct collect *c = &s->collect;
    struct tt_error err;
    int rc = -1;

    if (!acks) {
        tt_fail(&err, TT_NOMEM, "no memory for a batch of results");
    } else {
        rc = record_batch(s, entries, n, false, acks, &err);
        if (rc < 0 && n == 1 && !tt_code_retry(err.code))
            rc = record_batch(s, entries, n, true, acks, &err);
    }
    if (rc < 0) {
        back_off(s, n, &err);
        free(acks);
        return -1;
    }
    scheduler_record_said(s, NULL);
    c->backoff_ms = 0;
    c->careful -= c->careful > 0 ? (int)n : 0;
    issue_soon(s);
    rc = queue_ack(s->link.q, acks, n, on_acked, s, &err);
    if (rc < 0)
        link_failed(s, -1, &err);
    free(acks);
    return rc;
}

/* A worker's announcement and its first result may come together; its row in
 * the record is to be there first. */
static bool strangers(struct scheduler *s, const struct queue_entry *entries,
                      size_t n)
{
    struct tt_error err;
    int64_t row;

    if (s->collect.met)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (entries[i].worker[0] &&
            db_worker_id(s->db, entries[i].worker, &row, &err) == 0 && row == 0)
            return true;
    }
    return false;
}

static void on_entries(void *ctx, int rc, const struct tt_error *err,
                       const struct queue_entry *entries, size_t n)
{
    struct scheduler *s = ctx;
    struct collect *c = &s->collect;

    c->busy = false;
    if (link_failed(s, rc, err))
        return;
    if (strangers(s, entries, n)) {
        c->met = true; // once: after that they stay unknown
        crew_soon(s);
        c->next = 0;
        return;
    }
    c->met = false;
    if (n > 0 && take(s, entries, n) < 0)
        return;
    if ((int)n < c->asked)
        reached_end(s);
    else if (s->link.up && !c->busy)
        ask(s);
}

static void ask(struct scheduler *s)
{
    struct collect *c = &s->collect;
    struct tt_error err;

    c->asked = c->careful > 0 ? 1 : COUNT;
    c->armed = c->at_end != NULL;
    if (queue_read(s->link.q, c->asked, on_entries, s, &err) == 0)
        c->busy = true;
    else
        link_failed(s, -1, &err);
}

void collect_tick(struct scheduler *s, int64_t now)
{
    if (s->link.up && !s->collect.busy && now >= s->collect.next)
        ask(s);
}
