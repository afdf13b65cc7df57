#include "cli/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/child.h"
#include "cli/control_client.h"
#include "cli/stack.h"
#include "db/history.h"
#include "scheduler/scheduler.h"

#define TICK_STARTING 5     /* ms */
#define TICK_RUNNING  200   /* ms */
#define START_TIMEOUT 30000 /* ms until the scheduler must listen */
#define STOP_WORKERS  30000 /* ms: their grace, and some */
#define STOP_OTHERS   10000

// clang-format off
const struct tt_opt supervisor_opts[] = {
    TT_FLAG(supervisor_opts, stay, 0, "outlive the users"),
    TT_INT (supervisor_opts, ready_fd, 0, "FD", "-1", -1, 65535,
            "where to say that all is up"),
    TT_OPT_END,
};
// clang-format on

struct supervisor {
    const struct cli_settings *settings;
    bool stay, private_redis;
    int ready_fd, lock_fd, users_fd;
    char redis[TT_PATH_SIZE];   /* address */
    struct cli_child *children; /* redis if ours, scheduler, workers */
    int n;
    bool redis_up, up;
    int stop;     /* signals to stop so far */
    bool leaving; /* what ends now is meant to */
    int64_t born;
};

/* --- the children --- */

static int add_words(struct cli_child *c, const char *const *words,
                     struct tt_error *err)
{
    for (; *words; words++) {
        if (cli_child_add(c, *words, err) < 0)
            return -1;
    }
    return 0;
}

static int plan_redis(struct supervisor *s, struct cli_child *c,
                      const char *logs, struct tt_error *err)
{
    char folder[TT_PATH_SIZE];

    if (cli_child_init(c, "redis", logs, err) < 0 ||
        cli_settings_path(s->settings, "redis", folder, err) < 0 ||
        tt_mkdirs(folder, 0700, err) < 0)
        return -1;
    /* noeviction: a lease that Redis drops by itself would run twice */
    return add_words(c,
                     (const char *const[]){s->settings->redis_server,
                                           "--port",
                                           "0",
                                           "--unixsocket",
                                           s->redis,
                                           "--unixsocketperm",
                                           "700",
                                           "--appendonly",
                                           "yes",
                                           "--appendfsync",
                                           "everysec",
                                           "--save",
                                           "",
                                           "--maxmemory",
                                           "256mb",
                                           "--maxmemory-policy",
                                           "noeviction",
                                           "--dir",
                                           folder,
                                           "--daemonize",
                                           "no",
                                           NULL},
                     err);
}

static int plan_ours(struct supervisor *s, struct cli_child *c,
                     const char *command, const char *name, const char *logs,
                     struct tt_error *err)
{
    const char *log = s->settings->log ? s->settings->log : "info";

    if (cli_child_init(c, name, logs, err) < 0)
        return -1;
    return add_words(c,
                     (const char *const[]){"/proc/self/exe", command, "--state",
                                           s->settings->state_dir, "--redis",
                                           s->redis, "--log", log, NULL},
                     err);
}

static int plan(struct supervisor *s, struct tt_error *err)
{
    char logs[TT_PATH_SIZE], name[32], threads[32];

    if (cli_settings_path(s->settings, "log", logs, err) < 0 ||
        tt_mkdirs(logs, 0700, err) < 0)
        return -1;
    s->children =
        calloc((size_t)s->settings->workers + 2, sizeof(*s->children));
    if (!s->children)
        return tt_fail(err, TT_NOMEM, "no memory for the stack");
    s->private_redis = !s->settings->redis;
    if (cli_stack_redis(s->settings, s->redis, err) < 0)
        return -1;
    if (s->private_redis && plan_redis(s, &s->children[s->n++], logs, err) < 0)
        return -1;
    if (plan_ours(s, &s->children[s->n++], "scheduler", "scheduler", logs,
                  err) < 0)
        return -1;
    snprintf(threads, sizeof(threads), "%ld", s->settings->threads);
    for (long w = 1; w <= s->settings->workers; w++) {
        struct cli_child *c = &s->children[s->n++];

        snprintf(name, sizeof(name), "worker-%ld", w);
        if (plan_ours(s, c, "worker", name, logs, err) < 0 ||
            cli_child_add(c, "--threads", err) < 0 ||
            cli_child_add(c, threads, err) < 0 ||
            cli_child_add(c, "--device", err) < 0 ||
            cli_child_add(c, s->settings->device, err) < 0)
            return -1;
    }
    return 0;
}

/* One command to our Redis, and the beginning of what it answers. */
static bool redis_ask(const char *path, const char *command, char answer[16])
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval patience = {1, 0};
    size_t size = strlen(command);
    bool good;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(answer, 0, 16);
    if (fd < 0)
        return false;
    memcpy(to.sun_path, path, strlen(path) + 1); /* cli_stack_redis saw to it */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    good = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
           send(fd, command, size, MSG_NOSIGNAL) == (ssize_t)size &&
           recv(fd, answer, 15, 0) > 0;
    close(fd);
    return good;
}

/* Does our Redis say PONG? One that loads its file says something else. */
static bool redis_answers(const char *path)
{
    char answer[16];

    return redis_ask(path, "PING\r\n", answer) &&
           strncmp(answer, "+PONG", 5) == 0;
}

/* It looks at signals ten times a second only; a command it obeys at once, and
 * says nothing more. */
static void redis_shut_down(const struct supervisor *s)
{
    char answer[16];

    if (s->private_redis && s->redis_up)
        (void)redis_ask(s->redis, "SHUTDOWN\r\n", answer);
}

static void start_due(struct supervisor *s)
{
    int64_t now = tt_steady_ms();
    struct tt_error err;

    for (int i = 0; i < s->n; i++) {
        struct cli_child *c = &s->children[i];

        if (i > 0 && !s->redis_up)
            break;
        if (c->pid != 0 || c->next > now || cli_child_hopeless(c))
            continue;
        if (cli_child_start(c, &err) < 0) {
            tt_log(TT_ERROR, "%s", err.text);
            c->next = now + 1000;
            continue;
        }
        tt_log(TT_INFO, "started %s pid=%d", c->name, (int)c->pid);
    }
}

static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < s->n; i++) {
            struct cli_child *c = &s->children[i];
            char words[256];

            if (c->pid != pid)
                continue;
            cli_child_ended(c, status);
            if (WIFSIGNALED(status) && strncmp(c->name, "worker", 6) == 0)
                cli_control_lost(s->settings, pid);
            cli_child_last_words(c, words, sizeof(words));
            tt_log(s->leaving ? TT_INFO : TT_WARN, "%s ended: %s", c->name,
                   words);
        }
    }
}

/* --- what the users see --- */

static void say_ready(struct supervisor *s, const char *line)
{
    if (s->ready_fd < 0)
        return;
    (void)!write(s->ready_fd, line, strlen(line));
    close(s->ready_fd);
    s->ready_fd = -1;
}

/* "tintype worker: words" without who said them. */
static const char *without_name(const char *words)
{
    const char *colon = strstr(words, ": ");

    return strncmp(words, "tintype ", 8) == 0 && colon ? colon + 2 : words;
}

/* The child that will not start, if there is one: then *err says why. */
static bool given_up(struct supervisor *s, struct tt_error *err)
{
    for (int i = 0; i < s->n; i++) {
        struct cli_child *c = &s->children[i];
        enum tt_code code = TT_UNAVAILABLE;
        char words[300];

        if (!cli_child_hopeless(c))
            continue;
        cli_child_last_words(c, words, sizeof(words));
        if (cli_child_exit(c) == tt_code_exit(TT_FORMAT))
            code = TT_FORMAT;
        if (cli_child_exit(c) == tt_code_exit(TT_OUTPUT))
            tt_fail(err, TT_OUTPUT, "%s", without_name(words));
        else if (tt_folder_is_full(s->settings->state_dir)) // so are logs
            tt_fail(err, TT_OUTPUT, "%s: No space left on device",
                    s->settings->state_dir);
        else if (i == 0 && s->private_redis &&
                 cli_child_exit(c) == CLI_CHILD_NOEXEC)
            tt_fail(err, code, "%s (apt-get install redis-server has it)",
                    words);
        else
            tt_fail(err, code, "%s does not start: %s (%s)", c->name, words,
                    c->log);
        return true;
    }
    if (!s->up && tt_steady_ms() - s->born > START_TIMEOUT) {
        tt_fail(err, TT_UNAVAILABLE,
                "the stack did not come up within %d seconds (see %s/log)",
                START_TIMEOUT / 1000, s->settings->state_dir);
        return true;
    }
    return false;
}

static void keep_why(const struct supervisor *s, const struct tt_error *err)
{
    char path[TT_PATH_SIZE], text[TT_ERROR_TEXT + 16];
    struct tt_error ignored;

    snprintf(text, sizeof(text), "%d %s", (int)err->code, err->text);
    if (cli_settings_path(s->settings, SUPERVISOR_WHY, path, &ignored) == 0)
        (void)!tt_file_write(path, text, strlen(text), &ignored);
}

static bool jobs_are_open(const struct supervisor *s)
{
    struct db_history_filter f = {.states = DB_STATE(JOB_QUEUED) |
                                            DB_STATE(JOB_RUNNING) |
                                            DB_STATE(JOB_CANCELLING),
                                  .limit = 1};
    struct db_arena *mem = db_arena_new();
    char path[TT_PATH_SIZE];
    struct db_job *rows;
    struct tt_error err;
    struct db *db = NULL;
    size_t n = 1; /* in doubt, stay */

    if (mem && cli_settings_path(s->settings, SCHEDULER_DB, path, &err) == 0 &&
        db_open_reader(&db, path, &err) == 0 &&
        db_history_jobs(db, &f, mem, &rows, &n, &err) < 0)
        n = 1;
    db_close(db);
    db_arena_free(mem);
    return n > 0;
}

/* True once nobody needs us; then the users' lock is ours until the end, so
 * that whoever comes now waits and starts a stack of his own. */
static bool needless(struct supervisor *s)
{
    if (s->stay || !s->up || flock(s->users_fd, LOCK_EX | LOCK_NB) < 0)
        return false;
    if (!jobs_are_open(s))
        return true;
    flock(s->users_fd, LOCK_UN);
    return false;
}

/* --- the loop --- */

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGUSR1);
    sigaddset(set, SIGUSR2); /* a user has left: look again */
    sigaddset(set, SIGCHLD);
    sigprocmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* Our number, and whether we outlive the users, into the lock's file. */
static int write_lock(struct supervisor *s, struct tt_error *err)
{
    char text[48];
    int n = snprintf(text, sizeof(text), "%d %s\n", (int)getpid(),
                     s->stay ? "stays" : "private");

    if (ftruncate(s->lock_fd, 0) < 0 ||
        pwrite(s->lock_fd, text, (size_t)n, 0) != n)
        return tt_fail_errno(err, TT_OUTPUT, "%s", SUPERVISOR_LOCK);
    return 0;
}

/* Sleep until a signal or the end of the tick. */
static void wait_tick(struct supervisor *s, const sigset_t *set, long ms)
{
    struct timespec tick = {ms / 1000, (ms % 1000) * 1000000};
    int signal_number = sigtimedwait(set, NULL, &tick);
    struct tt_error ignored;

    if (signal_number == SIGTERM || signal_number == SIGINT)
        s->stop++;
    if (signal_number == SIGUSR1) {
        s->stay = true;
        (void)!write_lock(s, &ignored);
    }
    reap(s);
}

/* Until told to stop (0), needed no more (0), or -1. */
static int keep_alive(struct supervisor *s, const sigset_t *set,
                      struct tt_error *err)
{
    s->redis_up = !s->private_redis;
    while (!s->stop) {
        if (given_up(s, err))
            return -1;
        start_due(s);
        if (!s->redis_up)
            s->redis_up = redis_answers(s->redis);
        else if (!s->up && cli_control_answers(s->settings)) {
            s->up = true;
            say_ready(s, "ok\n");
        }
        if (needless(s))
            return 0;
        wait_tick(s, set, s->up ? TICK_RUNNING : TICK_STARTING);
    }
    return 0;
}

/* Stop the children from..to, and wait; what does not go is killed. */
static void stop_children(struct supervisor *s, const sigset_t *set, int from,
                          int to, int64_t timeout_ms)
{
    int64_t until = tt_steady_ms() + timeout_ms;
    int stops = s->stop;
    int alive;

    for (int i = from; i < to; i++) {
        if (s->children[i].pid)
            kill(s->children[i].pid, SIGTERM);
    }
    do {
        bool impatient = tt_steady_ms() > until || s->stop > stops;

        alive = 0;
        for (int i = from; i < to; i++) {
            if (s->children[i].pid && impatient)
                kill(s->children[i].pid, SIGKILL);
            alive += s->children[i].pid != 0;
        }
        if (alive)
            wait_tick(s, set, TICK_RUNNING);
    } while (alive);
}

static void stop_all(struct supervisor *s, const sigset_t *set)
{
    int scheduler = s->private_redis ? 1 : 0;

    if (s->n <= scheduler)
        return; /* there never was a plan */
    s->leaving = true;
    /* workers first: the scheduler still records what they finish */
    stop_children(s, set, scheduler + 1, s->n, STOP_WORKERS);
    stop_children(s, set, scheduler, scheduler + 1, STOP_OTHERS);
    redis_shut_down(s);
    stop_children(s, set, 0, scheduler, STOP_OTHERS);
}

/* Take the lock; TT_BUSY if another has it. */
static int lock(struct supervisor *s, struct tt_error *err)
{
    char path[TT_PATH_SIZE];

    if (cli_settings_path(s->settings, SUPERVISOR_LOCK, path, err) < 0)
        return -1;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return tt_fail(err, TT_BUSY, "a stack runs in %s already",
                       s->settings->state_dir);
    if (write_lock(s, err) < 0)
        return -1;
    if (cli_settings_path(s->settings, SUPERVISOR_WHY, path, err) < 0)
        return -1;
    unlink(path);
    if (cli_settings_path(s->settings, SUPERVISOR_USERS, path, err) < 0)
        return -1;
    s->users_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return s->users_fd < 0 ? tt_fail_errno(err, TT_OUTPUT, "%s", path) : 0;
}

int supervisor_run(const struct cli_settings *settings,
                   const struct supervisor_opts *opts, struct tt_error *err)
{
    struct supervisor s = {.settings = settings,
                           .stay = opts->stay,
                           .ready_fd = (int)opts->ready_fd,
                           .lock_fd = -1,
                           .users_fd = -1,
                           .born = tt_steady_ms()};
    char line[TT_ERROR_TEXT + 32];
    sigset_t set;
    int rc;

    block_signals(&set);
    rc = tt_mkdirs(settings->state_dir, 0700, err);
    if (rc == 0)
        rc = lock(&s, err);
    if (rc == 0)
        rc = plan(&s, err);
    if (rc == 0)
        rc = keep_alive(&s, &set, err);
    if (rc < 0 && err->code != TT_BUSY && s.lock_fd >= 0)
        keep_why(&s, err);
    stop_all(&s, &set);
    if (rc < 0 && err->code == TT_BUSY)
        say_ready(&s, "busy\n");
    else if (rc < 0) {
        snprintf(line, sizeof(line), "fail %d %s\n", (int)err->code, err->text);
        say_ready(&s, line);
    }
    free(s.children);
    if (s.users_fd >= 0)
        close(s.users_fd);
    if (s.lock_fd >= 0)
        close(s.lock_fd);
    return rc;
}
