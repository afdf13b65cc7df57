#include "cli/outputs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* An output that a later job made anew is that job's. */
static int is_latest(struct cli_outputs *o, const struct db_photo *row,
                     struct tt_error *err)
{
    struct cli_record *r = o->record;
    struct db_which *w;
    size_t n;

    if (!row->out)
        return 0;
    if (db_history_which(r->db, row->out, NULL, 1, r->mem, &w, &n, err) < 0)
        return -1;
    return n == 0 || w[0].photo.job == row->job;
}

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return path && strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* within: only what lies below that folder; NULL: all. 1: there was some. */
static int of_job(struct cli_outputs *o, int64_t job, const char *within,
                  struct tt_error *err)
{
    const struct db_photo *page[CLI_OUTPUTS_PAGE];
    struct cli_record *r = o->record;
    struct db_photo *rows;
    int64_t after = -1;
    size_t n = 1;
    int some = 0;

    while (n > 0) {
        size_t kept = 0;

        db_arena_reset(r->mem);
        if (db_history_photos(r->db, job, DB_STATE(PHOTO_OK), after,
                              CLI_OUTPUTS_PAGE, r->mem, &rows, &n, err) < 0)
            return -1;
        for (size_t i = 0; i < n; i++) {
            int latest;

            after = rows[i].index;
            if (within && !is_below(rows[i].out, within))
                continue;
            latest = is_latest(o, &rows[i], err);
            if (latest < 0)
                return -1;
            if (latest)
                page[kept++] = &rows[i];
        }
        if (kept && o->page(o->ctx, page, kept, err) < 0)
            return -1;
        some |= kept > 0;
    }
    return some;
}

/* Of every job whose outputs went to `into`, the newest first, what lies below
 * `within` (NULL: all). One by one, since pages reuse the record's memory. 1:
 * there are such jobs, and such outputs. */
static int of_jobs(struct cli_outputs *o, const char *into, const char *within,
                   struct tt_error *err)
{
    struct db_history_filter f = {
        .kind = JOB_COLORIZE, .outdir = into, .limit = 1};
    struct db_job *job;
    int found = 0, some;
    size_t n;

    for (;;) {
        if (db_history_jobs(o->record->db, &f, o->record->mem, &job, &n, err) <
            0)
            return -1;
        if (n == 0)
            return found;
        f.before = job->id;
        o->most += within ? 0 : job->done;
        some = of_job(o, f.before, within, err);
        if (some < 0)
            return -1;
        found |= some || !within;
    }
}

/* A folder of outputs, or one within such a folder. */
static int of_folder(struct cli_outputs *o, const char *typed,
                     const char *folder, struct tt_error *err)
{
    char into[PATH_MAX], *slash;
    int rc = of_jobs(o, folder, NULL, err);

    snprintf(into, sizeof(into), "%s", folder);
    while (rc == 0 && (slash = strrchr(into, '/')) && slash != into) {
        *slash = '\0';
        rc = of_jobs(o, into, folder, err);
    }
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "%s: no job of the record wrote there",
                       typed);
    return rc < 0 ? -1 : 0;
}

/* 1: it is an output of the record, there or gone. */
static int of_file(struct cli_outputs *o, const char *typed,
                   struct tt_error *err)
{
    struct cli_record *r = o->record;
    char path[TT_PATH_SIZE];
    const struct db_photo *row;
    struct tt_error ignored;
    struct db_which *w;
    size_t n;

    if (cli_record_path(typed, path, &ignored) < 0)
        return 0;
    if (db_history_which(r->db, path, NULL, 1, r->mem, &w, &n, err) < 0)
        return -1;
    if (n == 0)
        return 0;
    row = &w[0].photo;
    o->most++;
    return o->page(o->ctx, &row, 1, err) < 0 ? -1 : 1;
}

static int named(struct cli_outputs *o, const char *typed, struct tt_error *err)
{
    struct db_job job;

    if (tt_file_exists(typed))
        return tt_fail(err, TT_MISSING, "%s: no job of the record made it",
                       typed);
    if (cli_record_job(o->record, typed, &job, err) < 0)
        return -1;
    o->most += job.done;
    return of_job(o, job.id, NULL, err) < 0 ? -1 : 0;
}

int cli_outputs_each(struct cli_outputs *o, const char *typed,
                     struct tt_error *err)
{
    char real[PATH_MAX];
    int rc;

    if (tt_folder_exists(typed) && realpath(typed, real))
        return of_folder(o, typed, real, err);
    rc = of_file(o, typed, err);
    return rc == 0 ? named(o, typed, err) : rc < 0 ? -1 : 0;
}
