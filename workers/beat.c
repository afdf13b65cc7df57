#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "workers/held.h"

#define TICK_MS      500  /* how often stalls and idleness are looked at */
#define RETRY_MS     250  /* between two tries while Redis is away */
#define HURRY_MS     3000 /* to leave in after a second signal */
#define STALL_PHOTOS 20   /* a stall is also that many times a photo's share */

/* --- what is held, seen by the main thread --- */

/* Where a chunk stands; only the main thread takes chunks out. */
static enum worker_stage stage_of(struct worker_lease *l,
                                  const struct worker_chunk *c)
{
    enum worker_stage stage;

    pthread_mutex_lock(&l->lock);
    stage = c->stage;
    pthread_mutex_unlock(&l->lock);
    return stage;
}

static size_t copy_held(struct worker_lease *l,
                        struct worker_chunk *held[WORKER_CHUNKS])
{
    size_t n = 0;

    pthread_mutex_lock(&l->lock);
    while (n < WORKER_CHUNKS && l->held[n]) {
        held[n] = l->held[n];
        n++;
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

static void let_go(struct worker_lease *l, struct worker_chunk *c)
{
    size_t n = 0;

    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < WORKER_CHUNKS; i++) {
        if (l->held[i] && l->held[i] != c)
            l->held[n++] = l->held[i];
    }
    while (n < WORKER_CHUNKS)
        l->held[n++] = NULL;
    if (!l->held[0])
        l->idle_from = tt_steady_ms();
    pthread_cond_signal(&l->room);
    pthread_mutex_unlock(&l->lock);
    worker_chunk_free(c);
}

/* --- calls; -1: Redis is away, try again later --- */

static int announce(struct worker_lease *l, struct tt_error *err)
{
    struct queue_worker_info info = {.host = l->host,
                                     .pid = getpid(),
                                     .caps = l->caps,
                                     .version = TT_VERSION,
                                     .threads = l->threads};

    return queue_client_announce(l->io, &info, l->options->lease, err);
}

static int beat(struct worker_lease *l, int64_t now, struct tt_error *err)
{
    struct worker_chunk *held[WORKER_CHUNKS], *alive[WORKER_CHUNKS];
    struct queue_beat beats[WORKER_CHUNKS];
    size_t n = copy_held(l, held), k = 0;

    if (now < l->beat_at)
        return 0;
    if (announce(l, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (l->stalled && stage_of(l, held[i]) == WORKER_HAND)
            continue;
        alive[k] = held[i];
        beats[k].lease = &held[i]->lease;
        beats[k].kept = true;
        beats[k++].cursor = held[i]->cursor;
    }
    if (k > 0 && queue_client_beat(l->io, beats, k, l->options->lease, err) < 0)
        return -1;
    for (size_t i = 0; i < k; i++) {
        if (!beats[i].kept && !alive[i]->gone) {
            tt_log(TT_INFO, "chunk %s is no longer ours",
                   alive[i]->lease.chunk);
            alive[i]->gone = true;
        }
    }
    l->beat_at = now + l->options->lease / 3;
    return 0;
}

static bool pop_note(struct worker_lease *l, struct worker_note *note)
{
    bool found = false;

    pthread_mutex_lock(&l->lock);
    if (l->n_notes > 0) {
        *note = l->notes[l->first_note];
        l->first_note = (l->first_note + 1) % WORKER_NOTES;
        l->n_notes--;
        found = true;
    }
    pthread_mutex_unlock(&l->lock);
    return found;
}

/* A note that could not be sent goes back to where it was, if there is room. */
static void push_back(struct worker_lease *l, const struct worker_note *note)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_notes < WORKER_NOTES) {
        l->first_note = (l->first_note + WORKER_NOTES - 1) % WORKER_NOTES;
        l->notes[l->first_note] = *note;
        l->n_notes++;
    } else {
        free(note->text);
    }
    pthread_mutex_unlock(&l->lock);
}

static int send_notes(struct worker_lease *l, struct tt_error *err)
{
    struct worker_note note;
    enum queue_answer answer;

    while (pop_note(l, &note)) {
        if (queue_client_note(l->io, &note.chunk->lease, note.text, &answer,
                              err) < 0 &&
            err->code == TT_UNAVAILABLE) {
            push_back(l, &note);
            return -1;
        }
        free(note.text); /* sent, or refused since Redis is full */
    }
    return 0;
}

static int send_one(struct worker_lease *l, struct worker_chunk *c,
                    struct tt_error *err)
{
    static const enum queue_result_kind kinds[] = {[WORKER_DONE] = QUEUE_DONE,
                                                   [WORKER_PART] = QUEUE_PART,
                                                   [WORKER_FAIL] = QUEUE_FAIL};
    enum queue_answer answer = QUEUE_OK;
    int rc = 0;

    switch (c->outcome) {
    case WORKER_DROP:
        break;
    case WORKER_RELEASE:
        rc = queue_client_release(l->io, &c->lease, c->cursor, &answer, err);
        break;
    default:
        if (!c->body)
            break; /* no memory for it: the lease ends by itself */
        rc = queue_client_result(l->io, &c->lease, kinds[c->outcome], c->body,
                                 &answer, err);
    }
    if (rc < 0)
        return -1;
    if (answer != QUEUE_OK)
        tt_log(TT_INFO, "chunk %s: nobody waits for its result",
               c->lease.chunk);
    let_go(l, c);
    return 0;
}

/* Finished chunks, and those that are not to be begun. Notes go first. */
static int send_out(struct worker_lease *l, struct tt_error *err)
{
    struct worker_chunk *held[WORKER_CHUNKS];
    size_t n = copy_held(l, held);

    for (size_t i = 0; i < n; i++) {
        bool unbegun = false;

        pthread_mutex_lock(&l->lock);
        if (held[i]->stage == WORKER_AHEAD &&
            (l->draining || l->stalled || held[i]->gone)) {
            held[i]->outcome = held[i]->gone ? WORKER_DROP : WORKER_RELEASE;
            held[i]->stage = WORKER_OUT;
            unbegun = true;
        }
        pthread_mutex_unlock(&l->lock);
        if ((unbegun || stage_of(l, held[i]) == WORKER_OUT) &&
            send_one(l, held[i], err) < 0)
            return -1;
    }
    return 0;
}

static void talk(struct worker_lease *l, int64_t now)
{
    struct tt_error err;

    tt_clear(&err);
    if (now < l->retry_at)
        return;
    if (send_notes(l, &err) == 0 && send_out(l, &err) == 0 &&
        beat(l, now, &err) == 0) {
        if (l->away)
            tt_log(TT_INFO, "the queue is back");
        l->away = false;
        return;
    }
    if (err.code == TT_USAGE || err.code == TT_FORMAT) {
        worker_lease_fault(l, &err);
    } else if (!l->away) {
        tt_log(TT_WARN, "%s", err.text);
        l->away = true;
    }
    l->retry_at = tt_steady_ms() + RETRY_MS;
}

/* --- stalls, idleness, signals --- */

/* A hung thread cannot be ended: after its lease, nothing but the end of the
 * process is left. */
static void look_for_stall(struct worker_lease *l, int64_t now)
{
    struct worker_chunk *held[WORKER_CHUNKS];
    size_t n = copy_held(l, held);
    bool stalled = false;

    for (size_t i = 0; i < n; i++) {
        struct worker_chunk *c = held[i];
        uint64_t moves = c->moves, done = c->done;
        int64_t limit = l->options->stall;

        if (moves != c->moves_seen || stage_of(l, c) != WORKER_HAND) {
            c->moves_seen = moves;
            c->moved_ms = now;
            continue;
        }
        if (done > 0)
            limit += STALL_PHOTOS * (now - c->begun_ms) / (int64_t)done;
        if (now - c->moved_ms <= limit)
            continue;
        stalled = true;
        if (!l->stalled)
            tt_log(TT_ERROR, "chunk %s does not move any more: let go",
                   c->lease.chunk);
        if (now - c->moved_ms > limit + 2 * l->options->lease) {
            tt_log(TT_ERROR, "chunk %s hangs: the worker ends itself",
                   c->lease.chunk);
            kill(getpid(), SIGKILL);
        }
    }
    pthread_mutex_lock(&l->lock);
    l->stalled = stalled;
    pthread_cond_signal(&l->room);
    pthread_mutex_unlock(&l->lock);
}

static void look_for_idleness(struct worker_lease *l, int64_t now)
{
    bool idle;

    pthread_mutex_lock(&l->lock);
    idle = !l->held[0] && now - l->idle_from >= l->options->idle_exit;
    pthread_mutex_unlock(&l->lock);
    if (idle && l->options->idle_exit > 0 && !l->draining) {
        tt_log(TT_INFO, "nothing to do: ending");
        worker_lease_drain(l, 1);
    }
}

static void wait_events(struct worker_lease *l, int64_t now)
{
    struct pollfd fds[2] = {{.fd = l->wake_fd, .events = POLLIN},
                            {.fd = l->signal_fd, .events = POLLIN}};
    int64_t due = l->away ? l->retry_at : l->beat_at;
    int64_t ms = due - now < TICK_MS ? due - now : TICK_MS;
    struct signalfd_siginfo info;
    uint64_t count;

    if (poll(fds, 2, ms > 0 ? (int)ms : l->away ? 1 : 0) <= 0)
        return;
    if (fds[0].revents && read(l->wake_fd, &count, sizeof(count)) < 0)
        return;
    while (read(l->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        tt_log(TT_INFO, "signal %u: %s", info.ssi_signo,
               l->draining ? "stopping" : "draining");
        worker_lease_drain(l, l->draining ? 2 : 1);
    }
}

/* --- the loop --- */

/* True when nothing is left to be said, or nobody is there to hear it. */
static bool is_over(struct worker_lease *l, int64_t now)
{
    int64_t since = now - l->drained_at;
    bool left, empty;

    if (!l->draining)
        return false;
    pthread_mutex_lock(&l->lock);
    left = l->left;
    empty = !l->held[0] && l->n_notes == 0;
    pthread_mutex_unlock(&l->lock);
    if (left && empty)
        return true;
    if (l->draining > 1)
        return left || since > l->options->grace + HURRY_MS;
    return left && l->away && since > l->options->grace;
}

static int begin(struct worker_lease *l, struct tt_error *err)
{
    int rc = pthread_create(&l->claim_thread, NULL, worker_lease_claims, l);

    if (rc != 0)
        return tt_fail(err, TT_NOMEM, "a thread cannot be started");
    return 0;
}

int worker_lease_run(struct worker_lease *l, struct tt_error *err)
{
    struct tt_error ignored;
    int64_t now;

    if (begin(l, err) < 0)
        return -1;
    tt_log(TT_INFO, "worker %s ready: %s", queue_client_id(l->io), l->caps);
    do {
        now = tt_steady_ms();
        talk(l, now);
        look_for_stall(l, now);
        look_for_idleness(l, now);
        wait_events(l, tt_steady_ms());
    } while (!is_over(l, tt_steady_ms()));
    worker_lease_drain(l, 1);
    pthread_join(l->claim_thread, NULL);
    talk(l, tt_steady_ms()); /* what the claim thread took last */
    if (!l->away &&
        queue_client_farewell(l->io, l->fault.code ? "fault" : "drained",
                              &ignored) < 0)
        tt_log(TT_DEBUG, "%s", ignored.text);
    if (l->fault.code == TT_OK)
        return 0;
    *err = l->fault;
    return -1;
}
