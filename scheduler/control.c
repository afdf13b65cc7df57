#include "scheduler/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "db/care.h"
#include "queue/address.h"
#include "scheduler/engine.h"
#include "scheduler/request.h"

#define BACKLOG      64
#define BACKUP_PAGES 1024 /* a step; the loop turns between two */
#define BACKUP_MS    5

struct client {
    struct client *next, **here; /* in control->clients */
    struct control *control;
    uv_pipe_t pipe;
    char *line; /* what has come, not yet answered */
    size_t len;
    bool waiting; /* for its backup: the next line waits as well */
};

struct answer {
    uv_write_t req;
    char *text;
};

struct control {
    struct scheduler *s;
    uv_pipe_t listener;
    uv_timer_t timer; /* of the backup in progress */
    struct client *clients;
    struct db_backup *backup;
    struct client *backup_for; /* NULL: it has gone */
    char backup_path[TT_PATH_SIZE];
    char path[QUEUE_SOCKET_PATH_MAX + 1];
    int open_handles;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void take_lines(struct client *c);

/* --- the end of things --- */

static void handle_gone(struct control *c)
{
    if (--c->open_handles > 0 || !c->closing)
        return;
    if (c->closed)
        c->closed(c->closed_ctx);
    free(c);
}

static void on_own_closed(uv_handle_t *handle)
{
    handle_gone(handle->data);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    struct control *control = c->control;

    free(c->line);
    free(c);
    handle_gone(control);
}

static void drop_client(struct client *c)
{
    if (uv_is_closing((uv_handle_t *)&c->pipe))
        return;
    if (c->control->backup_for == c)
        c->control->backup_for = NULL;
    *c->here = c->next;
    if (c->next)
        c->next->here = c->here;
    uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

/* --- answers --- */

static void on_written(uv_write_t *req, int status)
{
    struct answer *a = (struct answer *)req;

    (void)status; // a client that is gone is found out by reading
    free(a->text);
    free(a);
}

static void reply(struct client *c, json_t *doc)
{
    struct answer *a = calloc(1, sizeof(*a));
    char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
    uv_buf_t bufs[2];

    json_decref(doc);
    if (!a || !text) {
        free(a);
        free(text);
        drop_client(c);
        return;
    }
    a->text = text;
    bufs[0] = uv_buf_init(text, (unsigned)strlen(text));
    bufs[1] = uv_buf_init("\n", 1);
    if (uv_write(&a->req, (uv_stream_t *)&c->pipe, bufs, 2, on_written) < 0) {
        free(a);
        free(text);
        drop_client(c);
    }
}

static void refuse(struct client *c, enum tt_code code, const char *words)
{
    struct tt_error err;

    tt_fail(&err, code, "%s", words);
    reply(c, request_refusal(&err));
}

/* --- backup: a step at a time --- */

static void end_backup(struct control *c, const struct tt_error *err)
{
    struct client *client = c->backup_for;

    uv_timer_stop(&c->timer);
    db_backup_close(c->backup);
    c->backup = NULL;
    c->backup_for = NULL;
    if (err)
        tt_log(TT_ERROR, "backup: %s", err->text);
    if (!client)
        return;
    client->waiting = false;
    reply(client,
          err ? request_refusal(err)
              : json_pack("{s:b, s:s}", "ok", 1, "path", c->backup_path));
    take_lines(client);
}

static void on_backup(uv_timer_t *timer)
{
    struct control *c = timer->data;
    struct tt_error err;
    int rc = db_backup_step(c->backup, BACKUP_PAGES, &err);

    if (rc <= 0)
        end_backup(c, rc < 0 ? &err : NULL);
}

static void begin_backup(struct client *client, const json_t *request)
{
    struct control *c = client->control;
    const char *path = json_string_value(json_object_get(request, "path"));
    struct tt_error err;

    if (!path || path[0] != '/' || strlen(path) >= sizeof(c->backup_path)) {
        refuse(client, TT_USAGE, "backup: path must be a whole path");
        return;
    }
    if (c->backup) {
        refuse(client, TT_BUSY, "backup: another one is being written");
        return;
    }
    if (db_backup_start(&c->backup, c->s->db, path, &err) < 0) {
        reply(client, request_refusal(&err));
        return;
    }
    memcpy(c->backup_path, path, strlen(path) + 1);
    c->backup_for = client;
    client->waiting = true;
    uv_timer_start(&c->timer, on_backup, 0, BACKUP_MS);
}

/* --- requests --- */

static void take_line(struct client *c, const char *line, size_t len)
{
    json_error_t why;
    json_t *request = json_loadb(line, len, 0, &why);
    const char *cmd = json_string_value(json_object_get(request, "cmd"));

    if (!cmd)
        refuse(c, TT_USAGE, "a request is a JSON object with \"cmd\"");
    else if (strcmp(cmd, "backup") == 0)
        begin_backup(c, request);
    else
        reply(c, request_answer(c->control->s, request));
    json_decref(request);
}

/* All whole lines that have come, unless one of them takes its time. */
static void take_lines(struct client *c)
{
    size_t from = 0;

    while (!c->waiting && !uv_is_closing((uv_handle_t *)&c->pipe)) {
        char *end = memchr(c->line + from, '\n', c->len - from);

        if (!end)
            break;
        take_line(c, c->line + from, (size_t)(end - c->line) - from);
        from = (size_t)(end - c->line) + 1;
    }
    c->len -= from;
    memmove(c->line, c->line + from, c->len);
    if (c->len == CONTROL_LINE_MAX && !c->waiting) {
        refuse(c, TT_USAGE, "a request is longer than 65536 bytes");
        drop_client(c);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    struct client *c = handle->data;

    (void)size;
    *buf = uv_buf_init(c->line + c->len, (unsigned)(CONTROL_LINE_MAX - c->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = stream->data;

    (void)buf;
    if (n < 0) { // also UV_ENOBUFS: more than it may say before an answer
        drop_client(c);
        return;
    }
    c->len += (size_t)n;
    take_lines(c);
}

static void on_client(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    struct client *c = status == 0 ? calloc(1, sizeof(*c)) : NULL;

    if (!c)
        return;
    c->line = malloc(CONTROL_LINE_MAX);
    if (!c->line) {
        free(c);
        return;
    }
    c->control = control;
    uv_pipe_init(listener->loop, &c->pipe, 0);
    control->open_handles++;
    c->pipe.data = c;
    c->next = control->clients;
    c->here = &control->clients;
    if (c->next)
        c->next->here = &c->next;
    control->clients = c;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
        drop_client(c);
}

/* --- life --- */

/* Whoever holds the database's lock owns the socket: what is there is old. */
static int bind_socket(struct control *c, struct tt_error *err)
{
    mode_t mask;
    int rc;

    if (unlink(c->path) < 0 && errno != ENOENT)
        return tt_fail_errno(err, TT_OUTPUT, "%s", c->path);
    mask = umask(0177);
    rc = uv_pipe_bind(&c->listener, c->path);
    umask(mask);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&c->listener, BACKLOG, on_client);
    if (rc < 0)
        return tt_fail(err, TT_OUTPUT, "%s: %s", c->path, uv_strerror(rc));
    return 0;
}

int control_open(struct control **out, struct scheduler *s, const char *path,
                 struct tt_error *err)
{
    struct control *c;

    *out = NULL;
    if (strlen(path) > QUEUE_SOCKET_PATH_MAX)
        return tt_fail(err, TT_USAGE,
                       "%s: the path of a socket may have %d bytes, this has "
                       "%zu; choose a shorter state folder",
                       path, QUEUE_SOCKET_PATH_MAX, strlen(path));
    c = calloc(1, sizeof(*c));
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for the control socket");
    memcpy(c->path, path, strlen(path) + 1);
    c->s = s;
    uv_pipe_init(&s->loop, &c->listener, 0);
    uv_timer_init(&s->loop, &c->timer);
    c->open_handles = 2;
    c->listener.data = c->timer.data = c;
    if (bind_socket(c, err) < 0) {
        control_close(c, NULL, NULL);
        return -1;
    }
    *out = c;
    return 0;
}

void control_close(struct control *c, void (*closed)(void *ctx), void *ctx)
{
    if (!c)
        return;
    c->closing = true;
    c->closed = closed;
    c->closed_ctx = ctx;
    db_backup_close(c->backup);
    c->backup = NULL;
    while (c->clients)
        drop_client(c->clients);
    uv_close((uv_handle_t *)&c->timer, on_own_closed);
    uv_close((uv_handle_t *)&c->listener, on_own_closed); // unlinks the path
}
