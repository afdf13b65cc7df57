/**
 * bench_history: fill a record with jobs, so that the time of the questions
 * can be taken from outside.
 *
 *   bench_history FOLDER JOBS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "db/db.h"
#include "db/job.h"
#include "job/manifest.h"

static int submit(struct db *db, long i, const char *manifest, uint64_t at,
                  struct tt_error *err)
{
    struct db_submit s = {.kind = i % 50 ? JOB_COLORIZE : JOB_INGEST,
                          .name = i % 3 ? "scans" : "portraits",
                          .owner = "archive",
                          .prio = 1,
                          .weight = 1,
                          .manifest = manifest,
                          .at = at,
                          .outdir = "/out",
                          .total = i % 50 ? 2 : 1};
    int64_t id;

    memcpy(s.key, &i, sizeof(i));
    return db_job_submit(db, &s, 1700000000000 + i * 1000, &id, err);
}

static int fill(const char *folder, long jobs, struct tt_error *err)
{
    char path[TT_PATH_SIZE], manifest[TT_PATH_SIZE];
    struct job_manifest_writer *w;
    struct job_manifest *m;
    json_t *header = json_object();
    struct db *db = NULL;
    int rc = -1;

    if (tt_mkdirs(folder, 0700, err) < 0 ||
        tt_path_join(path, sizeof(path), folder, "tintype.db", err) < 0 ||
        tt_path_join(manifest, sizeof(manifest), folder, "m.tt", err) < 0 ||
        job_manifest_create(&w, manifest, header, err) < 0)
        goto out;
    if (job_manifest_add(w, "/in/a.jpg", "a.jpg", err) < 0 ||
        job_manifest_add(w, "/in/b.jpg", "b.jpg", err) < 0) {
        job_manifest_abandon(w);
        goto out;
    }
    if (job_manifest_finish(w, err) < 0 ||
        job_manifest_open(&m, manifest, err) < 0)
        goto out;
    rc = db_open(&db, path, err);
    for (long i = 0; rc >= 0 && i < jobs; i++) {
        if (i % 5000 == 0)
            rc = db_begin(db, err);
        if (rc >= 0)
            rc = submit(db, i, manifest, job_manifest_start(m), err);
        if (rc >= 0 && (i % 5000 == 4999 || i + 1 == jobs))
            rc = db_commit(db, err);
    }
    job_manifest_close(m);
    db_close(db);

out:
    json_decref(header);
    return rc;
}

int main(int argc, char **argv)
{
    struct tt_error err;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_history FOLDER JOBS\n");
        return 64;
    }
    if (fill(argv[1], strtol(argv[2], NULL, 10), &err) < 0) {
        fprintf(stderr, "bench_history: %s\n", err.text);
        return 1;
    }
    return 0;
}
