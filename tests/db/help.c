#include "tests/db/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/care.h"
#include "db/stmt.h"
#include "job/manifest.h"

struct db *help_open(void)
{
    struct tt_error err;
    struct db *db;

    CHECK_OK(db_open(&db, HELP_DB, &err));
    return db;
}

struct db *help_reader(void)
{
    struct tt_error err;
    struct db *db;

    CHECK_OK(db_open_reader(&db, HELP_DB, &err));
    return db;
}

static uint64_t write_manifest(const char *path, int64_t n)
{
    struct job_manifest_writer *w;
    struct job_manifest *m;
    struct tt_error err;
    char in[64], out[64];
    json_t *header = json_object();
    uint64_t at;

    CHECK_OK(job_manifest_create(&w, path, header, &err));
    json_decref(header);
    for (int64_t i = 0; i < n; i++) {
        snprintf(in, sizeof(in), "/in/%lld.jpg", (long long)i);
        snprintf(out, sizeof(out), "%lld-out.jpg", (long long)i);
        CHECK_OK(job_manifest_add(w, in, out, &err));
    }
    CHECK_OK(job_manifest_finish(w, &err));
    CHECK_OK(job_manifest_open(&m, path, &err));
    at = job_manifest_start(m);
    job_manifest_close(m);
    return at;
}

static int64_t submit(struct db *db, enum job_kind kind, const char *name,
                      int64_t n)
{
    char manifest[256], outdir[256];
    struct db_submit s = {.kind = kind,
                          .name = name,
                          .owner = "ada",
                          .prio = 1,
                          .weight = 1,
                          .manifest = manifest,
                          .outdir = outdir,
                          .total = kind == JOB_COLORIZE ? n : 1};
    struct tt_error err;
    struct tt_sha256 h;
    int64_t id;

    CHECK_OK(tt_sha256(name, strlen(name), &h, &err));
    memcpy(s.key, h.bytes, sizeof(s.key));
    snprintf(manifest, sizeof(manifest), "%s.manifest", name);
    snprintf(outdir, sizeof(outdir), "/out/%s", name);
    s.at = write_manifest(manifest, kind == JOB_COLORIZE ? n : 0);
    CHECK_INT(db_job_submit(db, &s, HELP_NOW, &id, &err), 1);
    return id;
}

int64_t help_job(struct db *db, const char *name, int64_t n)
{
    return submit(db, JOB_COLORIZE, name, n);
}

int64_t help_unit(struct db *db, enum job_kind kind, const char *name)
{
    return submit(db, kind, name, 1);
}

struct db_chunk help_issue(struct db *db, int64_t job, int chunk_n, int64_t now)
{
    struct db_arena *mem = db_arena_new();
    struct db_chunk *rows, c;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_chunk_issue(db, job, chunk_n, 1, now, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    c = rows[0];
    c.manifest = NULL; // it goes with the arena
    db_arena_free(mem);
    return c;
}

struct db_job help_get(struct db *db, int64_t job)
{
    struct db_arena *mem = db_arena_new();
    struct tt_error err;
    struct db_job row;

    CHECK_INT(db_job_get(db, job, mem, &row, &err), 1);
    row.name = row.owner = row.params = row.manifest = NULL;
    row.outdir = row.error = row.result = NULL;
    db_arena_free(mem);
    return row;
}

struct job_result help_result(int64_t first, int64_t n)
{
    struct job_result r = {.n_photos = (size_t)n};

    r.photos = calloc((size_t)n + 1, sizeof(*r.photos));
    CHECK(r.photos);
    for (int64_t i = 0; i < n; i++) {
        struct job_photo *p = &r.photos[i];

        p->index = first + i;
        p->state = PHOTO_OK;
        p->has_in = p->has_out = true;
        memset(p->sha_in.bytes, 1, TT_SHA256_SIZE);
        memset(p->sha_out.bytes, 0, TT_SHA256_SIZE);
        memcpy(p->sha_out.bytes, &p->index, sizeof(p->index));
        p->width = 500;
        p->height = 600;
        p->bits = 8;
        p->bytes_out = 1000;
        p->ms = 10;
    }
    return r;
}

struct job_result help_body(const char *json)
{
    struct job_result r = {.body = json_loads(json, 0, NULL)};

    CHECK(r.body);
    return r;
}

struct db_outcome help_record(struct db *db, enum db_report_kind kind,
                              const struct db_chunk *c, int att,
                              const struct job_result *r)
{
    struct db_report report = {
        .kind = kind, .job = c->job, .seq = c->seq, .att = att, .result = r};
    struct db_outcome out;
    struct tt_error err;

    CHECK_OK(db_record_result(db, &report, HELP_NOW + 5000, &out, &err));
    return out;
}

struct db_outcome help_done(struct db *db, const struct db_chunk *c)
{
    struct job_result r = help_result(c->first, c->n);
    struct db_outcome out = help_record(db, DB_REPORT_DONE, c, c->att, &r);

    job_result_release(&r);
    return out;
}

struct db_strike_result help_strike(struct db *db, const struct db_chunk *c,
                                    int64_t cursor, int64_t now)
{
    struct db_strike s = {.job = c->job,
                          .seq = c->seq,
                          .att = c->att,
                          .cursor = cursor,
                          .why = "lease ended"};
    struct db_strike_result out;
    struct tt_error err;

    CHECK_OK(db_chunk_strike(db, &s, now, &out, &err));
    return out;
}

int64_t help_one(struct db *db, const char *sql)
{
    struct tt_error err;
    int64_t value;

    CHECK_OK(db_one(db, sql, NO_ARGS, &value, &err));
    return value;
}

static int64_t count(struct db *db, const char *sql, int64_t job)
{
    struct tt_error err;
    int64_t value;

    CHECK_OK(db_one(db, sql, ARGS(I(job)), &value, &err));
    return value;
}

void help_sound(struct db *db, int64_t id)
{
    struct db_job job = help_get(db, id);
    struct db_arena *mem = db_arena_new();
    struct tt_error err;
    const char *problems;

    CHECK_INT(count(db, "SELECT sum(n) FROM chunk WHERE job=? AND state<3", id),
              job.open);
    if (job.kind == JOB_COLORIZE) {
        CHECK_INT(
            count(db, "SELECT count(*) FROM photo WHERE job=? AND state=1", id),
            job.done);
        CHECK_INT(
            count(db, "SELECT count(*) FROM photo WHERE job=? AND state=2", id),
            job.skipped);
        CHECK_INT(
            count(db, "SELECT count(*) FROM photo WHERE job=? AND state=3", id),
            job.failed);
    }
    if (job.state == JOB_DONE || job.state == JOB_PARTIAL)
        CHECK_INT(job.done + job.skipped + job.failed, job.total);
    CHECK_INT(db_check(db, false, mem, &problems, &err), 0);
    db_arena_free(mem);
}
