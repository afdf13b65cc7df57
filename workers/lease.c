#include "workers/lease.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/backend/backend.h"
#include "workers/held.h"

#define CLAIM_WAIT_MS 250  /* also how long a drain may wait for the thread */
#define CLOSING_MS    1000 /* a chunk that ends so soon is closing */

static int read_lanes(struct worker_lease *l, const char *classes,
                      struct tt_error *err)
{
    size_t n = 0;

    for (const char *p = classes; *p; p++) {
        if (*p == ',' || *p == ' ')
            continue;
        if (*p < 'a' || *p > 'z' || n + 1 >= sizeof(l->lanes))
            return tt_fail(err, TT_USAGE, "--classes: \"%s\" is not like g,t",
                           classes);
        l->lanes[n++] = *p;
    }
    if (n == 0)
        return tt_fail(err, TT_USAGE, "--classes: none is named");
    return 0;
}

static void describe(struct worker_lease *l)
{
    size_t n = 0;

    if (gethostname(l->host, sizeof(l->host) - 1) < 0)
        l->host[0] = '\0';
    l->threads = l->options->threads > 0 ? (int)l->options->threads
                                         : backend_threads_default();
    for (const char *p = l->lanes; *p; p++)
        n += (size_t)snprintf(l->caps + n, sizeof(l->caps) - n, "%c ", *p);
    if (l->options->device && strcmp(l->options->device, "cpu") != 0)
        snprintf(l->caps + n, sizeof(l->caps) - n, "%s", l->options->device);
    else
        snprintf(l->caps + n, sizeof(l->caps) - n, "cpu:%d", l->threads);
}

static int open_events(struct worker_lease *l, struct tt_error *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (l->wake_fd < 0 || l->signal_fd < 0)
        return tt_fail_errno(err, TT_IO, "eventfd");
    return 0;
}

int worker_lease_open(struct worker_lease **out,
                      const struct worker_options *options,
                      struct tt_error *err)
{
    struct worker_lease *l = calloc(1, sizeof(*l));

    *out = NULL;
    if (!l)
        return tt_fail(err, TT_NOMEM, "no memory for a worker");
    l->options = options;
    l->wake_fd = l->signal_fd = -1;
    l->idle_from = tt_steady_ms();
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->room, NULL);
    pthread_cond_init(&l->work, NULL);
    if (read_lanes(l, options->classes, err) < 0)
        goto fail;
    describe(l);
    if (open_events(l, err) < 0)
        goto fail;
    if (queue_client_open(&l->io, options->redis, options->queue, NULL, err) <
            0 ||
        queue_client_open(&l->claimer, options->redis, options->queue,
                          queue_client_id(l->io), err) < 0)
        goto fail;
    /* a beat that waits longer than this comes too late anyway */
    queue_client_timeout(l->io,
                         options->lease / 3 < 5000 ? options->lease / 3 : 5000);
    *out = l;
    return 0;

fail:
    worker_lease_close(l);
    return -1;
}

void worker_lease_close(struct worker_lease *l)
{
    if (!l)
        return;
    queue_client_close(l->io);
    queue_client_close(l->claimer);
    for (size_t i = 0; i < WORKER_CHUNKS; i++)
        worker_chunk_free(l->held[i]);
    for (size_t i = 0; i < l->n_notes; i++)
        free(l->notes[(l->first_note + i) % WORKER_NOTES].text);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    if (l->signal_fd >= 0)
        close(l->signal_fd);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->room);
    pthread_cond_destroy(&l->work);
    free(l);
}

void worker_chunk_free(struct worker_chunk *c)
{
    if (!c)
        return;
    queue_lease_release(&c->lease);
    json_decref(c->hold);
    free(c->body);
    free(c);
}

char *worker_fail_text(const struct tt_error *err, int64_t cursor)
{
    struct job_result r = {.failed = true, .code = err->code};
    char *text;

    snprintf(r.text, sizeof(r.text), "%s", err->text);
    if (cursor >= 0)
        r.body = json_pack("{s:I}", "cursor", (json_int_t)cursor);
    text = job_result_text(&r);
    job_result_release(&r);
    return text;
}

/* --- the claim thread --- */

static void hold(struct worker_lease *l, struct worker_chunk *c)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < WORKER_CHUNKS; i++) {
        if (!l->held[i]) {
            l->held[i] = c;
            break;
        }
    }
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    worker_lease_wake(l);
}

/* A chunk whose payload makes no sense is given back at once. */
static void hold_lease(struct worker_lease *l, struct queue_lease *lease)
{
    struct worker_chunk *c = calloc(1, sizeof(*c));
    struct tt_error err;

    if (!c) {
        queue_lease_release(lease); /* its lease ends by itself */
        return;
    }
    c->lease = *lease;
    c->owner = l;
    c->cursor = -1;
    c->moved_ms = tt_steady_ms();
    c->stage = WORKER_AHEAD;
    if (job_payload_parse(c->lease.payload, &c->payload, &c->hold, &err) < 0) {
        c->outcome = WORKER_FAIL;
        c->body = worker_fail_text(&err, -1);
        c->stage = WORKER_OUT;
    }
    hold(l, c);
}

static void claim_once(struct worker_lease *l)
{
    struct queue_lease lease;
    struct tt_error err;
    size_t n = 0;

    tt_clear(&err);
    if (queue_client_claim(l->claimer, l->lanes, l->options->lease, 1, &lease,
                           &n, &err) == 0) {
        if (n > 0)
            hold_lease(l, &lease);
        else if (queue_client_wait(l->claimer, l->lanes, CLAIM_WAIT_MS, &err) <
                 0)
            return; /* it has slept; the main thread tells of Redis away */
        return;
    }
    if (err.code == TT_USAGE || err.code == TT_FORMAT)
        worker_lease_fault(l, &err);
    else
        tt_sleep_ms(CLAIM_WAIT_MS);
}

static bool has_room(const struct worker_lease *l)
{
    const struct worker_chunk *first = l->held[0];

    if (l->stalled || l->held[WORKER_CHUNKS - 1])
        return false;
    return !first || first->stage == WORKER_OUT || first->closing;
}

void *worker_lease_claims(void *arg)
{
    struct worker_lease *l = arg;

    for (;;) {
        pthread_mutex_lock(&l->lock);
        while (!l->draining && !has_room(l))
            pthread_cond_wait(&l->room, &l->lock);
        pthread_mutex_unlock(&l->lock);
        if (l->draining)
            return NULL;
        claim_once(l);
    }
}

/* --- the work thread --- */

struct worker_chunk *worker_lease_take(struct worker_lease *l)
{
    struct worker_chunk *found = NULL;

    pthread_mutex_lock(&l->lock);
    for (;;) {
        for (size_t i = 0; i < WORKER_CHUNKS && !found; i++) {
            if (l->held[i] && l->held[i]->stage == WORKER_AHEAD)
                found = l->held[i];
        }
        if (l->draining || found)
            break;
        pthread_cond_wait(&l->work, &l->lock);
    }
    if (l->draining)
        found = NULL;
    if (found) {
        found->stage = WORKER_HAND;
        found->begun_ms = tt_steady_ms();
        found->cursor = found->payload.first;
        found->moves++;
    }
    pthread_mutex_unlock(&l->lock);
    return found;
}

void worker_lease_give(struct worker_lease *l, struct worker_chunk *chunk,
                       enum worker_outcome outcome, char *body)
{
    pthread_mutex_lock(&l->lock);
    chunk->outcome = outcome;
    chunk->body = body;
    chunk->stage = WORKER_OUT;
    pthread_cond_signal(&l->room);
    pthread_mutex_unlock(&l->lock);
    worker_lease_wake(l);
}

void worker_lease_leave(struct worker_lease *l)
{
    pthread_mutex_lock(&l->lock);
    l->left = true;
    pthread_mutex_unlock(&l->lock);
    worker_lease_wake(l);
}

/* --- any thread --- */

void worker_lease_wake(struct worker_lease *l)
{
    uint64_t one = 1;
    ssize_t n = write(l->wake_fd, &one, sizeof(one));

    (void)n; /* full: it will wake all the same */
}

void worker_lease_drain(struct worker_lease *l, int how)
{
    pthread_mutex_lock(&l->lock);
    if (!l->draining)
        l->drained_at = tt_steady_ms();
    if (how > l->draining)
        l->draining = how;
    pthread_cond_broadcast(&l->room);
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    queue_client_leave(l->claimer);
    worker_lease_wake(l);
}

void worker_lease_fault(struct worker_lease *l, const struct tt_error *why)
{
    pthread_mutex_lock(&l->lock);
    if (l->fault.code == TT_OK)
        l->fault = *why;
    pthread_mutex_unlock(&l->lock);
    worker_lease_drain(l, 1);
}

void worker_lease_note(struct worker_lease *l, const struct worker_chunk *chunk,
                       char *text)
{
    struct worker_note *slot;

    if (!text)
        return;
    pthread_mutex_lock(&l->lock);
    if (l->n_notes == WORKER_NOTES) {
        free(l->notes[l->first_note].text);
        l->first_note = (l->first_note + 1) % WORKER_NOTES;
        l->n_notes--;
    }
    slot = &l->notes[(l->first_note + l->n_notes++) % WORKER_NOTES];
    slot->chunk = chunk;
    slot->text = text;
    pthread_mutex_unlock(&l->lock);
    worker_lease_wake(l);
}

/* Milliseconds that the rest will take, going by what is done; -1: unknown. */
static int64_t rest_ms(const struct worker_chunk *c)
{
    int64_t done = (int64_t)c->done, total = (int64_t)c->total;

    if (done <= 0 || total < done)
        return -1;
    return (tt_steady_ms() - c->begun_ms) * (total - done) / done;
}

void worker_chunk_move(struct worker_chunk *chunk, int64_t cursor,
                       uint64_t done, uint64_t total)
{
    int64_t rest;

    chunk->cursor = cursor;
    chunk->done = done;
    chunk->total = total;
    chunk->moves++;
    rest = rest_ms(chunk);
    if (rest < 0 || rest > CLOSING_MS || chunk->closing)
        return;
    pthread_mutex_lock(&chunk->owner->lock);
    chunk->closing = true;
    pthread_cond_signal(&chunk->owner->room);
    pthread_mutex_unlock(&chunk->owner->lock);
}

bool worker_chunk_stop(struct worker_chunk *chunk)
{
    const struct worker_lease *l = chunk->owner;
    int64_t left, rest;

    chunk->moves++;
    if (chunk->gone || l->draining > 1)
        return true;
    if (!l->draining)
        return false;
    left = l->drained_at + l->options->grace - tt_steady_ms();
    rest = rest_ms(chunk);
    return left <= 0 || rest < 0 || rest > left;
}
