#include "cli/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/control_client.h"
#include "cli/supervisor.h"

#define START_TIMEOUT 40000 /* ms; the supervisor gives up before that */
#define STOP_TIMEOUT  60000

struct cli_stack {
    const struct cli_settings *settings;
    int users_fd;
    bool started, stay;
    bool private; /* and nobody's but its commands', who may start it again */
};

int cli_stack_redis(const struct cli_settings *s, char address[TT_PATH_SIZE],
                    struct tt_error *err)
{
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (s->redis) {
        if (strlen(s->redis) >= TT_PATH_SIZE)
            return tt_fail(err, TT_USAGE, "--redis: too long");
        memcpy(address, s->redis, strlen(s->redis) + 1);
        return 0;
    }
    if (cli_settings_path(s, SUPERVISOR_REDIS, address, err) < 0)
        return -1;
    if (strlen(address) > most)
        return tt_fail(err, TT_INPUT,
                       "%s: longer than the %zu bytes a socket's path may "
                       "have; choose a shorter --state",
                       address, most);
    return 0;
}

/* --- who is there --- */

/* Is a lock file of the state folder held so that `how` is not to be had? */
static bool is_held(const struct cli_settings *s, const char *name, int how)
{
    char path[TT_PATH_SIZE];
    struct tt_error err;
    bool held;
    int fd;

    if (cli_settings_path(s, name, path, &err) < 0)
        return false;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    held = flock(fd, how | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}

/* Its number, 0 if there is none; *stays as it says. */
static pid_t supervisor(const struct cli_settings *s, bool *stays)
{
    char path[TT_PATH_SIZE], *text;
    struct tt_error err;
    size_t size;
    long pid;

    *stays = false;
    if (!is_held(s, SUPERVISOR_LOCK, LOCK_EX) ||
        cli_settings_path(s, SUPERVISOR_LOCK, path, &err) < 0 ||
        tt_file_read(path, 64, &text, &size, &err) < 0)
        return 0;
    pid = strtol(text, NULL, 10);
    *stays = strstr(text, "stays") != NULL;
    free(text);
    return pid > 1 ? (pid_t)pid : 0;
}

pid_t cli_stack_supervisor(const struct cli_settings *s)
{
    bool stays;

    return supervisor(s, &stays);
}

int cli_stack_epitaph(const struct cli_settings *s, struct tt_error *why)
{
    char path[TT_PATH_SIZE], *text, *words;
    struct tt_error err;
    long code;
    size_t n;

    if (cli_settings_path(s, SUPERVISOR_WHY, path, &err) < 0 ||
        tt_file_read(path, 4096, &text, &n, &err) < 0)
        return 0;
    code = strtol(text, &words, 10);
    tt_fail(why, code > 0 ? (enum tt_code)code : TT_UNAVAILABLE, "%s",
            words[0] == ' ' ? words + 1 : words);
    free(text);
    return 1;
}

/* --- starting --- */

static int open_users(struct cli_stack *stack, struct tt_error *err)
{
    const struct cli_settings *s = stack->settings;
    char path[TT_PATH_SIZE];

    if (tt_mkdirs(s->state_dir, 0700, err) < 0 ||
        cli_settings_path(s, SUPERVISOR_USERS, path, err) < 0)
        return -1;
    stack->users_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (stack->users_fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    /* waits for a supervisor that is about to end */
    while (flock(stack->users_fd, LOCK_SH) < 0) {
        if (errno != EINTR)
            return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    }
    return 0;
}

struct words {
    char *argv[24];
    int n;
    char workers[32], threads[32], ready[32];
};

static void word(struct words *w, const char *text)
{
    w->argv[w->n++] = (char *)text; /* execv promises not to write to it */
    w->argv[w->n] = NULL;
}

static void plan_words(struct words *w, const struct cli_settings *s, bool stay,
                       int ready_fd, const char *config)
{
    snprintf(w->workers, sizeof(w->workers), "%ld", s->workers);
    snprintf(w->threads, sizeof(w->threads), "%ld", s->threads);
    snprintf(w->ready, sizeof(w->ready), "%d", ready_fd);
    word(w, "tintype");
    word(w, "supervise");
    word(w, "--state");
    word(w, s->state_dir);
    word(w, "--workers");
    word(w, w->workers);
    word(w, "--threads");
    word(w, w->threads);
    word(w, "--device");
    word(w, s->device);
    word(w, "--ready-fd");
    word(w, w->ready);
    if (s->redis) {
        word(w, "--redis");
        word(w, s->redis);
    }
    if (config[0]) {
        word(w, "--conf");
        word(w, config);
    }
    word(w, s->log ? "--log" : "--log=info");
    if (s->log)
        word(w, s->log);
    if (stay)
        word(w, "--stay");
}

/* In the child's child: become the supervisor. Never returns. */
static void become(const struct cli_settings *s, bool stay, int ready_fd,
                   int log)
{
    char config[PATH_MAX] = "";
    struct words w = {.n = 0};
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    if (s->conf_path[0] && !realpath(s->conf_path, config))
        config[0] = '\0';
    plan_words(&w, s, stay, ready_fd, config);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 ||
        fcntl(ready_fd, F_SETFD, 0) < 0 || chdir("/") < 0)
        _exit(1);
    execv("/proc/self/exe", w.argv);
    _exit(1);
}

static int open_log(const struct cli_settings *s, struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    int fd;

    if (cli_settings_path(s, "log/stack.log", path, err) < 0 ||
        tt_mkdirs_above(path, 0700, err) < 0)
        return -1;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return fd < 0 ? tt_fail_errno(err, TT_OUTPUT, "%s", path) : fd;
}

/* Fork twice, so that nobody has to wait for it; *ready is read until its end.
 */
static int spawn(const struct cli_settings *s, bool stay, int *ready,
                 struct tt_error *err)
{
    int log = open_log(s, err);
    int ends[2], status;
    pid_t pid;

    if (log < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        close(log);
        return tt_fail_errno(err, TT_UNAVAILABLE, "the stack");
    }
    pid = fork();
    if (pid == 0) {
        setsid();
        pid = fork();
        if (pid == 0)
            become(s, stay, ends[1], log);
        _exit(pid < 0);
    }
    close(log);
    close(ends[1]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid < 0 || status != 0) {
        close(ends[0]);
        return tt_fail_errno(err, TT_UNAVAILABLE, "the stack");
    }
    *ready = ends[0];
    return 0;
}

/* What the supervisor says: 1 ok, 0 busy (another was faster), -1 *err. */
static int await(int ready, const struct cli_settings *s, struct tt_error *err)
{
    char line[TT_ERROR_TEXT + 64];
    size_t have = 0;
    char *words;
    long code;

    while (have < sizeof(line) - 1) {
        struct pollfd fd = {ready, POLLIN, 0};
        ssize_t n;

        if (poll(&fd, 1, START_TIMEOUT) == 0)
            break;
        n = read(ready, line + have, sizeof(line) - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
        if (line[have - 1] == '\n')
            break;
    }
    line[have] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "ok") == 0)
        return 1;
    if (strcmp(line, "busy") == 0)
        return 0;
    if (strncmp(line, "fail ", 5) != 0)
        return tt_fail(err, TT_UNAVAILABLE,
                       "the stack ended before it was up (see %s/log)",
                       s->state_dir);
    code = strtol(line + 5, &words, 10);
    return tt_fail(err, (enum tt_code)code, "%s", words + (*words == ' '));
}

/* Until a scheduler answers: it runs already, we start it, or another does. */
static int ensure(struct cli_stack *stack, struct tt_error *err)
{
    const struct cli_settings *s = stack->settings;
    int64_t until = tt_steady_ms() + START_TIMEOUT;

    while (tt_steady_ms() < until) {
        int ready = -1, rc;

        if (cli_control_answers(s))
            return 0;
        if (spawn(s, stack->stay, &ready, err) < 0)
            return -1;
        rc = await(ready, s, err);
        close(ready);
        if (rc < 0)
            return -1;
        if (rc > 0)
            stack->started = true;
        else
            tt_sleep_ms(50);
    }
    return tt_fail(err, TT_UNAVAILABLE,
                   "the stack in %s does not answer (see %s/log)", s->state_dir,
                   s->state_dir);
}

int cli_stack_attach(struct cli_stack **out, const struct cli_settings *s,
                     bool stay, struct tt_error *err)
{
    struct cli_stack *stack = calloc(1, sizeof(*stack));
    char address[TT_PATH_SIZE];
    bool stays;
    pid_t pid;

    *out = NULL;
    if (!stack)
        return tt_fail(err, TT_NOMEM, "no memory for the stack");
    stack->settings = s;
    stack->stay = stay;
    stack->users_fd = -1;
    if (cli_stack_redis(s, address, err) < 0 || open_users(stack, err) < 0 ||
        ensure(stack, err) < 0)
        goto fail;
    pid = supervisor(s, &stays);
    stack->private = pid > 0 && !stays;
    if (pid > 0 && stay && !stack->started)
        kill(pid, SIGUSR1);
    *out = stack;
    return 0;

fail:
    if (stack->users_fd >= 0)
        close(stack->users_fd);
    free(stack);
    return -1;
}

int cli_stack_again(struct cli_stack *stack, struct tt_error *err)
{
    return ensure(stack, err);
}

bool cli_stack_started(const struct cli_stack *stack)
{
    return stack->started;
}

bool cli_stack_private(const struct cli_stack *stack)
{
    return stack->private;
}

/* --- leaving --- */

static void wait_gone(const struct cli_settings *s)
{
    int64_t until = tt_steady_ms() + STOP_TIMEOUT;

    while (tt_steady_ms() < until && is_held(s, SUPERVISOR_LOCK, LOCK_EX))
        tt_sleep_ms(20);
}

/* The supervisor takes the users' lock alone when it is going to end: then not
 * even a shared lock is to be had. Until then it may find a job open, or
 * another user, and stay. */
static bool is_leaving(const struct cli_settings *s)
{
    int64_t until = tt_steady_ms() + 600;

    while (tt_steady_ms() < until) {
        if (!is_held(s, SUPERVISOR_LOCK, LOCK_EX) ||
            is_held(s, SUPERVISOR_USERS, LOCK_SH))
            return true;
        tt_sleep_ms(10);
    }
    return false;
}

bool cli_stack_detach(struct cli_stack *stack, bool wait)
{
    const struct cli_settings *s;
    bool stays, gone = false;
    pid_t pid;

    if (!stack)
        return false;
    s = stack->settings;
    close(stack->users_fd);
    pid = wait ? supervisor(s, &stays) : 0;
    if (pid > 0 && !stays) {
        kill(pid, SIGUSR2);
        gone = is_leaving(s);
        if (gone)
            wait_gone(s);
    }
    free(stack);
    return gone;
}

void cli_stack_abandon(struct cli_stack *stack)
{
    pid_t pid;

    if (!stack)
        return;
    close(stack->users_fd);
    pid = stack->started ? cli_stack_supervisor(stack->settings) : 0;
    if (pid > 0 && !is_held(stack->settings, SUPERVISOR_USERS, LOCK_EX))
        kill(pid, SIGTERM);
    free(stack);
}

int cli_stack_stop(const struct cli_settings *s, struct tt_error *err)
{
    pid_t pid = cli_stack_supervisor(s);

    if (pid == 0)
        return 0;
    if (kill(pid, SIGTERM) < 0)
        return tt_fail_errno(err, TT_UNAVAILABLE, "the stack's supervisor %d",
                             (int)pid);
    wait_gone(s);
    if (is_held(s, SUPERVISOR_LOCK, LOCK_EX))
        return tt_fail(err, TT_UNAVAILABLE,
                       "the stack's supervisor %d does not end", (int)pid);
    return 1;
}
