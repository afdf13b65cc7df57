#include "tests/queue/redis.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/resp.h"
#include "tests/check.h"

#define SOCKET (r->url + strlen("unix:"))

static void be_redis(const struct test_redis *r, const char *const *extra)
{
    const char *argv[32] = {
        "redis-server", "--port",    "0",         "--unixsocket",
        SOCKET,         "--save",    "",          "--loglevel",
        "warning",      "--logfile", "redis.log", "--maxmemory-policy",
        "noeviction"};
    size_t n = 13;

    while (extra && *extra && n < 31)
        argv[n++] = *extra++;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static int dial(const struct test_redis *r)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%s", SOCKET);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

void test_redis_start(struct test_redis *r, const char *const *extra)
{
    char folder[96];
    int status;

    CHECK(getcwd(folder, sizeof(folder)));
    snprintf(r->url, sizeof(r->url), "unix:%s/redis.sock", folder);
    unlink(SOCKET);
    r->pid = fork();
    if (r->pid == 0)
        be_redis(r, extra);
    for (int i = 0; i < 500; i++) {
        int fd = dial(r);

        if (fd >= 0) {
            char *pong;

            close(fd);
            pong = test_redis_ask(r, "PING");
            status = strcmp(pong, "PONG"); // else it is still loading
            free(pong);
            if (status == 0)
                return;
        }
        if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
            if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
                check_skip("redis-server is not installed");
            check_failed(__FILE__, __LINE__, "redis-server ended at once");
        }
        tt_sleep_ms(20);
    }
    check_failed(__FILE__, __LINE__, "redis-server did not come up");
}

void test_redis_kill(struct test_redis *r)
{
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    r->pid = 0;
}

static void print(FILE *out, const struct queue_reply *r)
{
    if (r->type == QUEUE_REPLY_INTEGER)
        fprintf(out, "%lld", (long long)r->integer);
    else if (r->type == QUEUE_REPLY_NIL)
        fprintf(out, "nil");
    else if (r->text)
        fprintf(out, "%s", r->text);
    for (size_t i = 0; i < r->n; i++) {
        if (i > 0)
            fputc(' ', out);
        print(out, r->items[i]);
    }
}

static struct queue_reply *receive(int fd)
{
    struct queue_resp *resp = queue_resp_new();
    struct queue_reply *reply = NULL;
    struct tt_error err;
    char buf[4096];
    ssize_t n;
    int rc = 0;

    while (rc == 0) {
        n = read(fd, buf, sizeof(buf));
        CHECK(n > 0);
        CHECK_OK(queue_resp_feed(resp, buf, (size_t)n, &err));
        rc = queue_resp_next(resp, &reply, &err);
        CHECK_OK(rc);
    }
    queue_resp_free(resp);
    return reply;
}

char *test_redis_ask(const struct test_redis *r, const char *words)
{
    struct queue_args args = {0};
    struct queue_reply *reply;
    struct tt_error err;
    char *data, *text;
    size_t size;
    FILE *out;
    int fd = dial(r);

    CHECK(fd >= 0);
    while (*words) {
        size_t len = strcspn(words, " ");

        queue_args_add_bytes(&args, words, len);
        words += len + (words[len] == ' ');
    }
    CHECK_OK(queue_args_format(&args, &data, &size, &err));
    CHECK(write(fd, data, size) == (ssize_t)size);
    reply = receive(fd);
    out = open_memstream(&text, &size);
    print(out, reply);
    fclose(out);
    queue_reply_free(reply);
    queue_args_release(&args);
    free(data);
    close(fd);
    return text;
}

long test_redis_number(const struct test_redis *r, const char *words)
{
    char *text = test_redis_ask(r, words);
    char *end;
    long v = strtol(text, &end, 10);

    if (*end || end == text)
        check_failed(__FILE__, __LINE__, text);
    free(text);
    return v;
}
