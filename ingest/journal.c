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

#define OURS       ".tt-ingest-"
#define PLAN       OURS "plan"
#define REPORT     OURS "report"
#define OLD        OURS "report-old"
#define PLAN_LIMIT (64u << 20)

struct ingest_journal {
    int folder; /* descriptor; holds the lock */
    char path[TT_PATH_SIZE];
    char plan_path[TT_PATH_SIZE];
    FILE *report; /* being written */
    FILE *old;    /* being read; NULL: nothing, or nothing more */
    char *line;   /* of old */
    size_t line_room;
    json_t *plan; /* {"plan", "shards"} */
    struct shard_file *shards;
    size_t n_shards; /* finished before this run */
    bool pictures;
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
    j->old = open_at(j, OLD, O_RDONLY, "r");
}

int ingest_journal_begin(struct ingest_journal *j, const struct tt_sha256 *plan,
                         bool pictures, struct tt_error *err)
{
    char hex[TT_SHA256_HEX];

    tt_sha256_text(plan, hex);
    j->pictures = pictures;
    remove_temporary(j);
    j->plan = read_plan(j, hex);
    if (j->plan) {
        keep_old_report(j);
        if (take_shards(j, json_object_get(j->plan, "shards"), err) < 0)
            return -1;
    } else {
        ingest_journal_clear(j);
        j->plan = json_pack("{s:s, s:[]}", "plan", hex, "shards");
        if (!j->plan)
            return tt_fail(err, TT_NOMEM, "no memory for the journal");
        if (write_plan(j, err) < 0)
            return -1;
    }
    j->report = open_at(j, REPORT, O_WRONLY | O_CREAT | O_TRUNC, "w");
    if (!j->report)
        return tt_fail_errno(err, TT_OUTPUT, "%s%s", j->path, REPORT);
    return 0;
}

const struct shard_file *ingest_journal_shard(const struct ingest_journal *j,
                                              const char *name)
{
    for (size_t i = 0; i < j->n_shards; i++)
        if (strcmp(j->shards[i].name, name) == 0)
            return &j->shards[i];
    return NULL;
}

/* Whole lines only: the last one may have been cut by the kill. */
static json_t *next_line(struct ingest_journal *j)
{
    ssize_t len = getline(&j->line, &j->line_room, j->old);

    if (len <= 0 || j->line[len - 1] != '\n')
        return NULL;
    return json_loadb(j->line, (size_t)len, 0, NULL);
}

static double number(const json_t *o, const char *name)
{
    return json_number_value(json_object_get(o, name));
}

static const char *text(const json_t *o, const char *name)
{
    const char *value = json_string_value(json_object_get(o, name));

    return value ? value : "";
}

static bool same_photo(const json_t *o, const struct ingest_item *item)
{
    return number(o, "source") == item->source &&
           strcmp(text(o, "path"), item->photo.path) == 0;
}

/* Into *item what the line says; false: decode it after all. */
static bool take_line(const struct ingest_journal *j, const json_t *o,
                      struct ingest_item *item)
{
    struct ingest_finding f = {INGEST_KEPT, number(o, "value"),
                               number(o, "threshold")};
    struct tt_error err;

    if (ingest_verdict_parse(text(o, "verdict"), &f.verdict) < 0 ||
        f.verdict == INGEST_NEAR)
        return false;
    if (f.verdict == INGEST_KEPT &&
        (j->pictures || !ingest_journal_shard(j, text(o, "shard"))))
        return false;
    memset(&item->sha256, 0, sizeof(item->sha256));
    if (item->photo.trouble == INGEST_FINE &&
        tt_sha256_parse(text(o, "sha256"), &item->sha256, &err) < 0)
        return false;
    memset(&item->facts, 0, sizeof(item->facts));
    item->facts.width = (int)number(o, "width");
    item->facts.height = (int)number(o, "height");
    snprintf(item->detail, sizeof(item->detail), "%s", text(o, "detail"));
    item->finding = f;
    return true;
}

bool ingest_journal_recall(struct ingest_journal *j, struct ingest_item *item)
{
    json_t *o;
    bool known;

    if (!j->old)
        return false;
    o = next_line(j);
    if (!o || !same_photo(o, item)) {
        /* out of step, or at the end: from here on everything is new */
        fclose(j->old);
        j->old = NULL;
        json_decref(o);
        return false;
    }
    known = take_line(j, o, item);
    json_decref(o);
    return known;
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
    unlinkat(j->folder, PLAN, 0);
    unlinkat(j->folder, OLD, 0);
    unlinkat(j->folder, REPORT, 0);
}

void ingest_journal_close(struct ingest_journal *j)
{
    if (!j)
        return;
    if (j->report)
        fclose(j->report);
    if (j->old)
        fclose(j->old);
    if (j->folder >= 0)
        close(j->folder);
    json_decref(j->plan);
    free(j->line);
    free(j->shards);
    free(j);
}
