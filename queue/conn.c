#include "queue/conn.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A command that waits for its answer. */
struct pending {
    struct pending *next;
    uint64_t deadline; /* of the loop's clock */
    queue_reply_cb cb;
    void *ctx;
};

struct write {
    uv_write_t req;
    char *data;
};

enum phase { CONNECTING, GREETING, UP, DOWN, CLOSED };

struct queue_conn {
    uv_loop_t *loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } socket;
    bool has_socket;
    uv_timer_t timer; /* for the oldest command, or the connect */
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    bool resolving;
    int open_handles; /* that close callbacks are still to come for */
    enum phase phase;
    struct queue_address address;
    struct queue_conn_events events;
    struct queue_resp *resp;
    struct pending *first, **last;
    long timeout_ms;
    char buffer[65536];
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void lose(struct queue_conn *c, const struct tt_error *why);

static void lose_uv(struct queue_conn *c, int status, const char *what)
{
    struct tt_error err;
    char where[300];

    tt_fail(&err, TT_UNAVAILABLE, "redis at %s: %s: %s",
            queue_address_text(&c->address, where, sizeof(where)), what,
            uv_strerror(status));
    err.sys = status;
    lose(c, &err);
}

/* --- the clock --- */

static void on_timer(uv_timer_t *timer)
{
    struct queue_conn *c = timer->data;
    struct tt_error err;
    char where[300];

    tt_fail(&err, TT_UNAVAILABLE, "redis at %s does not answer",
            queue_address_text(&c->address, where, sizeof(where)));
    lose(c, &err);
}

/* Commands are answered in order, so the oldest is the one to watch. */
static void watch_oldest(struct queue_conn *c)
{
    uint64_t now = uv_now(c->loop);

    if (!c->first) {
        uv_timer_stop(&c->timer);
        return;
    }
    uv_timer_start(&c->timer, on_timer,
                   c->first->deadline > now ? c->first->deadline - now : 0, 0);
}

/* --- the end --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct queue_conn *c = handle->data;

    if (--c->open_handles > 0 || c->resolving || c->phase != CLOSED)
        return;
    if (c->closed)
        c->closed(c->closed_ctx);
    queue_resp_free(c->resp);
    free(c);
}

static void answer_all(struct queue_conn *c, const struct tt_error *err)
{
    struct pending *p = c->first;

    c->first = NULL;
    c->last = &c->first;
    while (p) {
        struct pending *next = p->next;

        p->cb(p->ctx, NULL, err);
        free(p);
        p = next;
    }
}

static void lose(struct queue_conn *c, const struct tt_error *why)
{
    struct tt_error unknown = *why;

    if (c->phase >= DOWN)
        return;
    c->phase = DOWN;
    uv_timer_stop(&c->timer);
    if (c->has_socket && !uv_is_closing(&c->socket.handle))
        uv_read_stop(&c->socket.stream);
    tt_wrap(&unknown, "unknown outcome");
    answer_all(c, &unknown);
    if (c->phase == DOWN && c->events.down)
        c->events.down(c->events.ctx, why);
}

void queue_conn_close(struct queue_conn *c, void (*closed)(void *ctx),
                      void *ctx)
{
    struct tt_error err;

    if (!c || c->phase == CLOSED)
        return;
    c->phase = CLOSED;
    c->closed = closed;
    c->closed_ctx = ctx;
    tt_fail(&err, TT_UNAVAILABLE,
            "unknown outcome: the connection to redis was closed");
    answer_all(c, &err);
    if (c->resolving)
        uv_cancel((uv_req_t *)&c->resolve);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
    if (c->has_socket)
        uv_close(&c->socket.handle, on_handle_closed);
}

/* --- reading --- */

static void on_reply(struct queue_conn *c, struct queue_reply *reply)
{
    struct pending *p = c->first;
    struct tt_error err;

    if (!p) {
        queue_reply_free(reply);
        tt_fail(&err, TT_FORMAT, "redis answers what nobody asked");
        lose(c, &err);
        return;
    }
    c->first = p->next;
    if (!c->first)
        c->last = &c->first;
    watch_oldest(c);
    p->cb(p->ctx, reply, NULL);
    free(p);
    queue_reply_free(reply);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    struct queue_conn *c = handle->data;

    (void)size;
    *buf = uv_buf_init(c->buffer, sizeof(c->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct queue_conn *c = stream->data;
    struct queue_reply *reply;
    struct tt_error err;
    int rc;

    if (c->phase >= DOWN || n == 0)
        return;
    if (n < 0) {
        lose_uv(c, (int)n, "the connection broke");
        return;
    }
    rc = queue_resp_feed(c->resp, buf->base, (size_t)n, &err);
    while (rc == 0 && c->phase < DOWN) {
        rc = queue_resp_next(c->resp, &reply, &err);
        if (rc <= 0)
            break;
        on_reply(c, reply);
        rc = 0;
    }
    if (rc < 0)
        lose(c, &err);
}

/* --- connecting --- */

static void on_auth(void *ctx, struct queue_reply *reply,
                    const struct tt_error *err)
{
    struct queue_conn *c = ctx;
    struct tt_error why;

    if (err)
        return; // the loss itself is told by down
    if (queue_reply_check(reply, &why) < 0) {
        lose(c, &why);
        return;
    }
    c->phase = UP;
    c->events.up(c->events.ctx);
}

static void greet(struct queue_conn *c)
{
    struct queue_args args = {0};
    struct tt_error err;

    c->phase = GREETING;
    if (!c->address.password[0]) {
        c->phase = UP;
        c->events.up(c->events.ctx);
        return;
    }
    queue_args_add(&args, "AUTH");
    if (c->address.user[0])
        queue_args_add(&args, c->address.user);
    queue_args_add(&args, c->address.password);
    if (queue_conn_send(c, &args, c->timeout_ms, on_auth, c, &err) < 0)
        lose(c, &err);
    queue_args_release(&args);
}

static void on_connect(uv_connect_t *req, int status)
{
    struct queue_conn *c = req->data;

    if (c->phase >= DOWN)
        return;
    uv_timer_stop(&c->timer);
    if (status == 0)
        status = uv_read_start(&c->socket.stream, on_alloc, on_read);
    if (status < 0)
        lose_uv(c, status, "cannot connect");
    else
        greet(c);
}

static void on_resolved(uv_getaddrinfo_t *req, int status,
                        struct addrinfo *found)
{
    struct queue_conn *c = req->data;

    c->resolving = false;
    if (c->phase == CLOSED && c->open_handles == 0) {
        c->open_handles = 1; // the handles went first: now it is our turn
        on_handle_closed((uv_handle_t *)&c->timer);
    } else if (c->phase < DOWN) {
        if (status == 0)
            status = uv_tcp_connect(&c->connect, &c->socket.tcp, found->ai_addr,
                                    on_connect);
        if (status < 0)
            lose_uv(c, status, "cannot connect");
    }
    uv_freeaddrinfo(found);
}

static int begin_tcp(struct queue_conn *c)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int rc = uv_tcp_init(c->loop, &c->socket.tcp);

    if (rc < 0)
        return rc;
    c->has_socket = true;
    c->open_handles++;
    uv_tcp_nodelay(&c->socket.tcp, 1);
    c->resolve.data = c;
    rc = uv_getaddrinfo(c->loop, &c->resolve, on_resolved, c->address.host,
                        c->address.port, &hints);
    c->resolving = rc == 0;
    return rc;
}

static int begin_unix(struct queue_conn *c)
{
    int rc = uv_pipe_init(c->loop, &c->socket.pipe, 0);

    if (rc < 0)
        return rc;
    c->has_socket = true;
    c->open_handles++;
    uv_pipe_connect(&c->connect, &c->socket.pipe, c->address.path, on_connect);
    return 0;
}

int queue_conn_open(struct queue_conn **out, uv_loop_t *loop,
                    const struct queue_address *address, long timeout_ms,
                    const struct queue_conn_events *events,
                    struct tt_error *err)
{
    struct queue_conn *c = calloc(1, sizeof(*c));
    int rc;

    *out = NULL;
    if (c)
        c->resp = queue_resp_new();
    if (!c || !c->resp) {
        free(c);
        return tt_fail(err, TT_NOMEM, "no memory for a connection");
    }
    c->loop = loop;
    c->address = *address;
    c->events = *events;
    c->timeout_ms = timeout_ms;
    c->last = &c->first;
    c->connect.data = c;
    uv_timer_init(loop, &c->timer);
    c->open_handles = 1;
    c->timer.data = c;
    rc = address->is_unix ? begin_unix(c) : begin_tcp(c);
    c->socket.handle.data = c;
    if (rc < 0) {
        queue_conn_close(c, NULL, NULL);
        return tt_fail(err, TT_UNAVAILABLE, "cannot connect to redis: %s",
                       uv_strerror(rc));
    }
    uv_update_time(loop);
    uv_timer_start(&c->timer, on_timer, (uint64_t)timeout_ms, 0);
    *out = c;
    return 0;
}

/* --- writing --- */

static void on_written(uv_write_t *req, int status)
{
    struct write *w = (struct write *)req;
    struct queue_conn *c = req->data;

    free(w->data);
    free(w);
    if (status < 0 && status != UV_ECANCELED && c->phase < DOWN)
        lose_uv(c, status, "the connection broke");
}

static int write_out(struct queue_conn *c, const struct queue_args *args,
                     struct tt_error *err)
{
    struct write *w = calloc(1, sizeof(*w));
    uv_buf_t buf;
    size_t size;
    int rc;

    if (!w)
        return tt_fail(err, TT_NOMEM, "no memory for a command");
    if (queue_args_format(args, &w->data, &size, err) < 0)
        goto fail;
    w->req.data = c;
    buf = uv_buf_init(w->data, (unsigned)size);
    rc = uv_write(&w->req, &c->socket.stream, &buf, 1, on_written);
    if (rc == 0)
        return 0;
    tt_fail(err, TT_UNAVAILABLE, "redis: %s", uv_strerror(rc));

fail:
    free(w->data);
    free(w);
    return -1;
}

int queue_conn_send(struct queue_conn *c, const struct queue_args *args,
                    long timeout_ms, queue_reply_cb cb, void *ctx,
                    struct tt_error *err)
{
    struct pending *p;

    if (c->phase != UP && c->phase != GREETING)
        return tt_fail(err, TT_UNAVAILABLE, "not connected to redis");
    p = calloc(1, sizeof(*p));
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a command");
    if (write_out(c, args, err) < 0) {
        free(p);
        return -1;
    }
    uv_update_time(c->loop);
    p->deadline = uv_now(c->loop) + (uint64_t)timeout_ms;
    p->cb = cb;
    p->ctx = ctx;
    *c->last = p;
    c->last = &p->next;
    if (c->first == p)
        watch_oldest(c);
    return 0;
}
