#include "db/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/worker.h"
#include "tests/db/help.h"

TEST(db_record_writes_rows_and_counters)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 3);
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW);
    struct job_result r = help_result(0, 3);
    struct db_outcome out;
    struct tt_error err;
    struct db_photo p;
    struct db_job job;

    r.photos[1].state = PHOTO_SKIPPED;
    r.photos[1].has_out = false;
    snprintf(r.photos[1].reason, JOB_REASON_SIZE, "already_colour");
    r.photos[2].state = PHOTO_FAILED;
    r.photos[2].has_out = false;
    snprintf(r.photos[2].reason, JOB_REASON_SIZE, "truncated");
    snprintf(r.photos[2].message, JOB_MESSAGE_SIZE, "strip 41 is short");
    out = help_record(db, DB_REPORT_DONE, &c, 1, &r);
    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.chunk, CHUNK_DONE);
    CHECK_INT(out.job_state, JOB_PARTIAL);
    CHECK_INT(out.att_le, 1);

    job = help_get(db, id);
    CHECK_INT(job.done, 1);
    CHECK_INT(job.skipped, 1);
    CHECK_INT(job.failed, 1);
    CHECK_INT(job.bytes, 3000);
    CHECK_INT(job.ended, HELP_NOW + 5000);
    CHECK_INT(db_history_photo(db, id, 0, mem, &p, &err), 1);
    CHECK_STR(p.in, "/in/0.jpg");
    CHECK_STR(p.out, "/out/a/0-out.jpg");
    CHECK_STR(p.reason, "");
    CHECK_INT(p.width, 500);
    CHECK(p.has_in && p.has_out);
    CHECK_INT(db_history_photo(db, id, 2, mem, &p, &err), 1);
    CHECK_STR(p.message, "strip 41 is short");
    CHECK(!p.out && !p.has_out);
    help_sound(db, id);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_twice_is_once)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 6);
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW);
    struct db_outcome out;

    CHECK_INT(help_done(db, &c).kind, DB_RECORDED);
    out = help_done(db, &c);
    CHECK_INT(out.kind, DB_DUPLICATE);
    CHECK_INT(out.att_le, 1);
    CHECK_INT(help_get(db, id).done, 3);
    help_sound(db, id);
    db_close(db);
}

TEST(db_record_of_an_unknown_chunk_is_acknowledged)
{
    struct db *db = help_open();
    struct db_chunk c = {.job = 7, .seq = 3, .n = 1, .att = 5};
    struct db_outcome out = help_done(db, &c);

    CHECK_INT(out.kind, DB_UNKNOWN);
    CHECK_INT(out.att_le, 5);
    db_close(db);
}

/* Attempt 1 was struck, 2 waits or runs: the success of 1 counts, and the
 * acknowledgement takes 2 out of the queue as well. */
TEST(db_record_takes_a_late_success)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 6);
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW), again;
    struct db_outcome out;
    struct tt_error err;
    struct db_photo p;
    int64_t due = help_strike(db, &c, -1, HELP_NOW).due;

    again = help_issue(db, id, 3, due);
    CHECK_INT(again.att, 2);
    out = help_done(db, &c);
    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.att_le, 2);
    CHECK_INT(db_history_photo(db, id, 0, mem, &p, &err), 1);
    CHECK_INT(p.att, 1);
    CHECK_INT(help_done(db, &again).kind, DB_DUPLICATE);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

static struct job_result failure(enum tt_code code, const char *text,
                                 const char *body)
{
    struct job_result r = {.failed = true, .code = code};

    snprintf(r.text, sizeof(r.text), "%s", text);
    if (body)
        r.body = json_loads(body, 0, NULL);
    return r;
}

TEST(db_record_takes_no_late_failure)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 6);
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW), again;
    struct job_result r = failure(TT_BUG, "killed by signal 9", NULL);
    struct db_outcome out = help_record(db, DB_REPORT_FAIL, &c, 1, &r);

    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.chunk, CHUNK_WAIT);
    CHECK_INT(out.att_le, 1);
    out = help_record(db, DB_REPORT_FAIL, &c, 1, &r); // said twice
    CHECK_INT(out.kind, DB_STALE);
    again = help_issue(db, id, 3, HELP_NOW + 60000);
    out = help_record(db, DB_REPORT_FAIL, &c, 1, &r);
    CHECK_INT(out.kind, DB_STALE);
    CHECK_INT(out.att_le, 1); // never the attempt that runs
    CHECK_INT(again.strikes, 1);
    help_sound(db, id);
    db_close(db);
}

TEST(db_record_failure_with_a_cursor_splits_there)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 10);
    struct job_result r = failure(TT_BUG, "killed", "{\"v\":1,\"cursor\":4}");
    struct db_outcome out = {0};

    for (int i = 0; i < 3; i++) {
        struct db_chunk c = help_issue(db, id, 10, HELP_NOW + i * 600000);

        out = help_record(db, DB_REPORT_FAIL, &c, c.att, &r);
    }
    CHECK_INT(out.chunk, CHUNK_SPLIT);
    CHECK_INT(help_one(db, "SELECT count(*) FROM chunk WHERE first=4 AND n=1"),
              1);
    help_sound(db, id);
    job_result_release(&r);
    db_close(db);
}

TEST(db_record_failure_that_cannot_mend_is_final)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 3);
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW);
    struct job_result r = failure(TT_MISSING, "no model m.h5", NULL);
    struct db_outcome out = help_record(db, DB_REPORT_FAIL, &c, 1, &r);
    struct tt_error err;
    struct db_photo p;

    CHECK_INT(out.chunk, CHUNK_DEAD);
    CHECK_INT(out.job_state, JOB_FAILED);
    CHECK_INT(db_history_photo(db, id, 2, mem, &p, &err), 1);
    CHECK_STR(p.reason, "missing");
    CHECK_STR(p.message, "no model m.h5");
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_part_leaves_the_rest_to_a_new_chunk)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk c = help_issue(db, id, 10, HELP_NOW), rest;
    struct job_result r = help_result(0, 4);
    struct db_outcome out = help_record(db, DB_REPORT_PART, &c, 1, &r);

    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.chunk, CHUNK_SPLIT);
    CHECK_INT(help_get(db, id).done, 4);
    help_sound(db, id);
    rest = help_issue(db, id, 10, HELP_NOW + 5000);
    CHECK_INT(rest.first, 4);
    CHECK_INT(rest.n, 6);
    CHECK_INT(rest.strikes, 0);
    CHECK(rest.at > c.at);
    CHECK_INT(help_done(db, &rest).job_state, JOB_DONE);
    CHECK_INT(help_record(db, DB_REPORT_PART, &c, 1, &r).kind, DB_DUPLICATE);
    help_sound(db, id);
    job_result_release(&r);
    db_close(db);
}

TEST(db_record_keeps_what_was_done_when_its_job_was_cancelled)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 20);
    struct db_chunk c = help_issue(db, id, 10, HELP_NOW);
    struct job_result r = help_result(0, 4), other = help_result(10, 4);
    struct db_chunk_ref *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_job_cancel(db, id, NULL, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(help_record(db, DB_REPORT_PART, &c, 1, &other).kind,
              DB_DUPLICATE);
    CHECK_INT(help_record(db, DB_REPORT_PART, &c, 1, &r).kind, DB_RECORDED);
    CHECK_INT(help_get(db, id).done, 4);
    help_sound(db, id);
    CHECK_INT(help_done(db, &c).kind, DB_DUPLICATE); // once
    CHECK_OK(db_job_cancelled(db, id, HELP_NOW, &err));
    CHECK_INT(help_get(db, id).done, 4);
    CHECK_INT(help_get(db, id).state, JOB_CANCELLED);
    CHECK_INT(help_one(db, "SELECT state FROM chunk"), CHUNK_CANCELLED);
    help_sound(db, id);
    job_result_release(&r);
    job_result_release(&other);
    db_arena_free(mem);
    db_close(db);
}

/* A worker that leaves photos out is not believed, and not for ever. */
TEST(db_record_done_with_gaps_strikes_what_is_missing)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 5), now = HELP_NOW;
    struct db_chunk c = help_issue(db, id, 5, now);
    struct job_result r = help_result(0, 5);
    int rounds = 0;

    r.photos[1] = r.photos[2]; // 0 2 3 4
    r.photos[2] = r.photos[3];
    r.photos[3] = r.photos[4];
    r.n_photos = 4;
    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &r).chunk, CHUNK_SPLIT);
    CHECK_INT(help_get(db, id).done, 4);
    help_sound(db, id);
    r.n_photos = 0;
    while (help_get(db, id).state < JOB_DONE && rounds++ < 9) {
        now += 600000;
        c = help_issue(db, id, 5, now);
        CHECK_INT(c.first, 1);
        help_record(db, DB_REPORT_DONE, &c, c.att, &r);
    }
    CHECK_INT(rounds, 2);
    CHECK_INT(help_get(db, id).state, JOB_PARTIAL);
    help_sound(db, id);
    r.n_photos = 4;
    job_result_release(&r);
    db_close(db);
}

TEST(db_record_with_photos_of_another_chunk_is_a_failure)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk c = help_issue(db, id, 5, HELP_NOW);
    struct job_result r = help_result(3, 5), twice = help_result(0, 5);
    struct db_outcome out = help_record(db, DB_REPORT_DONE, &c, 1, &r);

    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.chunk, CHUNK_WAIT);
    CHECK_INT(help_get(db, id).done, 0);
    c = help_issue(db, id, 5, HELP_NOW + 600000);
    twice.photos[4].index = 0;
    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 2, &twice).chunk, CHUNK_WAIT);
    CHECK_INT(help_get(db, id).done, 0);
    help_sound(db, id);
    job_result_release(&r);
    job_result_release(&twice);
    db_close(db);
}

TEST(db_record_goes_on_without_the_manifest)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 4);
    struct db_chunk c = help_issue(db, id, 4, HELP_NOW);
    struct job_result r = help_result(0, 3);
    struct tt_error err;
    struct db_photo p;

    db_close(db);
    CHECK_INT(unlink("a.manifest"), 0);
    db = help_open();
    CHECK_INT(help_record(db, DB_REPORT_PART, &c, 1, &r).job_state,
              JOB_PARTIAL);
    CHECK_INT(db_history_photo(db, id, 0, mem, &p, &err), 1);
    CHECK_INT(p.state, PHOTO_OK);
    CHECK(!p.in);
    CHECK_INT(db_history_photo(db, id, 3, mem, &p, &err), 1);
    CHECK_STR(p.reason, "manifest");
    help_sound(db, id);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_counts_for_the_worker)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_worker w = {.uid = "host-1-abc",
                          .host = "host",
                          .pid = 12,
                          .caps = "g",
                          .version = "0.1.0"};
    int64_t id = help_job(db, "a", 4), worker;
    struct db_chunk c = help_issue(db, id, 4, HELP_NOW);
    struct job_result r = help_result(0, 4);
    struct db_report report = {.kind = DB_REPORT_DONE,
                               .job = id,
                               .seq = c.seq,
                               .att = 1,
                               .result = &r};
    struct db_outcome out;
    struct db_worker *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_worker_seen(db, &w, HELP_NOW, &worker, &err));
    CHECK_OK(db_worker_seen(db, &w, HELP_NOW + 1, &report.worker, &err));
    CHECK_INT(worker, report.worker);
    CHECK_OK(db_record_result(db, &report, HELP_NOW + 9, &out, &err));
    CHECK_OK(db_history_workers(db, 0, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].photos, 4);
    CHECK_INT(rows[0].chunks, 1);
    CHECK_INT(rows[0].last_seen, HELP_NOW + 9);
    CHECK_OK(db_worker_ended(db, w.uid, true, "lease ended", HELP_NOW, &err));
    CHECK_OK(db_worker_ended(db, w.uid, true, "lease ended", HELP_NOW, &err));
    CHECK_OK(db_worker_ended(db, "nobody", true, "", HELP_NOW, &err));
    CHECK_INT(help_one(db, "SELECT count(*) FROM event WHERE kind=12"), 1);
    CHECK_OK(db_history_workers(db, HELP_NOW, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}
