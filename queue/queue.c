#include "queue/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/greet.h"
#include "queue/words.h"

#define CALL_TIMEOUT_MS 5000

struct queue {
    struct queue_conn *conn;
    struct queue_events events;
    struct queue_options options;
    char db[64], prefix[64], fence[96];
    int64_t later_gen;
    bool told; /* that it is down */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* A call in flight: how to read its answer, and whom to tell. */
struct call {
    void (*read)(const struct call *call, const struct queue_reply *reply,
                 const struct tt_error *err);
    union {
        queue_done_cb done;
        queue_entries_cb entries;
        queue_flags_cb flags;
        queue_expired_cb expired;
        queue_all_cb all;
        queue_workers_cb workers;
    } cb;
    void *ctx;
    size_t asked; /* how many answers are due */
};

bool queue_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_.-") == len;
}

/* --- life --- */

static void tell_down(struct queue *q, const struct tt_error *err,
                      bool hopeless)
{
    if (q->told || q->closing)
        return;
    q->told = true;
    q->events.down(q->events.ctx, err, hopeless);
}

static void on_greeted(void *ctx, const struct queue_greeting *g,
                       const struct tt_error *err)
{
    struct queue *q = ctx;

    if (err) {
        q->later_gen = g->later_gen;
        tell_down(q, err, g->hopeless);
    } else if (!q->closing) {
        q->events.ready(q->events.ctx, &g->ready);
    }
}

static void on_up(void *ctx)
{
    struct queue *q = ctx;
    struct tt_error err;

    if (queue_greet(q->conn, &q->options, q->prefix, q->fence, on_greeted, q,
                    &err) < 0)
        tell_down(q, &err, false);
}

static void on_down(void *ctx, const struct tt_error *err)
{
    tell_down(ctx, err, err->code == TT_USAGE);
}

int queue_open(struct queue **out, uv_loop_t *loop,
               const struct queue_options *options,
               const struct queue_events *events, struct tt_error *err)
{
    struct queue_address address;
    struct queue_conn_events conn_events = {NULL, on_up, on_down};
    struct queue *q;

    *out = NULL;
    if (!queue_name_ok(options->name))
        return tt_fail(err, TT_USAGE,
                       "%s: a queue's name has letters, digits and \"_.-\", "
                       "at most 32",
                       options->name);
    if (queue_address_parse(&address, options->url, err) < 0)
        return -1;
    q = calloc(1, sizeof(*q));
    if (!q)
        return tt_fail(err, TT_NOMEM, "no memory for the queue");
    q->events = *events;
    q->options = *options;
    snprintf(q->db, sizeof(q->db), "%s", options->db);
    snprintf(q->prefix, sizeof(q->prefix), "tt:{%s}", options->name);
    snprintf(q->fence, sizeof(q->fence), "%lld.%s", (long long)options->gen,
             q->db);
    q->options.db = q->db;
    q->options.url = q->options.name = NULL; // they borrow; nobody reads them
    if (q->options.timeout_ms == 0)
        q->options.timeout_ms = CALL_TIMEOUT_MS;
    conn_events.ctx = q;
    if (queue_conn_open(&q->conn, loop, &address, q->options.timeout_ms,
                        &conn_events, err) < 0) {
        free(q);
        return -1;
    }
    *out = q;
    return 0;
}

int64_t queue_later_generation(const struct queue *q)
{
    return q->later_gen;
}

static void on_closed(void *ctx)
{
    struct queue *q = ctx;

    if (q->closed)
        q->closed(q->closed_ctx);
    free(q);
}

void queue_close(struct queue *q, void (*closed)(void *ctx), void *ctx)
{
    if (!q || q->closing)
        return;
    q->closing = true;
    q->closed = closed;
    q->closed_ctx = ctx;
    queue_conn_close(q->conn, on_closed, q);
}

/* --- calls --- */

static void on_reply(void *ctx, struct queue_reply *reply,
                     const struct tt_error *err)
{
    struct call *call = ctx;
    struct tt_error why;

    if (!err && queue_reply_check(reply, &why) < 0)
        err = &why;
    call->read(call, reply, err);
    free(call);
}

/* Send args (which are released); takes a copy of call. */
static int send_call(struct queue *q, struct queue_args *args,
                     const struct call *call, struct tt_error *err)
{
    struct call *copy = malloc(sizeof(*copy));
    int rc = -1;

    if (!copy) {
        tt_fail(err, TT_NOMEM, "no memory for a call to redis");
    } else {
        *copy = *call;
        rc = queue_conn_send(q->conn, args, q->options.timeout_ms, on_reply,
                             copy, err);
    }
    if (rc < 0)
        free(copy);
    queue_args_release(args);
    return rc;
}

static void begin(struct queue *q, struct queue_args *args,
                  const char *function)
{
    queue_greet_call(args, function, q->prefix);
    queue_args_add(args, q->fence);
}

static void add_chunk(struct queue_args *args, const struct queue_chunk *c)
{
    char cid[QUEUE_CHUNK_SIZE];

    queue_args_add(args, queue_words_chunk(c, cid));
}

static void read_done(const struct call *call, const struct queue_reply *reply,
                      const struct tt_error *err)
{
    (void)reply;
    call->cb.done(call->ctx, err ? -1 : 0, err);
}

static void read_flags(const struct call *call, const struct queue_reply *reply,
                       const struct tt_error *err)
{
    int *flags = calloc(call->asked + 1, sizeof(*flags));
    struct tt_error why;

    if (!err && !flags) {
        tt_fail(&why, TT_NOMEM, "no memory for an answer");
        err = &why;
    } else if (!err && reply->n != call->asked) {
        tt_fail(&why, TT_FORMAT, "redis: %zu answers to %zu chunks", reply->n,
                call->asked);
        err = &why;
    }
    for (size_t i = 0; !err && i < call->asked; i++)
        flags[i] = (int)queue_reply_number(reply->items[i], 0);
    call->cb.flags(call->ctx, err ? -1 : 0, err, flags, err ? 0 : call->asked);
    free(flags);
}

int queue_issue(struct queue *q, const struct queue_issue *items, size_t n,
                queue_done_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_done, .cb.done = cb, .ctx = ctx};
    struct queue_args args = {0};
    char class[16];

    begin(q, &args, "tt_issue");
    for (size_t i = 0; i < n; i++) {
        snprintf(class, sizeof(class), "%d%s", items[i].prio, items[i].lane);
        add_chunk(&args, &items[i].chunk);
        queue_args_add_int(&args, items[i].chunk.attempt);
        queue_args_add(&args, class);
        queue_args_add(&args, items[i].payload);
    }
    return send_call(q, &args, &call, err);
}

int queue_ack(struct queue *q, const struct queue_ack *acks, size_t n,
              queue_done_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_done, .cb.done = cb, .ctx = ctx};
    struct queue_args args = {0};

    begin(q, &args, "tt_ack");
    for (size_t i = 0; i < n; i++) {
        queue_args_add(&args, acks[i].id);
        add_chunk(&args, &acks[i].chunk);
        queue_args_add_int(&args, acks[i].chunk.attempt);
    }
    return send_call(q, &args, &call, err);
}

int queue_retract(struct queue *q, bool ready, const struct queue_chunk *chunks,
                  size_t n, queue_flags_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {
        .read = read_flags, .cb.flags = cb, .ctx = ctx, .asked = n};
    struct queue_args args = {0};

    begin(q, &args, "tt_retract");
    queue_args_add(&args, ready ? "ready" : "all");
    for (size_t i = 0; i < n; i++)
        add_chunk(&args, &chunks[i]);
    return send_call(q, &args, &call, err);
}

int queue_repair(struct queue *q, bool deep, const struct queue_chunk *chunks,
                 size_t n, queue_flags_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {
        .read = read_flags, .cb.flags = cb, .ctx = ctx, .asked = n};
    struct queue_args args = {0};

    begin(q, &args, "tt_repair");
    queue_args_add(&args, deep ? "deep" : "plain");
    for (size_t i = 0; i < n; i++) {
        add_chunk(&args, &chunks[i]);
        queue_args_add_int(&args, chunks[i].attempt);
    }
    return send_call(q, &args, &call, err);
}

int queue_unlease(struct queue *q, const struct queue_chunk *chunks, size_t n,
                  queue_done_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_done, .cb.done = cb, .ctx = ctx};
    struct queue_args args = {0};

    begin(q, &args, "tt_unlease");
    for (size_t i = 0; i < n; i++) {
        add_chunk(&args, &chunks[i]);
        queue_args_add_int(&args, chunks[i].attempt);
    }
    return send_call(q, &args, &call, err);
}

int queue_forget(struct queue *q, const struct queue_worker *rows, size_t n,
                 queue_done_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_done, .cb.done = cb, .ctx = ctx};
    struct queue_args args = {0};

    begin(q, &args, "tt_part");
    for (size_t i = 0; i < n; i++)
        queue_args_add(&args, rows[i].id);
    return send_call(q, &args, &call, err);
}

int queue_rewrite(struct queue *q, queue_done_cb cb, void *ctx,
                  struct tt_error *err)
{
    struct call call = {.read = read_done, .cb.done = cb, .ctx = ctx};
    struct queue_args args = {0};

    queue_args_add(&args, "BGREWRITEAOF");
    return send_call(q, &args, &call, err);
}

/* --- questions --- */

/* Room for the rows of an answer, one an item; NULL and *err on failure. */
static void *rows_for(const struct queue_reply *reply, size_t size,
                      const struct tt_error **err, struct tt_error *why)
{
    void *rows = calloc((*err ? 0 : reply->n) + 1, size);

    if (!rows && !*err) {
        tt_fail(why, TT_NOMEM, "no memory for an answer");
        *err = why;
    }
    return rows;
}

static void read_entries(const struct call *call,
                         const struct queue_reply *reply,
                         const struct tt_error *err)
{
    struct tt_error why;
    struct queue_entry *rows = rows_for(reply, sizeof(*rows), &err, &why);
    size_t n = err ? 0 : reply->n;

    for (size_t i = 0; i < n; i++)
        queue_words_entry(reply->items[i], &rows[i]);
    call->cb.entries(call->ctx, err ? -1 : 0, err, rows, n);
    free(rows);
}

int queue_read(struct queue *q, int count, queue_entries_cb cb, void *ctx,
               struct tt_error *err)
{
    struct call call = {.read = read_entries, .cb.entries = cb, .ctx = ctx};
    struct queue_args args = {0};
    char key[80];

    snprintf(key, sizeof(key), "%s:res", q->prefix);
    queue_args_add(&args, "XRANGE");
    queue_args_add(&args, key);
    queue_args_add(&args, "-");
    queue_args_add(&args, "+");
    queue_args_add(&args, "COUNT");
    queue_args_add_int(&args, count);
    return send_call(q, &args, &call, err);
}

static void read_expired(const struct call *call,
                         const struct queue_reply *reply,
                         const struct tt_error *err)
{
    struct tt_error why;
    struct queue_expiry *rows = rows_for(reply, sizeof(*rows), &err, &why);
    size_t n = 0;

    for (size_t i = 1; !err && i < reply->n; i++)
        n += queue_words_expiry(reply->items[i], &rows[n]);
    call->cb.expired(
        call->ctx, err ? -1 : 0, err,
        err ? 0 : queue_reply_number(queue_reply_item(reply, 0), 0), rows, n);
    free(rows);
}

int queue_expired(struct queue *q, int limit, queue_expired_cb cb, void *ctx,
                  struct tt_error *err)
{
    struct call call = {.read = read_expired, .cb.expired = cb, .ctx = ctx};
    struct queue_args args = {0};

    begin(q, &args, "tt_expired");
    queue_args_add_int(&args, limit);
    return send_call(q, &args, &call, err);
}

int queue_held(struct queue *q, const char *worker, queue_expired_cb cb,
               void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_expired, .cb.expired = cb, .ctx = ctx};
    struct queue_args args = {0};

    begin(q, &args, "tt_held");
    queue_args_add(&args, worker);
    return send_call(q, &args, &call, err);
}

static void read_all(const struct call *call, const struct queue_reply *reply,
                     const struct tt_error *err)
{
    struct tt_error why;
    struct queue_chunk *rows = rows_for(reply, sizeof(*rows), &err, &why);
    size_t n = 0;

    for (size_t i = 0; !err && i < reply->n; i++)
        n +=
            queue_words_chunk_from(queue_reply_text(reply->items[i]), &rows[n]);
    call->cb.all(call->ctx, err ? -1 : 0, err, rows, n);
    free(rows);
}

int queue_all(struct queue *q, queue_all_cb cb, void *ctx, struct tt_error *err)
{
    struct call call = {.read = read_all, .cb.all = cb, .ctx = ctx};
    struct queue_args args = {0};
    char key[80];

    snprintf(key, sizeof(key), "%s:all", q->prefix);
    queue_args_add(&args, "SMEMBERS");
    queue_args_add(&args, key);
    return send_call(q, &args, &call, err);
}

static void read_workers(const struct call *call,
                         const struct queue_reply *reply,
                         const struct tt_error *err)
{
    struct tt_error why;
    struct queue_worker *rows = rows_for(reply, sizeof(*rows), &err, &why);
    size_t n = 0;

    for (size_t i = 0; !err && i < reply->n; i++)
        n += queue_words_worker(reply->items[i], &rows[n]);
    call->cb.workers(call->ctx, err ? -1 : 0, err, rows, n);
    free(rows);
}

int queue_workers(struct queue *q, queue_workers_cb cb, void *ctx,
                  struct tt_error *err)
{
    struct call call = {.read = read_workers, .cb.workers = cb, .ctx = ctx};
    struct queue_args args = {0};

    queue_greet_call(&args, "tt_workers", q->prefix);
    return send_call(q, &args, &call, err);
}
