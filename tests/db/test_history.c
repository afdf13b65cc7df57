#include "db/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/model.h"
#include "db/stmt.h"
#include "db/worker.h"
#include "db/care.h"
#include "tests/db/help.h"

static size_t list(struct db *db, const struct db_history_filter *f,
                   struct db_arena *mem, struct db_job **rows)
{
    struct tt_error err;
    size_t n;

    CHECK_OK(db_history_jobs(db, f, mem, rows, &n, &err));
    for (size_t i = 1; i < n; i++)
        CHECK((*rows)[i].id < (*rows)[i - 1].id);
    return n;
}

/* Jobs 1..n: every third is done, every tenth is bob's, every seventh writes
 * elsewhere; a second apart. */
static void fill(struct db *db, int n)
{
    struct tt_error err;

    CHECK_OK(db_begin(db, &err));
    for (int i = 1; i <= n; i++) {
        char name[32];
        struct db_submit s = {.kind = i % 50 ? JOB_COLORIZE : JOB_TRAIN,
                              .name = name,
                              .owner = i % 10 ? "ada" : "bob",
                              .prio = 1,
                              .weight = 1,
                              .manifest = "/m",
                              .outdir = i % 7 ? "/out" : "/seven",
                              .total = i % 3 ? 1 : 0};
        int64_t id;

        if (s.kind == JOB_TRAIN)
            s.total = 1;
        snprintf(name, sizeof(name), "job-%d", i % 1000);
        memcpy(s.key, &i, sizeof(i));
        CHECK_INT(
            db_job_submit(db, &s, HELP_NOW + i * (int64_t)1000, &id, &err), 1);
        CHECK_INT(id, i);
    }
    CHECK_OK(db_commit(db, &err));
}

TEST(db_history_lists_by_every_filter)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_job *rows;

    fill(db, 300);
#define LIST(...) list(db, &(struct db_history_filter){__VA_ARGS__}, mem, &rows)
    CHECK_INT(LIST(.limit = 0), 100);
    CHECK_INT(rows[0].id, 300);
    CHECK_STR(rows[0].owner, "bob");
    CHECK_INT(LIST(.limit = 1000), 300);
    CHECK_INT(LIST(.before = 51), 50);
    CHECK_INT(LIST(.states = DB_STATE(JOB_DONE), .limit = 1000), 98);
    CHECK_INT(LIST(.states = DB_STATE(JOB_DONE) | DB_STATE(JOB_QUEUED)), 100);
    CHECK_INT(rows[0].id, 300);
    CHECK_INT(rows[1].id, 299);
    CHECK_INT(LIST(.states = DB_STATE(JOB_FAILED)), 0);
    CHECK_INT(LIST(.owner = "bob"), 30);
    CHECK_INT(LIST(.owner = "bob", .states = DB_STATE(JOB_DONE)), 8);
    CHECK_INT(LIST(.owner = "nobody"), 0);
    CHECK_INT(LIST(.kind = JOB_TRAIN), 6);
    CHECK_INT(LIST(.kind = JOB_TRAIN, .owner = "bob", .before = 200), 3);
    CHECK_INT(LIST(.name = "job-7"), 1);
    CHECK_INT(LIST(.name = "job-7*"), 11);
    CHECK_INT(LIST(.name = "job-[78]"), 2);
    CHECK_INT(LIST(.outdir = "/seven"), 42);
    CHECK_INT(LIST(.outdir = "/seven", .kind = JOB_TRAIN), 0);
    CHECK_INT(LIST(.outdir = "/sev"), 0);
    CHECK_INT(LIST(.since = HELP_NOW + 290000), 11);
    CHECK_INT(LIST(.since = HELP_NOW + 290001), 10);
    CHECK_INT(LIST(.since = HELP_NOW + 999000), 0);
    CHECK_INT(LIST(.until = HELP_NOW + 11000), 10);
    CHECK_INT(LIST(.until = HELP_NOW), 0);
    CHECK_INT(LIST(.since = HELP_NOW + 5000, .until = HELP_NOW + 9000,
                   .states = DB_STATE(JOB_DONE)),
              1);
#undef LIST
    db_arena_free(mem);
    db_close(db);
}

TEST(db_history_pages_meet_each_job_once)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_history_filter f = {
        .limit = 7, .states = DB_STATE(JOB_DONE) | DB_STATE(JOB_QUEUED)};
    struct db_job *rows;
    size_t n, all = 0;

    fill(db, 100);
    while ((n = list(db, &f, mem, &rows))) {
        all += n;
        f.before = rows[n - 1].id;
    }
    CHECK_INT(all, 100);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_history_finds_jobs_by_what_people_type)
{
    struct db *db = help_open();
    struct tt_error err;
    int64_t id;

    CHECK_INT(db_history_job_find(db, "@last", &id, &err), 0);
    fill(db, 12);
    CHECK_INT(db_history_job_find(db, "@last", &id, &err), 1);
    CHECK_INT(id, 12);
    CHECK_INT(db_history_job_find(db, "j3", &id, &err), 1);
    CHECK_INT(id, 3);
    CHECK_INT(db_history_job_find(db, "4", &id, &err), 1);
    CHECK_INT(id, 4);
    CHECK_INT(db_history_job_find(db, "job-5", &id, &err), 1);
    CHECK_INT(id, 5);
    CHECK_INT(db_history_job_find(db, "j99", &id, &err), 0);
    CHECK_INT(db_history_job_find(db, "j", &id, &err), 0);
    CHECK_INT(db_history_job_find(db, "", &id, &err), 0);
    CHECK_INT(db_history_job_find(db, "'; DROP TABLE job; --", &id, &err), 0);
    CHECK_INT(db_history_job_find(db, "j99999999999999999999999", &id, &err),
              0);
    db_close(db);
}

TEST(db_history_photos_come_by_state_and_in_pages)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk c = help_issue(db, id, 10, HELP_NOW);
    struct job_result r = help_result(0, 10);
    struct db_photo *rows;
    struct tt_error err;
    size_t n;

    r.photos[2].state = PHOTO_FAILED;
    r.photos[5].state = PHOTO_SKIPPED;
    r.photos[7].state = PHOTO_FAILED;
    help_record(db, DB_REPORT_DONE, &c, 1, &r);
    CHECK_OK(db_history_photos(db, id, 0, -1, 4, mem, &rows, &n, &err));
    CHECK_INT(n, 4);
    CHECK_INT(rows[3].index, 3);
    CHECK_OK(db_history_photos(db, id, 0, 3, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 6);
    CHECK_OK(db_history_photos(db, id, DB_STATE(PHOTO_FAILED), -1, 0, mem,
                               &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[1].index, 7);
    CHECK_OK(db_history_photos(db, id,
                               DB_STATE(PHOTO_FAILED) | DB_STATE(PHOTO_SKIPPED),
                               -1, 2, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[1].index, 5);
    CHECK_INT(db_history_photo(db, id, 10, mem, rows, &err), 0);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_history_events_tell_a_job_in_order)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 4);
    struct db_chunk c = help_issue(db, id, 4, HELP_NOW);
    struct db_event *rows;
    struct tt_error err;
    size_t n;

    help_strike(db, &c, -1, HELP_NOW);
    c = help_issue(db, id, 4, HELP_NOW + 9000);
    help_done(db, &c);
    CHECK_OK(db_history_events(db, id, 0, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 4);
    CHECK_STR(db_event_word(rows[0].kind), "submitted");
    CHECK_STR(db_event_word(rows[1].kind), "started");
    CHECK_STR(db_event_word(rows[2].kind), "strike");
    CHECK_STR(rows[2].body, "attempt 1: lease ended");
    CHECK_STR(rows[3].body, "done: 4 done, 0 skipped, 0 failed");
    CHECK_OK(db_history_events(db, 0, rows[2].id, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_STR(db_event_word((enum db_event_kind)99), "?");
    db_arena_free(mem);
    db_close(db);
}

TEST(db_history_progress_is_of_photos)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk c = help_issue(db, id, 4, HELP_NOW);
    struct db_progress p;
    struct db_outcome out;
    struct tt_error err;

    help_issue(db, id, 4, HELP_NOW);
    CHECK_OK(
        db_record_note(db, id, c.seq, c.att, 0, "{}", HELP_NOW, &out, &err));
    CHECK_INT(help_get(db, id).state, JOB_RUNNING);
    CHECK_INT(help_get(db, id).started, HELP_NOW);
    help_done(db, &c);
    CHECK_OK(db_history_progress(db, id, HELP_NOW + 2000, &p, &err));
    CHECK_INT(p.ended, 4);
    CHECK_INT(p.total, 10);
    CHECK_INT(p.issued, 1);
    CHECK_NEAR(p.rate, 2, 1e-9);
    CHECK_FAILS(db_history_progress(db, 9, HELP_NOW, &p, &err), TT_MISSING,
                "no job j9");
    db_close(db);
}

/* --- which --- */

TEST(db_history_which_leads_from_a_file_to_everything)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_worker worker = {
        .uid = "u", .host = "h", .caps = "g", .version = "0.1.0"};
    int64_t train = help_unit(db, JOB_TRAIN, "t");
    struct db_chunk c = help_issue(db, train, 1, HELP_NOW);
    struct job_result r = help_body(
        "{\"model\":{\"name\":\"portrait\",\"path\":\"/m.h5\",\"sha256\":"
        "\"02020202020202020202020202020202"
        "02020202020202020202020202020202\"}}");
    struct db_report report = {.kind = DB_REPORT_DONE, .att = 1};
    struct db_outcome out;
    struct db_which *rows;
    struct tt_sha256 sha;
    struct tt_error err;
    int64_t id;
    size_t n;

    help_record(db, DB_REPORT_DONE, &c, 1, &r);
    job_result_release(&r);
    id = help_job(db, "a", 5);
    CHECK_OK(
        db_exec(db, "UPDATE job SET model=1 WHERE id=?", ARGS(I(id)), &err));
    CHECK_OK(db_worker_seen(db, &worker, HELP_NOW, &report.worker, &err));
    c = help_issue(db, id, 5, HELP_NOW);
    r = help_result(0, 5);
    report.job = id;
    report.seq = c.seq;
    report.result = &r;
    sha = r.photos[3].sha_out;
    CHECK_OK(db_record_result(db, &report, HELP_NOW, &out, &err));

    CHECK_OK(db_history_which(db, "/out/a/3-out.jpg", &sha, 0, mem, &rows, &n,
                              &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].photo.index, 3);
    CHECK_STR(rows[0].photo.in, "/in/3.jpg");
    CHECK_STR(rows[0].job.name, "a");
    CHECK_STR(rows[0].model.name, "portrait");
    CHECK_STR(rows[0].run.name, "t");
    CHECK_INT(rows[0].dataset.id, 0);
    CHECK_STR(rows[0].worker.version, "0.1.0");

    CHECK_OK(db_history_which(db, NULL, &sha, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_OK(db_history_which(db, "/out/a/4-out.jpg", NULL, 0, mem, &rows, &n,
                              &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].photo.index, 4);
    sha.bytes[31] ^= 1; // the same first 8 bytes
    CHECK_OK(db_history_which(db, "/in/3.jpg", &sha, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_history_which_takes_the_newest_job_first)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_which *rows;
    struct tt_error err;
    size_t n;

    for (int i = 0; i < 2; i++) {
        int64_t id = help_job(db, i ? "b" : "a", 5);
        struct db_chunk c = help_issue(db, id, 5, HELP_NOW);

        CHECK_OK(
            db_exec(db, "UPDATE job SET outdir='/out/same/'", NO_ARGS, &err));
        help_done(db, &c);
    }
    CHECK_OK(db_history_which(db, "/out/same/1-out.jpg", NULL, 0, mem, &rows,
                              &n, &err));
    CHECK_INT(n, 2);
    CHECK_STR(rows[0].job.name, "b");
    db_arena_free(mem);
    db_close(db);
}

/* --- size: printed, not asserted --- */

#define TIMED(what, call)                                                      \
    do {                                                                       \
        int64_t timed_us = tt_steady_us();                                     \
        CHECK_OK(call);                                                        \
        printf("     %-28s %6.2f ms\n", what,                                  \
               (double)(tt_steady_us() - timed_us) / 1000);                    \
    } while (0)

static void time_lists(struct db *db, struct db_arena *mem)
{
    struct db_history_filter all = {.limit = 50}, done = all, owner = all,
                             both = all, glob = all, since = all;
    struct db_job *rows;
    struct tt_error err;
    int64_t id;
    size_t n;

    done.states = DB_STATE(JOB_PARTIAL) | DB_STATE(JOB_FAILED);
    owner.owner = "bob";
    both.owner = "bob";
    both.states = DB_STATE(JOB_DONE);
    glob.name = "*-77";
    since.since = HELP_NOW + 50000000;
    TIMED("job list", db_history_jobs(db, &all, mem, &rows, &n, &err));
    TIMED("-s partial,failed",
          db_history_jobs(db, &done, mem, &rows, &n, &err));
    TIMED("--owner", db_history_jobs(db, &owner, mem, &rows, &n, &err));
    TIMED("--owner -s done", db_history_jobs(db, &both, mem, &rows, &n, &err));
    TIMED("--name GLOB", db_history_jobs(db, &glob, mem, &rows, &n, &err));
    TIMED("--since", db_history_jobs(db, &since, mem, &rows, &n, &err));
    TIMED("@last", db_history_job_find(db, "@last", &id, &err));
    TIMED("by name", db_history_job_find(db, "job-77", &id, &err));
    TIMED("counts", db_history_counts(db, &id, &id, &err));
}

SLOW(db_history_of_100000_jobs_answers_at_once, 120)
{
    struct db *db = help_open(), *reader;
    struct db_arena *mem = db_arena_new();
    int64_t id, t0 = tt_steady_ms();
    struct db_which *which;
    struct db_photo *photos;
    struct db_chunk c;
    struct db_job *jobs;
    struct tt_error err;
    size_t n;

    fill(db, 100000);
    printf("     100000 submits in %lld ms\n",
           (long long)(tt_steady_ms() - t0));
    id = help_job(db, "big", 100000);
    t0 = tt_steady_ms();
    for (int i = 0; i < 1000; i += 50) {
        CHECK_OK(db_begin(db, &err));
        for (int k = 0; k < 50; k++) {
            c = help_issue(db, id, 100, HELP_NOW);
            help_done(db, &c);
        }
        CHECK_OK(db_commit(db, &err));
        CHECK_OK(db_checkpoint_tick(db, &err));
    }
    printf("     100000 photos cut, issued and recorded in %lld ms\n",
           (long long)(tt_steady_ms() - t0));
    TIMED("hungry", db_job_hungry(db, HELP_NOW, 64, mem, &jobs, &n, &err));
    reader = help_reader();
    time_lists(reader, mem);
    TIMED("which, by path", db_history_which(reader, "/out/big/77777-out.jpg",
                                             NULL, 0, mem, &which, &n, &err));
    CHECK_INT(n, 1);
    TIMED("which, by hash",
          db_history_which(reader, NULL, &which[0].photo.sha_out, 0, mem,
                           &which, &n, &err));
    CHECK_INT(n, 1);
    TIMED("photos, a late page",
          db_history_photos(reader, id, 0, 90000, 100, mem, &photos, &n, &err));
    TIMED("photos, failed",
          db_history_photos(reader, id, DB_STATE(PHOTO_FAILED), -1, 100, mem,
                            &photos, &n, &err));
    db_close(reader);
    db_arena_free(mem);
    db_close(db);
}
