#include "ingest/parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ingest/made.h"
#include "shard/dataset.h"

#define AT   ".tt-ingest-at"
#define PART ".tt-ingest-part-"

struct ingest_parts {
    const char *folder;
    uint64_t size;
    const json_t *made;
    struct ingest_known *known;
    uint64_t next; /* part that has not been come to */
    int at;        /* descriptor */
};

static int part_path(char *path, const char *folder, uint64_t number,
                     struct tt_error *err)
{
    char name[64];

    snprintf(name, sizeof(name), PART "%05llu", (unsigned long long)number);
    return tt_path_join(path, TT_PATH_SIZE, folder, name, err);
}

/* --- the one --- */

int ingest_parts_open(struct ingest_parts **out, const char *folder,
                      uint64_t size, const json_t *made,
                      struct ingest_known *known, struct tt_error *err)
{
    struct ingest_parts *p = calloc(1, sizeof(*p));
    char path[TT_PATH_SIZE];

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for parts");
    *p = (struct ingest_parts){
        .folder = folder, .size = size, .made = made, .known = known, .at = -1};
    if (tt_path_join(path, sizeof(path), folder, AT, err) < 0)
        goto fail;
    p->at = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (p->at < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
        goto fail;
    }
    *out = p;
    return 0;

fail:
    ingest_parts_close(p);
    return -1;
}

/* A part that is not whole, or cannot be read, is no help; that is all. */
static void learn(struct ingest_parts *p, uint64_t number)
{
    char path[TT_PATH_SIZE];
    struct shard_dataset ds;
    struct tt_error err;

    if (part_path(path, p->folder, number, &err) < 0 ||
        shard_dataset_read(&ds, path, &err) < 0)
        return;
    if (ingest_made_judges_alike(ds.made, p->made) &&
        ingest_known_add(p->known, path, INGEST_REPORT_FILE, ds.files,
                         ds.n_files, &err) < 0)
        tt_clear(&err);
    shard_dataset_release(&ds);
}

void ingest_parts_reach(struct ingest_parts *p, uint64_t photo)
{
    char text[32];
    int n;

    for (; p->next <= photo / p->size; p->next++) {
        n = snprintf(text, sizeof(text), "%020llu\n",
                     (unsigned long long)p->next * p->size);
        /* a helper that does not see it works in vain */
        if (pwrite(p->at, text, (size_t)n, 0) != n)
            continue;
        learn(p, p->next);
    }
}

void ingest_parts_close(struct ingest_parts *p)
{
    if (!p)
        return;
    if (p->at >= 0)
        close(p->at);
    free(p);
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;

    while (dir && (e = readdir(dir)))
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

void ingest_parts_clear(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[TT_PATH_SIZE];
    struct tt_error err;
    struct dirent *e;

    while (dir && (e = readdir(dir)))
        if (strncmp(e->d_name, PART, strlen(PART)) == 0 &&
            tt_path_join(path, sizeof(path), folder, e->d_name, &err) == 0)
            remove_folder(path);
    if (dir) {
        unlinkat(dirfd(dir), AT, 0);
        closedir(dir);
    }
}

/* --- a helper --- */

struct help {
    const struct tt_watch *watch;
    const char *folder;
    uint64_t first; /* photo of the part */
    unsigned asked;
    bool late;
};

static bool is_done(const char *folder)
{
    char path[TT_PATH_SIZE];
    struct tt_error err;

    return tt_path_join(path, sizeof(path), folder, SHARD_DATASET_FILE, &err) ==
               0 &&
           tt_file_exists(path);
}

/* Has the one come to this part, or is it done? */
static bool is_late(const struct help *h)
{
    char path[TT_PATH_SIZE], text[32] = "";
    struct tt_error err;
    bool late = is_done(h->folder);
    int fd;

    if (late || tt_path_join(path, sizeof(path), h->folder, AT, &err) < 0)
        return late;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
        late = strtoull(text, NULL, 10) >= h->first;
    if (fd >= 0)
        close(fd);
    return late;
}

static bool stop(void *ctx)
{
    struct help *h = ctx;

    if (h->asked++ % 32 == 0)
        h->late = is_late(h);
    return h->late || tt_watch_stop(h->watch);
}

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    const struct help *h = ctx;

    tt_watch_progress(h->watch, done, total);
}

int ingest_parts_make(const struct ingest_plan *plan, uint64_t number,
                      const struct tt_watch *watch, struct tt_error *err)
{
    struct help h = {watch, plan->out, number * plan->part_photos, 0, false};
    struct tt_watch ours = {&h, stop, progress};
    struct ingest_plan part = *plan;
    struct ingest_outcome outcome;
    char path[TT_PATH_SIZE];
    int rc;

    if (is_late(&h))
        return 0;
    if (part_path(path, plan->out, number, err) < 0)
        return -1;
    part.out = path;
    part.first = h.first;
    part.count = part.shard_records = plan->part_photos;
    part.part_photos = 0;
    part.split = (struct ingest_split){.train = 1, .val = 0};
    rc = ingest_run(&part, &ours, &outcome, err);
    if (rc == 0)
        ingest_outcome_release(&outcome);
    /* what nobody will read any more */
    if (h.late || is_late(&h)) {
        rc = 0;
        if (is_done(plan->out) || h.late)
            remove_folder(path);
    }
    return rc;
}
