#include "db/paths.h"

#include <stdlib.h>
#include <string.h>

#include "job/manifest.h"

#define OPEN_MOST 8

struct db_paths {
    struct {
        char *path;
        struct job_manifest *manifest;
        uint64_t used; /* the clock at its last use */
    } slots[OPEN_MOST];
    uint64_t clock;
};

struct db_paths *db_paths_new(void)
{
    return calloc(1, sizeof(struct db_paths));
}

static void empty_slot(struct db_paths *p, int i)
{
    job_manifest_close(p->slots[i].manifest);
    free(p->slots[i].path);
    memset(&p->slots[i], 0, sizeof(p->slots[i]));
}

static int slot_for(struct db_paths *p, const char *path)
{
    int oldest = 0;

    for (int i = 0; i < OPEN_MOST; i++) {
        if (p->slots[i].path && strcmp(p->slots[i].path, path) == 0)
            return i;
        if (p->slots[i].used < p->slots[oldest].used)
            oldest = i;
    }
    return oldest;
}

static int open_at(struct db_paths *p, const char *path, uint64_t at,
                   struct job_manifest **out, int *slot, struct tt_error *err)
{
    int i = slot_for(p, path);

    *slot = i;
    if (!p->slots[i].path || strcmp(p->slots[i].path, path) != 0) {
        empty_slot(p, i);
        if (job_manifest_open(&p->slots[i].manifest, path, err) < 0)
            return -1;
        p->slots[i].path = strdup(path);
        if (!p->slots[i].path) {
            empty_slot(p, i);
            return tt_fail(err, TT_NOMEM, "%s: no memory", path);
        }
    }
    p->slots[i].used = ++p->clock;
    *out = p->slots[i].manifest;
    if (job_manifest_at(*out) == at)
        return 0;
    return job_manifest_seek(*out, at, err);
}

static int next(struct job_manifest *m, const char *manifest,
                struct db_path *entry, struct tt_error *err)
{
    int rc = job_manifest_next(m, &entry->in, &entry->out, err);

    if (rc == 0)
        return tt_fail(err, TT_FORMAT,
                       "%s: ends before the job has all its photos", manifest);
    return rc < 0 ? -1 : 0;
}

int db_paths_skip(struct db_paths *p, const char *manifest, uint64_t at,
                  int64_t n, uint64_t *then, struct tt_error *err)
{
    struct job_manifest *m = NULL;
    struct db_path entry = {0};
    int slot;

    if (open_at(p, manifest, at, &m, &slot, err) < 0)
        return -1;
    for (; n > 0; n--) {
        if (next(m, manifest, &entry, err) < 0) {
            empty_slot(p, slot); // its position is no longer known
            return -1;
        }
    }
    *then = job_manifest_at(m);
    return 0;
}

int db_paths_read(struct db_paths *p, const char *manifest, uint64_t at,
                  int64_t n, struct db_arena *mem, struct db_path **rows,
                  struct tt_error *err)
{
    struct job_manifest *m = NULL;
    struct db_path entry = {0};
    int slot;

    *rows = db_arena_alloc(mem, (size_t)n * sizeof(**rows));
    if (!*rows)
        return tt_fail(err, TT_NOMEM, "no memory for %lld names", (long long)n);
    if (open_at(p, manifest, at, &m, &slot, err) < 0)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        if (next(m, manifest, &entry, err) < 0) {
            empty_slot(p, slot);
            return -1;
        }
        (*rows)[i].in = db_arena_text(mem, entry.in, strlen(entry.in));
        (*rows)[i].out = db_arena_text(mem, entry.out, strlen(entry.out));
        if (!(*rows)[i].in || !(*rows)[i].out)
            return tt_fail(err, TT_NOMEM, "no memory for names");
    }
    return 0;
}

void db_paths_free(struct db_paths *p)
{
    if (!p)
        return;
    for (int i = 0; i < OPEN_MOST; i++)
        empty_slot(p, i);
    free(p);
}
