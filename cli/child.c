#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_MOST (16 << 20) /* bytes; a log that is longer begins anew */

int cli_child_init(struct cli_child *c, const char *name, const char *folder,
                   struct tt_error *err)
{
    char file[64];

    memset(c, 0, sizeof(*c));
    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(file, sizeof(file), "%s.log", name);
    return tt_path_join(c->log, sizeof(c->log), folder, file, err);
}

int cli_child_add(struct cli_child *c, const char *word, struct tt_error *err)
{
    size_t size = strlen(word) + 1;

    if (c->argc >= CLI_CHILD_WORDS || c->used + size > sizeof(c->words))
        return tt_fail(err, TT_BUG, "%s: too many words", c->name);
    c->argv[c->argc++] = memcpy(c->words + c->used, word, size);
    c->used += size;
    return 0;
}

/* In the child: never returns. */
static void become(const struct cli_child *c, int log, pid_t parent)
{
    const char *program = c->argv[0];
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(CLI_CHILD_NOEXEC);
    close(null);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before it could be asked */
        _exit(0);
    execvp(program, c->argv);
    dprintf(2, "%s: %s\n", program,
            errno == ENOENT ? "no such program" : "cannot be started");
    _exit(CLI_CHILD_NOEXEC);
}

int cli_child_start(struct cli_child *c, struct tt_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    pid_t parent = getpid();
    struct stat st;
    int log = open(c->log, flags, 0600);

    if (log >= 0 && fstat(log, &st) == 0 && st.st_size > LOG_MOST &&
        ftruncate(log, 0) == 0)
        st.st_size = 0;
    if (log < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", c->log);
    c->log_start = st.st_size;
    c->pid = fork();
    if (c->pid == 0)
        become(c, log, parent);
    close(log);
    if (c->pid < 0) {
        c->pid = 0;
        return tt_fail_errno(err, TT_UNAVAILABLE, "%s", c->name);
    }
    c->started = tt_steady_ms();
    return 0;
}

void cli_child_ended(struct cli_child *c, int status)
{
    int64_t now = tt_steady_ms();
    bool young = now - c->started < CLI_CHILD_YOUNG;
    int turn;

    c->pid = 0;
    c->status = status;
    c->failures = young && WIFEXITED(status) ? c->failures + 1 : 0;
    c->crashes = young && WIFSIGNALED(status) ? c->crashes + 1 : 0;
    turn = c->failures + c->crashes;
    c->next = now + (turn == 0 ? 0 : 100 << (turn < 6 ? turn - 1 : 5));
}

bool cli_child_hopeless(const struct cli_child *c)
{
    return c->pid == 0 && (c->failures >= CLI_CHILD_TRIES ||
                           cli_child_exit(c) == CLI_CHILD_NOEXEC ||
                           cli_child_exit(c) == tt_code_exit(TT_OUTPUT));
}

int cli_child_exit(const struct cli_child *c)
{
    return c->pid == 0 && WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 0;
}

/* The start of the last line that has letters in it; cuts text behind it. */
static char *last_line(char *text)
{
    size_t n = strlen(text);
    char *line;

    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = '\0';
    line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

/* Redis begins a line with "4711:M 25 Nov 2026 13:40:00.123 # ". */
static const char *without_stamp(const char *line)
{
    const char *mark = strstr(line, " # ");

    if (!mark)
        mark = strstr(line, " * ");
    return mark && strspn(line, "0123456789") > 0 ? mark + 3 : line;
}

void cli_child_last_words(const struct cli_child *c, char *text, size_t size)
{
    char tail[4096];
    struct stat st;
    off_t from;
    ssize_t n = 0;
    int fd = open(c->log, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &st) == 0) {
        from = st.st_size - (off_t)sizeof(tail) + 1;
        if (from < c->log_start)
            from = (off_t)c->log_start;
        n = pread(fd, tail, sizeof(tail) - 1, from);
    }
    if (fd >= 0)
        close(fd);
    tail[n > 0 ? n : 0] = '\0';
    snprintf(text, size, "%s", without_stamp(last_line(tail)));
    if (text[0])
        return;
    if (WIFSIGNALED(c->status))
        snprintf(text, size, "killed by signal %d", WTERMSIG(c->status));
    else
        snprintf(text, size, "ended with exit status %d", cli_child_exit(c));
}
