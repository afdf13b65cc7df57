#include "cli/control_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "scheduler/control.h"
#include "scheduler/scheduler.h"

#define ANSWER_TIMEOUT_S                                                       \
    60 /* a backup or a long transaction may be before us */

struct cli_control {
    int fd;
    char line[CONTROL_LINE_MAX];
    size_t have;
};

static int dial(int fd, const struct cli_settings *s, struct tt_error *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval patience = {ANSWER_TIMEOUT_S, 0};
    char path[TT_PATH_SIZE];

    if (cli_settings_path(s, SCHEDULER_SOCKET, path, err) < 0)
        return -1;
    if (strlen(path) >= sizeof(to.sun_path))
        return tt_fail(err, TT_INPUT,
                       "%s: longer than the %zu bytes a socket's path may "
                       "have; choose a shorter --state",
                       path, sizeof(to.sun_path) - 1);
    memcpy(to.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        return tt_fail_errno(err, TT_UNAVAILABLE, "no scheduler listens at %s",
                             path);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return 0;
}

int cli_control_open(struct cli_control **out, const struct cli_settings *s,
                     struct tt_error *err)
{
    struct cli_control *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for a connection");
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        tt_fail_errno(err, TT_UNAVAILABLE, "socket");
        goto fail;
    }
    if (dial(c->fd, s, err) < 0)
        goto fail;
    *out = c;
    return 0;

fail:
    cli_control_close(c);
    return -1;
}

static int send_line(struct cli_control *c, const char *text,
                     struct tt_error *err)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t n = send(c->fd, text, size, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fail_errno(err, TT_UNAVAILABLE, "the scheduler is gone");
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Read one line; it stands in c->line, NUL for its newline. */
static int receive_line(struct cli_control *c, struct tt_error *err)
{
    c->have = 0;
    while (c->have < sizeof(c->line) - 1) {
        ssize_t n =
            recv(c->fd, c->line + c->have, sizeof(c->line) - 1 - c->have, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fail_errno(err, TT_UNAVAILABLE,
                                 "the scheduler does not answer");
        if (n == 0)
            return tt_fail(err, TT_UNAVAILABLE,
                           "the scheduler went away before it answered");
        c->have += (size_t)n;
        if (c->line[c->have - 1] == '\n') {
            c->line[c->have - 1] = '\0';
            return 0;
        }
    }
    return tt_fail(err, TT_FORMAT, "the scheduler's answer is too long");
}

/* The code whose exit status the scheduler named. */
static enum tt_code code_of_exit(int status)
{
    for (int code = TT_OK; code <= TT_CANCEL; code++) {
        if (tt_code_exit((enum tt_code)code) == status)
            return (enum tt_code)code;
    }
    return TT_BUG;
}

static int read_answer(const char *line, json_t **answer, struct tt_error *err)
{
    json_error_t why;
    json_t *a = json_loads(line, 0, &why);
    const char *text;

    if (!json_is_object(a)) {
        json_decref(a);
        return tt_fail(err, TT_FORMAT, "the scheduler's answer makes no sense");
    }
    if (!json_is_true(json_object_get(a, "ok"))) {
        text = json_string_value(json_object_get(a, "error"));
        tt_fail(
            err,
            code_of_exit((int)json_integer_value(json_object_get(a, "code"))),
            "%s", text ? text : "the scheduler refused");
        json_decref(a);
        return -1;
    }
    if (answer)
        *answer = a;
    else
        json_decref(a);
    return 0;
}

static int send_request(struct cli_control *c, json_t *request,
                        struct tt_error *err)
{
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    int rc;

    json_decref(request);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for a request");
    rc = send_line(c, text, err);
    free(text);
    return rc < 0 ? -1 : send_line(c, "\n", err);
}

int cli_control_ask(struct cli_control *c, json_t *request, json_t **answer,
                    struct tt_error *err)
{
    if (answer)
        *answer = NULL;
    if (send_request(c, request, err) < 0 || receive_line(c, err) < 0)
        return -1;
    return read_answer(c->line, answer, err);
}

void cli_control_close(struct cli_control *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

int cli_control_once(const struct cli_settings *s, json_t *request,
                     json_t **answer, struct tt_error *err)
{
    struct cli_control *c;
    int rc;

    if (cli_control_open(&c, s, err) < 0) {
        json_decref(request);
        return -1;
    }
    rc = cli_control_ask(c, request, answer, err);
    cli_control_close(c);
    return rc;
}

void cli_control_lost(const struct cli_settings *s, pid_t worker)
{
    struct cli_control *c;
    struct tt_error err;

    if (cli_control_open(&c, s, &err) < 0)
        return;
    if (send_request(
            c,
            json_pack("{s:s, s:I}", "cmd", "lost", "pid", (json_int_t)worker),
            &err) < 0)
        tt_log(TT_DEBUG, "%s", err.text);
    cli_control_close(c);
}

bool cli_control_answers(const struct cli_settings *s)
{
    struct cli_control *c;
    struct tt_error err;

    if (cli_control_open(&c, s, &err) < 0)
        return false;
    cli_control_close(c);
    return true;
}

json_t *cli_control_request(const char *cmd, int64_t job)
{
    return json_pack("{s:s, s:I}", "cmd", cmd, "job", (json_int_t)job);
}
