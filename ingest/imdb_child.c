#include "ingest/imdb_mat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* its run time maps terabytes */
#else
#define SANITIZED false
#endif

/* What libmatio may take, by the size of the file: a wiki.mat of 3.4 MiB needs
 * 54 MB and 1 s. Damaged files of some hundred bytes have it go in circles. */
#define MEMORY(size)  (((rlim_t)256 << 20) + 100 * (rlim_t)(size))
#define SECONDS(size) (5 + 5 * ((rlim_t)(size) >> 20))

enum kind { ROW, FAILED, DONE };

/* What the child says; len bytes of a path or of a message follow. */
struct word {
    struct ingest_face face;
    uint16_t kind, len;
    int32_t code; /* FAILED */
};

/* --- the child --- */

static void limit(int what, rlim_t value)
{
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};

    /* a limit that is lower already cannot be raised, and need not be */
    (void)setrlimit((__rlimit_resource_t)what, &r);
}

static int say(FILE *out, const struct word *w, const char *text)
{
    return fwrite(w, sizeof(*w), 1, out) == 1 &&
                   fwrite(text, 1, w->len, out) == w->len
               ? 0
               : -1;
}

static int say_row(void *ctx, const char *path, const struct ingest_face *face,
                   struct tt_error *err)
{
    struct word w;

    memset(&w, 0, sizeof(w));
    w.face = *face;
    w.kind = ROW;
    w.len = (uint16_t)strlen(path);
    return say(ctx, &w, path) < 0 ? tt_fail(err, TT_IO, "nobody listens") : 0;
}

/* Of address space, our parent's included, which we have been given. */
static rlim_t in_use(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (f && fscanf(f, "%lu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_all(const char *file)
{
    struct stat st;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (stat(file, &st) < 0)
        st.st_size = 0;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, SECONDS(st.st_size));
    if (!SANITIZED)
        limit(RLIMIT_AS, in_use() + MEMORY(st.st_size));
}

static void child(const char *file, int fd)
{
    FILE *out = fdopen(fd, "w");
    struct tt_error err = {0};
    struct word w;

    if (!out)
        _exit(1);
    limit_all(file);
    memset(&w, 0, sizeof(w));
    w.kind = DONE;
    if (ingest_imdb_mat_walk(file, say_row, out, &err) < 0) {
        w.kind = FAILED;
        w.code = err.code;
        w.len = (uint16_t)strlen(err.text);
    }
    if (say(out, &w, err.text) < 0 || fflush(out) == EOF)
        _exit(1);
    _exit(0);
}

/* --- the parent --- */

/* What the child said is checked: a strange file may have taken it over. 1: a
 * row was added; 0: that was all; -1. */
static int hear(FILE *in, struct ingest_imdb_rows *rows, struct tt_error *err)
{
    char text[TT_PATH_SIZE];
    struct word w;

    if (fread(&w, sizeof(w), 1, in) != 1 || w.kind > DONE ||
        w.len >= sizeof(text) || fread(text, 1, w.len, in) != w.len)
        return tt_fail(err, TT_INPUT,
                       "damaged, or too large: its reader has died");
    text[w.len] = '\0';
    if (w.kind == ROW)
        return ingest_imdb_rows_add(rows, text, &w.face, err) < 0 ? -1 : 1;
    if (w.kind == FAILED)
        return tt_fail(err,
                       w.code == TT_MISSING || w.code == TT_IO
                           ? (enum tt_code)w.code
                           : TT_INPUT,
                       "%s", text);
    return 0;
}

int ingest_imdb_read(const char *file, struct ingest_imdb_rows *rows,
                     struct tt_error *err)
{
    int ends[2], rc;
    pid_t pid;
    FILE *in;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return tt_fail_errno(err, TT_IO, "no pipe to its reader");
    pid = fork();
    if (pid == 0)
        child(file, ends[1]);
    close(ends[1]);
    in = pid > 0 ? fdopen(ends[0], "r") : NULL;
    if (!in)
        rc = tt_fail_errno(err, TT_NOMEM, "no reader can be started");
    else
        while ((rc = hear(in, rows, err)) > 0)
            ;
    if (in)
        fclose(in);
    else
        close(ends[0]);
    if (rc < 0 && pid > 0)
        kill(pid, SIGKILL);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return rc;
}
