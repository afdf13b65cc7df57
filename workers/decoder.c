#include "workers/decoder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "workers/message.h"

#define HELLO_MS       30000   /* a loaded machine may be slow to start it */
#define RENEW_MS       1200000 /* of work, then a new child: see CPU_SECONDS */
#define BYTES_PER_MS   1000    /* of codes: what a large photo has on top */
#define MEMORY_DEFAULT (UINT64_C(8) << 30)
#define MAX_SIDE       1000000

extern char **environ;

struct worker_decoder {
    struct worker_decoder_options options;
    pid_t pid; /* 0: none */
    int socket;
    int64_t worked_ms;
    bool warned; /* of a kernel without seccomp */
};

/* --- the child's life --- */

static int attributes(posix_spawnattr_t *attr)
{
    sigset_t none, usual;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGPIPE);
    /* a group of its own: Ctrl-C is for the worker to obey */
    return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF) ||
           posix_spawnattr_setpgroup(attr, 0) ||
           posix_spawnattr_setsigmask(attr, &none) ||
           posix_spawnattr_setsigdefault(attr, &usual);
}

static int spawn(struct worker_decoder *d, int theirs, struct tt_error *err)
{
    const char *program = d->options.program;
    char memory[32];
    char *argv[] = {"tintype", "decoder", memory, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int rc;

    snprintf(memory, sizeof(memory), "%llu",
             (unsigned long long)(d->options.memory ? d->options.memory
                                                    : MEMORY_DEFAULT));
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    rc =
        attributes(&attr) ||
        posix_spawn_file_actions_adddup2(&actions, theirs, 0) ||
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    errno = ENOMEM;
    if (rc == 0)
        rc = errno = posix_spawn(&d->pid, program ? program : "/proc/self/exe",
                                 &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    if (rc != 0) {
        d->pid = 0;
        return tt_fail_errno(err, TT_UNAVAILABLE,
                             "a decoder cannot be started");
    }
    return 0;
}

/* The child's end; returns what waitpid says. */
static int reap(struct worker_decoder *d)
{
    int status = 0;

    if (d->socket >= 0)
        close(d->socket);
    d->socket = -1;
    if (d->pid > 0) {
        kill(d->pid, SIGKILL); /* what it dies of by itself comes first */
        while (waitpid(d->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    d->pid = 0;
    d->worked_ms = 0;
    return status;
}

static int greet(struct worker_decoder *d, struct tt_error *err)
{
    struct worker_message m;
    int fd, got = worker_message_recv(d->socket, &m, &fd, HELLO_MS, err);

    if (fd >= 0)
        close(fd);
    if (got == 1 && m.kind == WORKER_HELLO) {
        if (!m.sandboxed && !d->warned)
            tt_log(TT_DEBUG, "decoder: no system call filter here");
        d->warned = true;
        return 0;
    }
    if (got >= 0)
        tt_fail(err, TT_UNAVAILABLE, "a decoder ends as soon as it is started");
    err->code = TT_UNAVAILABLE;
    return -1;
}

static int start(struct worker_decoder *d, struct tt_error *err)
{
    int pair[2];
    int rc;

    if (d->worked_ms > RENEW_MS)
        reap(d);
    if (d->pid)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return tt_fail_errno(err, TT_UNAVAILABLE, "socketpair");
    d->socket = pair[0];
    rc = spawn(d, pair[1], err);
    close(pair[1]);
    if (rc == 0)
        rc = greet(d, err);
    if (rc < 0)
        reap(d);
    return rc;
}

int worker_decoder_open(struct worker_decoder **out,
                        const struct worker_decoder_options *options,
                        struct tt_error *err)
{
    struct worker_decoder *d = calloc(1, sizeof(*d));

    *out = NULL;
    if (!d)
        return tt_fail(err, TT_NOMEM, "no memory for a decoder");
    d->options = *options;
    d->socket = -1;
    if (start(d, err) < 0) {
        worker_decoder_close(d);
        return -1;
    }
    *out = d;
    return 0;
}

int worker_decoder_pid(const struct worker_decoder *d)
{
    return (int)d->pid;
}

void worker_decoder_close(struct worker_decoder *d)
{
    if (!d)
        return;
    reap(d);
    free(d);
}

void worker_decoded_release(struct worker_decoded *decoded)
{
    if (decoded->grey.codes)
        munmap(decoded->grey.codes, decoded->mapped);
    decoded->grey.codes = NULL;
    memset(&decoded->meta, 0, sizeof(decoded->meta));
}

/* --- one photo --- */

static void refuse(struct worker_decoded *out, const char *reason,
                   const char *message)
{
    out->reason = reason;
    snprintf(out->message, sizeof(out->message), "%s", message);
}

/* The child is gone, or is to go, and how that came is the photo's outcome. */
static void crashed(struct worker_decoder *d, struct worker_decoded *out)
{
    int status;
    char text[100];

    /* let it die of what it dies of: the socket closes a moment earlier */
    for (int i = 0; i < 200 && d->pid; i++) {
        siginfo_t info = {0};

        if (waitid(P_PID, (id_t)d->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
                0 &&
            info.si_pid == d->pid)
            break;
        tt_sleep_ms(5);
    }
    status = reap(d);
    if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "its decoder died of signal %d%s",
                 WTERMSIG(status),
                 WTERMSIG(status) == SIGSYS ? " (it did what it may not)" : "");
    else
        snprintf(text, sizeof(text), "its decoder ended with status %d",
                 WEXITSTATUS(status));
    refuse(out, "decoder_crashed", text);
}

static bool facts_are_sane(const struct image_facts *f)
{
    return (unsigned)f->format < IMAGE_FORMAT_COUNT &&
           (unsigned)f->measure.class < IMAGE_CLASS_COUNT && f->width >= 0 &&
           f->height >= 0 && f->width <= MAX_SIDE && f->height <= MAX_SIDE;
}

/* The parts behind n bytes of codes; 0, or -1: they cannot be. */
static int place_meta(const struct worker_message *m, size_t *n,
                      struct image_meta *meta, uint8_t *base)
{
    for (int i = 0; i < IMAGE_META_PARTS; i++) {
        size_t size = m->meta[i];

        if (size > image_meta_most((enum image_meta_part)i))
            return -1;
        meta->part[i].size = size;
        meta->part[i].bytes = size && base ? base + *n : NULL;
        *n += size;
    }
    meta->dropped = m->meta_dropped;
    return 0;
}

/* Map the codes, if they are what the message says: whole and sealed. */
static int take_codes(const struct worker_message *m, int fd,
                      struct worker_decoded *out)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_WRITE;
    struct stat st;
    size_t codes, size;

    if (m->width < 1 || m->height < 1 || m->width > MAX_SIDE ||
        m->height > MAX_SIDE || (m->bits != 8 && m->bits != 16))
        return -1;
    codes = (size_t)m->width * (size_t)m->height * (size_t)(m->bits / 8);
    size = codes;
    if (place_meta(m, &size, &out->meta, NULL) < 0 || fd < 0 ||
        (fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) < 0 ||
        (size_t)st.st_size < size)
        return -1;
    out->grey.codes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (out->grey.codes == MAP_FAILED) {
        out->grey.codes = NULL;
        return -1;
    }
    if (place_meta(m, &codes, &out->meta, out->grey.codes) < 0)
        return -1;
    out->grey.width = m->width;
    out->grey.height = m->height;
    out->grey.bits = m->bits;
    out->mapped = size;
    return 0;
}

static void take_answer(struct worker_decoder *d, struct worker_message *m,
                        int fd, struct worker_decoded *out)
{
    m->text[sizeof(m->text) - 1] = '\0';
    if (m->reason >= IMAGE_REASON_COUNT || !facts_are_sane(&m->facts) ||
        (m->reason == IMAGE_FINE && take_codes(m, fd, out) < 0)) {
        reap(d);
        refuse(out, "decoder_crashed", "its decoder answered nonsense");
        return;
    }
    out->facts = m->facts;
    if (m->reason != IMAGE_FINE)
        refuse(out, image_reason_word((enum image_reason)m->reason), m->text);
}

/* Talk until the answer or the end; both are the photo's outcome. */
static void converse(struct worker_decoder *d, struct worker_decoded *out)
{
    int64_t end = tt_steady_ms() + d->options.deadline_ms;
    struct worker_message m, go = {.kind = WORKER_GO};
    struct tt_error err;

    for (;;) {
        int64_t left = end - tt_steady_ms();
        int fd, got = worker_message_recv(d->socket, &m, &fd,
                                          left > 0 ? (long)left : 0, &err);

        if (got == 1 && m.kind == WORKER_NEED) {
            int64_t before = tt_steady_ms();

            if (d->options.reserve)
                d->options.reserve(d->options.ctx, m.size);
            end += tt_steady_ms() - before + (int64_t)(m.size / BYTES_PER_MS);
            got = worker_message_send(d->socket, &go, -1, &err) == 0;
        } else if (got == 1 && m.kind == WORKER_ANSWER) {
            take_answer(d, &m, fd, out);
            end = -1;
        } else if (got < 0 && err.code == TT_BUSY) {
            reap(d);
            refuse(out, "timeout", "decoding it takes too long");
            end = -1;
        } else {
            got = 0;
        }
        if (fd >= 0)
            close(fd);
        if (end < 0)
            return;
        if (got != 1)
            break;
    }
    crashed(d, out);
}

int worker_decoder_read(struct worker_decoder *d, int file, size_t size,
                        struct worker_decoded *out, struct tt_error *err)
{
    struct worker_message request = {.kind = WORKER_REQUEST,
                                     .size = size,
                                     .max_pixels = d->options.max_pixels};
    int64_t begun;

    memset(out, 0, sizeof(*out));
    if (start(d, err) < 0)
        return -1;
    begun = tt_steady_ms();
    if (worker_message_send(d->socket, &request, file, err) < 0) {
        /* it died between two photos, of nothing that this one did */
        reap(d);
        if (start(d, err) < 0 ||
            worker_message_send(d->socket, &request, file, err) < 0)
            return -1;
    }
    converse(d, out);
    d->worked_ms += tt_steady_ms() - begun;
    return 0;
}
