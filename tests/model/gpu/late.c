#include "tests/model/gpu/late.h"

#include <stdlib.h>
#include <string.h>

#include "model/gpu/learn.h"
#include "model/gpu/program.h"
#include "tests/check.h"
#include "tests/model/gpu/host.h"

#define WAITING 64

/* A list to run; or bytes to copy, of its own or of memory that was locked. */
struct entry {
    struct gpu_list *list;
    void *at, *copy;
    const void *from;
    size_t bytes;
};

struct late {
    struct gpu_engine engine;
    struct gpu_engine *host;
    bool eager;
    int count;
    struct entry waiting[WAITING];
};

static struct late *late_of(struct gpu_engine *e)
{
    return (struct late *)e;
}

static void *take(struct gpu_engine *e, size_t bytes, struct tt_error *err)
{
    struct gpu_engine *host = late_of(e)->host;

    return host->ops->take(host, bytes, err);
}

static int wait(struct late *l, struct entry entry)
{
    CHECK(l->count < WAITING);
    l->waiting[l->count++] = entry;
    return 0;
}

/* Its source may change as soon as put() has returned. */
static int put(struct gpu_engine *e, void *at, const void *from, size_t bytes,
               struct tt_error *err)
{
    struct entry entry = {.at = at, .copy = malloc(bytes + 1), .bytes = bytes};

    (void)err;
    CHECK(entry.copy);
    memcpy(entry.copy, from, bytes);
    entry.from = entry.copy;
    return wait(late_of(e), entry);
}

static int send(struct gpu_engine *e, void *at, const void *from, size_t bytes,
                struct tt_error *err)
{
    (void)err;
    if (!late_of(e)->eager)
        return wait(late_of(e),
                    (struct entry){.at = at, .from = from, .bytes = bytes});
    memcpy(at, from, bytes);
    return 0;
}

static int run(struct gpu_engine *e, struct gpu_list *list,
               struct tt_error *err)
{
    (void)err;
    return wait(late_of(e), (struct entry){.list = list});
}

static int get(struct gpu_engine *e, void *to, const void *at, size_t bytes,
               struct tt_error *err)
{
    struct late *l = late_of(e);

    l->host->group = e->group;
    for (int i = 0; i < l->count; i++) {
        struct entry *w = &l->waiting[i];

        if (w->list) {
            if (l->host->ops->run(l->host, w->list, err) < 0)
                return -1;
            continue;
        }
        memcpy(w->at, w->from, w->bytes);
        free(w->copy);
    }
    l->count = 0;
    memcpy(to, at, bytes);
    return 0;
}

static size_t room(const struct gpu_engine *e)
{
    const struct late *l = (const struct late *)e;

    return l->host->ops->room(l->host);
}

static struct gpu_conv *conv(struct gpu_engine *e, const struct gpu_shape *s,
                             const struct gpu_operands *at,
                             struct tt_error *err)
{
    struct gpu_engine *host = late_of(e)->host;

    return host->ops->conv(host, s, at, err);
}

static size_t memory(const struct gpu_engine *e)
{
    const struct late *l = (const struct late *)e;

    return l->host->ops->memory(l->host);
}

static void forget(struct gpu_engine *e, struct gpu_list *list)
{
    (void)e;
    (void)list;
}

static void late_close(struct gpu_engine *e)
{
    struct late *l = late_of(e);

    while (l->count > 0)
        free(l->waiting[--l->count].copy);
    l->host->ops->close(l->host);
    free(l);
}

static const struct gpu_engine_ops ops = {
    .take = take,
    .put = put,
    .get = get,
    .lock = take,
    .send = send,
    .room = room,
    .conv = conv,
    .run = run,
    .memory = memory,
    .forget = forget,
    .close = late_close,
};

static int open_late(struct backend_program **out,
                     const struct backend_net *net,
                     const struct backend_setup *setup, bool eager,
                     struct tt_error *err)
{
    struct late *l = calloc(1, sizeof(*l));

    CHECK(l);
    l->engine.ops = &ops;
    l->eager = eager;
    l->host = host_engine_open();
    CHECK(l->host);
    return gpu_program_open(out, &l->engine, net, setup, err);
}

static int late_open(struct backend_program **out,
                     const struct backend_net *net,
                     const struct backend_setup *setup, struct tt_error *err)
{
    return open_late(out, net, setup, false, err);
}

static int eager_open(struct backend_program **out,
                      const struct backend_net *net,
                      const struct backend_setup *setup, struct tt_error *err)
{
    return open_late(out, net, setup, true, err);
}

static bool can(enum backend_precision precision)
{
    return precision != BACKEND_F32;
}

#define LATE(name_, open_)                                                     \
    {                                                                          \
        .name = name_, .summary = "the program of a GPU in plain loops, late", \
        .can = can, .open = open_, .load = gpu_program_load,                   \
        .forward = gpu_program_forward, .backward = gpu_program_backward,      \
        .precision = gpu_program_precision, .memory = gpu_program_memory,      \
        .close = gpu_program_close, .learn = &gpu_learn,                       \
    }

const struct backend_ops late_backend = LATE("late", late_open);
const struct backend_ops late_eager_backend = LATE("eager", eager_open);
