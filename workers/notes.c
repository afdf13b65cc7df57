#include "workers/notes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "job/wire.h"

#define EVERY_MS 1000

void worker_notes_init(struct worker_notes *n, struct worker_lease *leases,
                       struct worker_chunk *chunk)
{
    memset(n, 0, sizeof(*n));
    n->leases = leases;
    n->chunk = chunk;
    n->sent_ms = tt_steady_ms();
}

void worker_notes_release(struct worker_notes *n)
{
    json_decref(n->body);
    n->body = NULL;
}

static json_t *body_of(struct worker_notes *n)
{
    if (!n->body)
        n->body = json_pack("{s:i}", "v", JOB_WIRE_VERSION);
    return n->body;
}

static json_t *list_of(struct worker_notes *n, const char *name)
{
    json_t *list = json_object_get(body_of(n), name);

    if (!list) {
        list = json_array();
        if (json_object_set_new(n->body, name, list) < 0)
            return NULL;
    }
    return list;
}

static void send_if_due(struct worker_notes *n)
{
    if (tt_steady_ms() - n->sent_ms >= EVERY_MS)
        worker_notes_flush(n);
}

void worker_notes_metric(struct worker_notes *n, const char *series,
                         uint64_t step, double value)
{
    if (!isfinite(value))
        return;
    json_array_append_new(
        list_of(n, "metrics"),
        json_pack("[s, I, f]", series, (json_int_t)step, value));
    send_if_due(n);
}

void worker_notes_event(struct worker_notes *n, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    json_array_append_new(list_of(n, "events"), json_string(text));
    send_if_due(n);
}

void worker_notes_set(struct worker_notes *n, const char *name, json_t *value)
{
    json_object_set_new(body_of(n), name, value);
    send_if_due(n);
}

void worker_notes_progress(struct worker_notes *n, uint64_t done,
                           uint64_t total)
{
    n->done = done;
    n->total = total;
    n->moved = true;
    send_if_due(n);
}

void worker_notes_flush(struct worker_notes *n)
{
    n->sent_ms = tt_steady_ms();
    if (!n->body && !n->moved)
        return;
    if (n->moved) {
        json_object_set_new(body_of(n), "done",
                            json_integer((json_int_t)n->done));
        json_object_set_new(n->body, "total",
                            json_integer((json_int_t)n->total));
    }
    n->moved = false;
    worker_lease_note(n->leases, n->chunk, json_dumps(n->body, JSON_COMPACT));
    json_decref(n->body);
    n->body = NULL;
}
