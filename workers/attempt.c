#include "workers/attempt.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "try-"

#define LATEST "latest.h5"
#define BEST   "best.h5"

/* Both folders and a name into one path. */
static int path_of(char path[TT_PATH_SIZE], const char *folder,
                   const char *name, struct tt_error *err)
{
    return tt_path_join(path, TT_PATH_SIZE, folder, name, err);
}

/* A second name for the same bytes: checkpoints are replaced, never changed,
 * so a link is a copy. A name that is there is replaced. */
static int link_over(const char *from, const char *to, struct tt_error *err)
{
    char temp[TT_PATH_SIZE + 8];

    snprintf(temp, sizeof(temp), "%s.tt-new", to);
    unlink(temp);
    if (link(from, temp) < 0 || rename(temp, to) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", to);
    unlink(temp); /* rename leaves it where both are one file already */
    return 0;
}

static int make_name(const struct queue_lease *lease, char *name, size_t size)
{
    int n = snprintf(name, size, PREFIX "%lld-%s", (long long)lease->attempt,
                     lease->token);

    for (char *p = name; *p; p++) {
        if (*p == '/' || *p == ':')
            *p = '-';
    }
    return n;
}

/* Folders of attempts, and the run's own, by call. */
static int each_folder(const char *run,
                       int (*call)(void *ctx, const char *folder), void *ctx,
                       struct tt_error *err)
{
    DIR *dir = opendir(run);
    char path[TT_PATH_SIZE];
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return tt_fail_errno(err, TT_IO, "%s", run);
    while (rc == 0 && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        rc = path_of(path, run, entry->d_name, err);
        if (rc == 0)
            rc = call(ctx, path);
    }
    closedir(dir);
    return rc;
}

struct newest {
    const char *except;
    char folder[TT_PATH_SIZE];
    struct timespec at;
};

static int look(void *ctx, const char *folder)
{
    struct newest *n = ctx;
    char path[TT_PATH_SIZE];
    struct tt_error err;
    struct stat st;

    if (strcmp(folder, n->except) == 0 ||
        path_of(path, folder, LATEST, &err) < 0 || stat(path, &st) < 0)
        return 0;
    if (n->folder[0] && (st.st_mtim.tv_sec < n->at.tv_sec ||
                         (st.st_mtim.tv_sec == n->at.tv_sec &&
                          st.st_mtim.tv_nsec <= n->at.tv_nsec)))
        return 0;
    n->at = st.st_mtim;
    snprintf(n->folder, sizeof(n->folder), "%s", folder);
    return 0;
}

/* Checkpoints end so; what is unfinished has another end. */
static bool is_checkpoint(const char *name)
{
    size_t n = strlen(name);

    return n > 3 && strcmp(name + n - 3, ".h5") == 0;
}

static int link_into(const char *from, const char *to, const char *name,
                     struct tt_error *err)
{
    char source[TT_PATH_SIZE], target[TT_PATH_SIZE];

    if (path_of(source, from, name, err) < 0 ||
        path_of(target, to, name, err) < 0)
        return -1;
    return link_over(source, target, err);
}

/* All checkpoints of a folder, latest.h5 last: with it there, what was brought
 * is whole. 1: it was there; 0: it was not. */
static int link_all(const char *from, const char *to, struct tt_error *err)
{
    DIR *dir = opendir(from);
    bool latest = false;
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return tt_fail_errno(err, TT_IO, "%s", from);
    while (rc == 0 && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, LATEST) == 0)
            latest = true;
        else if (is_checkpoint(entry->d_name))
            rc = link_into(from, to, entry->d_name, err);
    }
    closedir(dir);
    if (rc == 0 && latest)
        rc = link_into(from, to, LATEST, err);
    return rc < 0 ? -1 : latest;
}

static int bring(struct worker_attempt *a, const char *from,
                 struct tt_error *err)
{
    int rc = link_all(from, a->folder, err);

    a->resumed = rc > 0;
    return rc < 0 ? -1 : 0;
}

int worker_attempt_begin(struct worker_attempt *a, const char *run,
                         const struct queue_lease *lease, struct tt_error *err)
{
    char name[128];
    struct newest newest = {.except = a->folder};

    a->run = run;
    a->resumed = false;
    make_name(lease, name, sizeof(name));
    if (path_of(a->folder, run, name, err) < 0 ||
        tt_mkdirs(a->folder, 0777, err) < 0 || look(&newest, run) < 0 ||
        each_folder(run, look, &newest, err) < 0)
        return -1;
    return newest.folder[0] ? bring(a, newest.folder, err) : 0;
}

int worker_attempt_latest(const char *run, char path[TT_PATH_SIZE],
                          struct tt_error *err)
{
    struct newest newest = {.except = ""};

    if (!tt_folder_exists(run))
        return 0;
    if (look(&newest, run) < 0 || each_folder(run, look, &newest, err) < 0)
        return -1;
    if (!newest.folder[0])
        return 0;
    return path_of(path, newest.folder, LATEST, err) < 0 ? -1 : 1;
}

static int remove_folder(void *ctx, const char *folder)
{
    DIR *dir = opendir(folder);
    char path[TT_PATH_SIZE];
    struct tt_error err;
    struct dirent *entry;

    (void)ctx;
    if (!dir)
        return 0;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 &&
            path_of(path, folder, entry->d_name, &err) == 0)
            unlink(path);
    }
    closedir(dir);
    rmdir(folder);
    return 0;
}

int worker_attempt_finish(const struct worker_attempt *a, char *latest,
                          char *best, struct tt_error *err)
{
    if (link_all(a->folder, a->run, err) < 0 ||
        path_of(latest, a->run, LATEST, err) < 0 ||
        path_of(best, a->run, BEST, err) < 0)
        return -1;
    if (tt_sync_folder(best, err) < 0)
        return -1;
    return each_folder(a->run, remove_folder, NULL, err);
}
