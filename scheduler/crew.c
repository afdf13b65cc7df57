#include "scheduler/crew.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/worker.h"
#include "scheduler/engine.h"

#define CREW_MS 2000

void crew_soon(struct scheduler *s)
{
    s->crew.next = 0;
}

void crew_reset(struct scheduler *s)
{
    s->crew.busy = false;
    s->crew.next = 0;
}

static void on_forgotten(void *ctx, int rc, const struct tt_error *err)
{
    link_failed(ctx, rc, err);
}

static int record(struct scheduler *s, const struct queue_worker *w,
                  const char *lost, struct tt_error *err)
{
    struct db_worker row = {.uid = w->id,
                            .host = w->info.host,
                            .pid = w->info.pid,
                            .caps = w->info.caps,
                            .version = w->info.version,
                            .threads = w->info.threads};
    int64_t now = tt_wall_ms();

    // One that came and went between two looks has a row as well.
    if (w->info.host[0] && db_worker_seen(s->db, &row, now, NULL, err) < 0)
        return -1;
    if (w->alive)
        return 0;
    return db_worker_ended(s->db, w->id, !w->ended, w->ended ? w->ended : lost,
                           now, err);
}

static int record_all(struct scheduler *s, const struct queue_worker *rows,
                      size_t n, struct tt_error *err)
{
    if (db_begin(s->db, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (record(s, &rows[i], "no sign of life", err) < 0) {
            db_rollback(s->db);
            return -1;
        }
    }
    return db_commit(s->db, err);
}

static void forget_ended(struct scheduler *s, const struct queue_worker *rows,
                         size_t n)
{
    struct tt_error err;

    for (size_t i = 0; i < n; i++) {
        if (!rows[i].alive &&
            queue_forget(s->link.q, &rows[i], 1, on_forgotten, s, &err) < 0) {
            link_failed(s, -1, &err);
            return;
        }
    }
}

static void on_workers(void *ctx, int rc, const struct tt_error *err,
                       const struct queue_worker *rows, size_t n)
{
    struct scheduler *s = ctx;
    struct tt_error why;

    s->crew.busy = false;
    if (link_failed(s, rc, err))
        return;
    s->crew.alive = 0;
    for (size_t i = 0; i < n; i++)
        s->crew.alive += rows[i].alive;
    if (n == 0)
        return;
    if (record_all(s, rows, n, &why) < 0) {
        scheduler_record_said(s, &why);
        return;
    }
    scheduler_record_said(s, NULL);
    forget_ended(s, rows, n);
}

void crew_tick(struct scheduler *s, int64_t now)
{
    struct tt_error err;

    if (!s->link.up || s->crew.busy || now < s->crew.next)
        return;
    s->crew.next = now + CREW_MS;
    if (queue_workers(s->link.q, on_workers, s, &err) == 0)
        s->crew.busy = true;
    else
        link_failed(s, -1, &err);
}

/* --- one that its parent has seen die --- */

struct lost {
    struct scheduler *s;
    int64_t pid;
};

static bool is_here(const struct queue_worker *w, int64_t pid)
{
    char host[sizeof(w->info.host)] = "";

    return w->alive && w->info.pid == pid &&
           gethostname(host, sizeof(host) - 1) == 0 &&
           strcmp(w->info.host, host) == 0;
}

static void on_lost(void *ctx, int rc, const struct tt_error *err,
                    const struct queue_worker *rows, size_t n)
{
    struct lost lost = *(struct lost *)ctx;
    struct tt_error why;

    free(ctx);
    if (link_failed(lost.s, rc, err))
        return;
    for (size_t i = 0; i < n && lost.s->link.up; i++) {
        struct queue_worker gone = rows[i];

        if (!is_here(&gone, lost.pid))
            continue;
        reap_worker(lost.s, gone.id);
        gone.alive = false;
        if (record(lost.s, &gone, "killed", &why) < 0)
            scheduler_record_said(lost.s, &why);
        else if (lost.s->link.up)
            forget_ended(lost.s, &gone, 1);
    }
}

int crew_lost(struct scheduler *s, int64_t pid, struct tt_error *err)
{
    struct lost *lost;

    if (!s->link.up)
        return tt_fail(err, TT_UNAVAILABLE, "%s", s->link.why.text);
    lost = malloc(sizeof(*lost));
    if (!lost)
        return tt_fail(err, TT_NOMEM, "no memory for a worker");
    *lost = (struct lost){s, pid};
    if (queue_workers(s->link.q, on_lost, lost, err) == 0)
        return 0;
    free(lost);
    return -1;
}
