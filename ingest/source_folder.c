#include "ingest/source.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ingest/journal.h"
#include "shard/dataset.h"

struct folder {
    char root[TT_PATH_SIZE]; /* without '/' at the end, but for "/" */
    char *name;              /* what paths begin with; malloc'ed */
    FTS *walk; /* NULL until the first next(): fts_close() leaks what was never
                  read from */
};

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *begin(struct folder *f, struct tt_error *err)
{
    char *const roots[] = {f->root, NULL};
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);

    if (!walk)
        tt_fail_errno(err, TT_IO, "%s", f->root);
    return walk;
}

/* "." has no name of its own: what it is called where it stands. */
char *ingest_source_name(const char *folder)
{
    char real[PATH_MAX];

    if (!realpath(folder, real))
        return NULL;
    return strdup(tt_path_name(real));
}

static int folder_open(void *state, const char *where, struct tt_error *err)
{
    struct folder *f = state;
    struct stat st;
    size_t len = strlen(where);

    while (len > 1 && where[len - 1] == '/')
        len--;
    if (len >= sizeof(f->root))
        return tt_fail(err, TT_INPUT, "%s: the path is too long", where);
    memcpy(f->root, where, len);
    if (stat(f->root, &st) < 0)
        return tt_fail_errno(err, TT_MISSING, "%s", where);
    if (!S_ISDIR(st.st_mode))
        return tt_fail(err, TT_INPUT, "%s: not a folder", where);
    f->name = ingest_source_name(f->root);
    if (!f->name)
        return tt_fail_errno(err, TT_IO, "%s", where);
    return 0;
}

/* Shards are no photos, nor is what is beside them. */
static bool holds_dataset(const char *folder)
{
    char path[TT_PATH_SIZE];
    struct shard_dataset ds;
    struct tt_error err;
    bool holds;

    if (tt_path_join(path, sizeof(path), folder, INGEST_JOURNAL_PLAN, &err) < 0)
        return false;
    if (tt_file_exists(path))
        return true;
    holds = shard_dataset_read(&ds, folder, &err) == 0;
    shard_dataset_release(&ds);
    return holds;
}

/* The next thing that a verdict is due for: a file, or what cannot be seen.
 * A link that leads back up is left out: what it shows is there already. */
static int step(FTS *walk, FTSENT **out, struct tt_error *err)
{
    for (;;) {
        errno = 0;
        *out = fts_read(walk);
        if (!*out)
            return errno ? tt_fail_errno(err, TT_IO, "walking the folder") : 0;
        switch ((*out)->fts_info) {
        case FTS_D:
            if ((*out)->fts_level > 0 && holds_dataset((*out)->fts_path))
                fts_set(walk, *out, FTS_SKIP);
            break;
        case FTS_F:
        case FTS_SLNONE:
        case FTS_NS:
        case FTS_DNR:
            return 1;
        default:
            break;
        }
    }
}

/* root/a/b.jpg is name/a/b.jpg */
static int path_of(const struct folder *f, const FTSENT *e, char *path,
                   struct tt_error *err)
{
    const char *below = e->fts_path + strlen(f->root);
    int n;

    while (*below == '/')
        below++;
    n = snprintf(path, TT_PATH_SIZE, "%s%s%s", f->name, f->name[0] ? "/" : "",
                 below);
    if (n < 0 || n >= TT_PATH_SIZE)
        return tt_fail(err, TT_INPUT, "%s: the path is too long", e->fts_path);
    return 0;
}

static int folder_survey(void *state, struct ingest_survey *to,
                         struct tt_error *err)
{
    struct folder *f = state;
    FTS *walk = begin(f, err);
    char path[TT_PATH_SIZE];
    FTSENT *e;
    int rc;

    if (!walk)
        return -1;
    while ((rc = step(walk, &e, err)) > 0)
        if (path_of(f, e, path, err) < 0 ||
            ingest_survey_add(to, path,
                              e->fts_info == FTS_F ? e->fts_statp : NULL, true,
                              err) < 0) {
            rc = -1;
            break;
        }
    fts_close(walk);
    return rc;
}

static int folder_next(void *state, uint64_t max_bytes,
                       struct ingest_photo *out, struct tt_error *err)
{
    struct folder *f = state;
    char path[TT_PATH_SIZE];
    FTSENT *e;
    int rc;

    if (!f->walk)
        f->walk = begin(f, err);
    rc = f->walk ? step(f->walk, &e, err) : -1;
    if (rc <= 0)
        return rc;
    if (path_of(f, e, path, err) < 0)
        return -1;
    return ingest_source_read(e->fts_path, path, max_bytes, out, err);
}

static void folder_close(void *state)
{
    struct folder *f = state;

    if (f->walk)
        fts_close(f->walk);
    free(f->name);
}

const struct ingest_source_ops ingest_source_folder = {
    .name = "folder",
    .summary = "a tree of files, links followed",
    .state_size = sizeof(struct folder),
    .open = folder_open,
    .survey = folder_survey,
    .next = folder_next,
    .close = folder_close,
};
