/**
 * main: the test runner. `run [-j N] [word]` runs the tests that have the word
 * in their name, each in a child and a folder of its own.
 */
#include "tests/check.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

/* Times what a test has on a machine of its own: busy ones are slower, and
 * sanitizers. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define PATIENCE 12
#else
#define PATIENCE 3
#endif

#define T(name, seconds) void test_##name(void);
#include "tests.list"
#undef T

static const struct test {
    const char *name;
    void (*run)(void);
    unsigned seconds;
} tests[] = {
#define T(name, seconds) {#name, test_##name, seconds},
#include "tests.list"
#undef T
    {NULL, NULL, 0},
};

static char root[4096];

const char *check_root(void)
{
    return root;
}

void check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(1);
}

void check_int(const char *file, int line, const char *what, long long got,
               long long want)
{
    if (got == want)
        return;
    fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what, got,
            want);
    exit(1);
}

void check_str(const char *file, int line, const char *what, const char *got,
               const char *want)
{
    if (got && want && strcmp(got, want) == 0)
        return;
    fprintf(stderr, "%s:%d: %s is\n  %s\nnot\n  %s\n", file, line, what,
            got ? got : "NULL", want ? want : "NULL");
    exit(1);
}

void check_near(const char *file, int line, const char *what, double got,
                double want, double tolerance)
{
    if (fabs(got - want) <= tolerance)
        return;
    fprintf(stderr, "%s:%d: %s is %.9g, not %.9g within %.3g\n", file, line,
            what, got, want, tolerance);
    exit(1);
}

void check_ok(const char *file, int line, const char *what, int rc,
              const struct tt_error *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, err->text);
    exit(1);
}

void check_fails(const char *file, int line, const char *what, int rc,
                 const struct tt_error *err, enum tt_code code,
                 const char *words)
{
    if (rc < 0 && err->code == code && strstr(err->text, words))
        return;
    fprintf(stderr, "%s:%d: %s gave %d, code %d, \"%s\", not code %d, \"%s\"\n",
            file, line, what, rc, (int)err->code, rc < 0 ? err->text : "",
            (int)code, words);
    exit(1);
}

void check_skip(const char *why)
{
    printf("     skipped: %s\n", why);
    fflush(stdout);
    exit(SKIPPED);
}

#ifdef __SANITIZE_ADDRESS__
/* HDF5 forgets some memory when a damaged file makes it give up; fontconfig
 * keeps what it read until the process ends. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n"
           "leak:libfontconfig\n";
}
#endif

#ifdef __SANITIZE_THREAD__
/* oneDNN's threads are OpenMP's, whose locks this sanitizer does not know; nor
 * does it see GLib's, which are futexes, so what libvips and the libraries
 * below it share by them looks like a race, and so does what a function of
 * ours does that libvips calls in its threads, one at a time (on_write). */
__attribute__((visibility("default"))) const char *
__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libdnnl\n"
           "race:on_write\n"
           "called_from_lib:libvips.so\n"
           "called_from_lib:libglib-2.0.so\n"
           "called_from_lib:libgobject-2.0.so\n"
           "called_from_lib:libtiff.so\n"
           "race:libjpeg.so\n"
           "race:libwebp\n"
           "race:libfontconfig.so\n"
           "mutex:libpango\n"
           "called_from_lib:libpng16.so\n"
           "called_from_lib:libz.so\n";
}
#endif

/* A crash, a hang or a leak is one failed test, not the end of the run. */
static int run(const struct test *t)
{
    char folder[] = "/tmp/tintype-test-XXXXXX";
    char remove[64];
    int status = -1;
    pid_t pid;

    if (!mkdtemp(folder))
        return -1;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (chdir(folder) < 0)
            _exit(1);
        alarm(t->seconds * PATIENCE);
        t->run();
        exit(0); // not _exit: leaks are looked for on the way out
    }
    waitpid(pid, &status, 0);
    kill(-pid, SIGKILL);
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    if (system(remove) != 0) // lint: system is the runner's own, fixed text
        fprintf(stderr, "%s stays\n", folder);
    return status;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    int passed = 0, failed = 0, skipped = 0;

    if (!getcwd(root, sizeof(root)))
        return 1;
    for (const struct test *t = tests; t->name; t++) {
        int status;

        if (!strstr(t->name, word))
            continue;
        status = run(t);
        if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
            skipped++;
        else if (status == 0)
            passed++;
        else
            failed++;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            fprintf(stderr, "     took longer than %u seconds\n",
                    t->seconds * PATIENCE);
        printf("%s %s\n",
               status == 0                                           ? "ok  "
               : WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED ? "skip"
                                                                     : "FAIL",
               t->name);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed || passed + skipped == 0;
}
