#include "scheduler/scheduler.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "db/care.h"
#include "scheduler/control.h"
#include "scheduler/engine.h"

#define TICK_MS       50
#define CHECKPOINT_MS 250
#define LEAVE_MS      1000 /* at most, to record what is in Redis */
#define LEASE_LEAST   100

const struct tt_opt scheduler_opts[] = {
    TT_TEXT(scheduler_options, queue, 0, "NAME", QUEUE_NAME_DEFAULT,
            "name of the queue in redis"),
    TT_TIME(scheduler_options, lease, 0, "TIME", NULL,
            "how long a worker may be silent before its work is given away"),
    TT_INT(scheduler_options, window, 0, "N", "0", 0, 65536,
           "chunks in redis at a time; 0: by the number of workers"),
    TT_INT(scheduler_options, chunk, 0, "N", "0", 0, 65536,
           "photos in a chunk; 0: by what they take"),
    TT_FLAG(scheduler_options, take_over, 0,
            "win although redis has seen a later scheduler of this record"),
    TT_OPT_END,
};

void scheduler_record_said(struct scheduler *s, const struct tt_error *err)
{
    bool was = s->record_error.code != TT_OK;

    if (!err) {
        tt_clear(&s->record_error);
        if (was)
            tt_log(TT_INFO, "the record can be written again");
        return;
    }
    s->record_error = *err;
    if (!was)
        tt_log(TT_ERROR, "the record cannot be written: %s", err->text);
}

struct engine_batch *engine_batch_new(struct scheduler *s, size_t n)
{
    struct engine_batch *b = calloc(1, sizeof(*b) + n * sizeof(b->chunks[0]));

    if (b)
        b->s = s;
    return b;
}

/* --- the loop --- */

static void on_tick(uv_timer_t *timer)
{
    struct scheduler *s = timer->data;
    int64_t now = tt_steady_ms();
    struct tt_error err;

    if (s->shutdown_asked || (s->leave_by && now > s->leave_by)) {
        scheduler_stop(s, NULL);
        return;
    }
    crew_tick(s, now);
    collect_tick(s, now);
    if (s->leave_by)
        return;
    reap_tick(s, now);
    reconcile_tick(s, now);
    issue_tick(s, now);
    if (now / CHECKPOINT_MS != (now - TICK_MS) / CHECKPOINT_MS &&
        db_checkpoint_tick(s->db, &err) < 0)
        scheduler_record_said(s, &err);
}

/* The tick stops us: it is called from within the queue. */
static void read_out(struct scheduler *s)
{
    s->shutdown_asked = true;
}

/* What workers have reported by now is recorded first: whoever stops a stack
 * stops them before us, and reads in the record what they have done. */
static void on_signal(uv_signal_t *signal, int number)
{
    struct scheduler *s = signal->data;

    (void)number;
    if (!s->link.up || s->leave_by) {
        scheduler_stop(s, NULL);
        return;
    }
    collect_when_read(s, read_out);
    s->leave_by = tt_steady_ms() + LEAVE_MS; /* and nobody else waits now */
}

void scheduler_stop(struct scheduler *s, const struct tt_error *why)
{
    if (s->stopping)
        return;
    s->stopping = true;
    if (why) {
        s->failed = true;
        s->why = *why;
    }
    control_close(s->control, NULL, NULL);
    link_close(s);
    uv_close((uv_handle_t *)&s->tick, NULL);
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
}

static void start_handles(struct scheduler *s)
{
    uv_timer_init(&s->loop, &s->tick);
    uv_signal_init(&s->loop, &s->term);
    uv_signal_init(&s->loop, &s->interrupt);
    uv_timer_init(&s->loop, &s->link.again);
    s->tick.data = s->term.data = s->interrupt.data = s->link.again.data = s;
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    uv_signal_start(&s->term, on_signal, SIGTERM);
    uv_signal_start(&s->interrupt, on_signal, SIGINT);
}

static int check(const struct scheduler_options *opt, struct tt_error *err)
{
    if (opt->lease < LEASE_LEAST)
        return tt_fail(err, TT_USAGE, "--lease: at least %d ms", LEASE_LEAST);
    if (!queue_name_ok(opt->queue))
        return tt_fail(err, TT_USAGE,
                       "--queue: %s: letters, digits and \"_.-\", at most 32",
                       opt->queue);
    return 0;
}

static int open_parts(struct scheduler *s, struct tt_error *err)
{
    char path[TT_PATH_SIZE];

    if (tt_path_join(path, sizeof(path), s->opt->state, SCHEDULER_DB, err) <
            0 ||
        db_open(&s->db, path, err) < 0)
        return -1;
    if (tt_path_join(path, sizeof(path), s->opt->state, SCHEDULER_SOCKET, err) <
        0)
        return -1;
    return control_open(&s->control, s, path, err);
}

int scheduler_run(const struct scheduler_options *options, struct tt_error *err)
{
    struct scheduler *s;
    int rc = -1;

    if (check(options, err) < 0)
        return -1;
    s = calloc(1, sizeof(*s));
    if (!s || uv_loop_init(&s->loop) < 0) {
        free(s);
        return tt_fail(err, TT_NOMEM, "no memory for the scheduler");
    }
    s->opt = options;
    signal(SIGPIPE, SIG_IGN);
    start_handles(s);
    if (open_parts(s, err) < 0)
        scheduler_stop(s, err);
    else
        link_open(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    if (s->failed)
        *err = s->why;
    rc = s->failed ? -1 : 0;
    reconcile_release(s);
    uv_loop_close(&s->loop);
    db_close(s->db);
    free(s);
    return rc;
}
