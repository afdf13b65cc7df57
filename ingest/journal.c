#include "ingest/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "ingest/ingest.h"
#include "ingest/made.h"

#define OURS       ".tt-ingest-"
#define PLAN       INGEST_JOURNAL_PLAN
#define REPORT     OURS "report"
#define OLD        OURS "report-old"
#define WAS        OURS "was"
#define PLAN_LIMIT (64u << 20)

struct ingest_journal {
    int folder; /* descriptor; holds the lock */
    char path[TT_PATH_SIZE];
    char plan_path[TT_PATH_SIZE];
    FILE *report; /* being written */
    json_t *plan; /* {"plan", "shards"} */
    struct ingest_known *known;
    struct shard_file *shards;
    size_t n_shards; /* finished before this run */
};

int ingest_journal_open(struct ingest_journal **out, const char *folder,
                        struct tt_error *err)
{
    struct ingest_journal *j = calloc(1, sizeof(*j));

    *out = NULL;
    if (!j)
        return tt_fail(err, TT_NOMEM, "%s: no memory for the journal", folder);
    j->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->folder < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", folder);
        goto fail;
    }
    if (flock(j->folder, LOCK_EX | LOCK_NB) < 0) {
        tt_fail(err, TT_BUSY, "%s: another ingest is at work there", folder);
        goto fail;
    }
    if (tt_path_join(j->path, sizeof(j->path), folder, "", err) < 0 ||
        tt_path_join(j->plan_path, sizeof(j->plan_path), folder, PLAN, err) < 0)
        goto fail;
    *out = j;
    return 0;

fail:
    ingest_journal_close(j);
    return -1;
}

/* Temporary files of a run that was killed; a shard's can be large. */
static void remove_temporary(struct ingest_journal *j)
{
    DIR *dir = opendir(j->path);
    struct dirent *e;

    while (dir && (e = readdir(dir)))
        if (strncmp(e->d_name, ".tt-", 4) == 0 &&
            strncmp(e->d_name, OURS, strlen(OURS)) != 0)
            unlinkat(j->folder, e->d_name, 0);
    if (dir)
        closedir(dir);
}

static bool still_there(struct ingest_journal *j, const struct shard_file *file)
{
    struct stat st;

    return fstatat(j->folder, file->name, &st, 0) == 0 &&
           (uint64_t)st.st_size == file->bytes;
}

/* Take over the shards of a run before; those that have gone are done anew. */
static int take_shards(struct ingest_journal *j, const json_t *list,
                       struct tt_error *err)
{
    size_t n = json_array_size(list);

    j->shards = calloc(n + 1, sizeof(*j->shards));
    if (!j->shards)
        return tt_fail(err, TT_NOMEM, "no memory for the journal");
    for (size_t i = 0; i < n; i++) {
        struct shard_file *file = &j->shards[j->n_shards];

        if (shard_file_from_json(json_array_get(list, i), file, err) == 0 &&
            still_there(j, file))
            j->n_shards++;
    }
    return 0;
}

/* The plan that lies there if it is this one, else NULL. */
static json_t *read_plan(struct ingest_journal *j, const char *digest)
{
    struct tt_error err;
    json_t *plan = NULL;
    const char *have;
    char *text;
    size_t size;

    if (tt_file_read(j->plan_path, PLAN_LIMIT, &text, &size, &err) == 0) {
        plan = json_loadb(text, size, 0, NULL);
        free(text);
    }
    have = json_string_value(json_object_get(plan, "plan"));
    if (!have || strcmp(have, digest) != 0) {
        json_decref(plan);
        return NULL;
    }
    return plan;
}

static int write_plan(struct ingest_journal *j, struct tt_error *err)
{
    char *text = json_dumps(j->plan, JSON_COMPACT);
    int rc;

    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for the journal");
    rc = tt_file_write(j->plan_path, text, strlen(text), err);
    free(text);
    return rc;
}

static off_t size_at(struct ingest_journal *j, const char *name)
{
    struct stat st;

    return fstatat(j->folder, name, &st, 0) == 0 ? st.st_size : -1;
}

static FILE *open_at(struct ingest_journal *j, const char *name, int flags,
                     const char *mode)
{
    int fd = openat(j->folder, name, flags | O_CLOEXEC, 0644);
    FILE *f = fd < 0 ? NULL : fdopen(fd, mode);

    if (fd >= 0 && !f)
        close(fd);
    return f;
}

/* A run that went on from another one and was killed as well may have come
 * less far: the longer report says more. */
static void keep_old_report(struct ingest_journal *j)
{
    if (size_at(j, REPORT) > size_at(j, OLD))
        renameat(j->folder, REPORT, j->folder, OLD);
}

/* --- a data set put aside --- */

/* Move it, unless it was moved already. */
static int aside(struct ingest_journal *j, const char *name,
                 struct tt_error *err)
{
    char to[sizeof(WAS) + SHARD_NAME_SIZE + 1];

    snprintf(to, sizeof(to), "%s/%s", WAS, name);
    if (faccessat(j->folder, to, F_OK, 0) == 0 ||
        renameat(j->folder, name, j->folder, to) == 0 || errno == ENOENT)
        return 0;
    return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, name);
}

/* dataset.json goes first: a data set is whole or absent. */
static int set_aside(struct ingest_journal *j, const struct shard_dataset *ds,
                     struct tt_error *err)
{
    if (aside(j, SHARD_DATASET_FILE, err) < 0 ||
        aside(j, INGEST_REPORT_FILE, err) < 0)
        return -1;
    for (size_t i = 0; i < ds->n_files; i++)
        if (aside(j, ds->files[i].name, err) < 0)
            return -1;
    return 0;
}

static void remove_was(struct ingest_journal *j)
{
    int fd = openat(j->folder, WAS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    while (dir && (e = readdir(dir)))
        unlinkat(fd, e->d_name, 0);
    if (dir)
        closedir(dir);
    unlinkat(j->folder, WAS, AT_REMOVEDIR);
}

int ingest_journal_set_aside(struct ingest_journal *j,
                             const struct shard_dataset *ds,
                             struct tt_error *err)
{
    remove_was(j);
    if (mkdirat(j->folder, WAS, 0755) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, WAS);
    return set_aside(j, ds, err);
}

/* Learn from what was put aside if it was made by the same rules. A run that
 * was killed while it did so has begun no shard: what lies there still is the
 * old set's. fresh: no run by this plan has begun. */
static int learn_was(struct ingest_journal *j, const json_t *made, bool fresh,
                     struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    struct shard_dataset ds;
    struct tt_error why;
    int rc = 0;

    if (tt_path_join(path, sizeof(path), j->path, WAS, err) < 0)
        return -1;
    if (shard_dataset_read(&ds, path, &why) < 0 ||
        !ingest_made_judges_alike(ds.made, made)) {
        remove_was(j);
    } else {
        if (fresh)
            rc = set_aside(j, &ds, err);
        if (rc == 0)
            rc = ingest_known_add(j->known, path, INGEST_REPORT_FILE, ds.files,
                                  ds.n_files, err);
    }
    shard_dataset_release(&ds);
    return rc;
}

/* --- begin --- */

static void forget(struct ingest_journal *j)
{
    unlinkat(j->folder, PLAN, 0);
    unlinkat(j->folder, OLD, 0);
    unlinkat(j->folder, REPORT, 0);
}

static int start_plan(struct ingest_journal *j, const char *digest,
                      struct tt_error *err)
{
    j->plan = json_pack("{s:s, s:[]}", "plan", digest, "shards");
    if (!j->plan)
        return tt_fail(err, TT_NOMEM, "no memory for the journal");
    return write_plan(j, err);
}

/* What a run by the same plan has left. */
static int learn_own(struct ingest_journal *j, struct tt_error *err)
{
    keep_old_report(j);
    if (take_shards(j, json_object_get(j->plan, "shards"), err) < 0)
        return -1;
    return ingest_known_add(j->known, j->path, OLD, j->shards, j->n_shards,
                            err);
}

int ingest_journal_begin(struct ingest_journal *j, const json_t *made,
                         struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    struct tt_sha256 digest;
    bool fresh;

    if (ingest_made_digest(made, &digest, err) < 0 ||
        ingest_known_new(&j->known, err) < 0)
        return -1;
    tt_sha256_text(&digest, hex);
    remove_temporary(j);
    j->plan = read_plan(j, hex);
    fresh = !j->plan;
    if (fresh)
        forget(j);
    if (learn_was(j, made, fresh, err) < 0 ||
        (fresh ? start_plan(j, hex, err) : learn_own(j, err)) < 0)
        return -1;
    j->report = open_at(j, REPORT, O_WRONLY | O_CREAT | O_TRUNC, "w");
    if (!j->report)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, REPORT);
    return 0;
}

struct ingest_known *ingest_journal_known(struct ingest_journal *j)
{
    return j->known;
}

const struct shard_file *ingest_journal_shard(const struct ingest_journal *j,
                                              const char *name)
{
    for (size_t i = 0; i < j->n_shards; i++)
        if (strcmp(j->shards[i].name, name) == 0)
            return &j->shards[i];
    return NULL;
}

int ingest_journal_line(struct ingest_journal *j, const char *line,
                        struct tt_error *err)
{
    if (fputs(line, j->report) == EOF || fputc('\n', j->report) == EOF)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, REPORT);
    return 0;
}

int ingest_journal_finished(struct ingest_journal *j,
                            const struct shard_file *file, struct tt_error *err)
{
    json_t *list = json_object_get(j->plan, "shards");

    if (fflush(j->report) == EOF)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, REPORT);
    if (json_array_append_new(list, shard_file_to_json(file)) < 0)
        return tt_fail(err, TT_NOMEM, "no memory for the journal");
    return write_plan(j, err);
}

int ingest_journal_publish(struct ingest_journal *j, struct tt_error *err)
{
    if (fflush(j->report) == EOF || fsync(fileno(j->report)) < 0 ||
        renameat(j->folder, REPORT, j->folder, INGEST_REPORT_FILE) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path,
                             INGEST_REPORT_FILE);
    return 0;
}

void ingest_journal_clear(struct ingest_journal *j)
{
    forget(j);
    remove_was(j);
}

void ingest_journal_close(struct ingest_journal *j)
{
    if (!j)
        return;
    if (j->report)
        fclose(j->report);
    if (j->folder >= 0)
        close(j->folder);
    ingest_known_free(j->known);
    json_decref(j->plan);
    free(j->shards);
    free(j);
}
