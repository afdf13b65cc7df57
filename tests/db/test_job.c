#include "db/job.h"

#include <stdio.h>
#include <string.h>

#include "db/event.h"
#include "db/model.h"
#include "tests/db/help.h"

static struct db_submit sample(uint8_t key)
{
    struct db_submit s = {.kind = JOB_COLORIZE,
                          .name = "scans",
                          .owner = "ada",
                          .prio = 1,
                          .weight = 1,
                          .manifest = "/m",
                          .outdir = "/out",
                          .total = 5};

    memset(s.key, key, sizeof(s.key));
    return s;
}

TEST(db_job_of_the_same_key_is_the_same_job)
{
    struct db *db = help_open();
    struct db_submit s = sample(1), other = sample(2);
    struct tt_error err;
    int64_t a, b, c;

    CHECK_INT(db_job_submit(db, &s, HELP_NOW, &a, &err), 1);
    s.name = "said otherwise";
    CHECK_INT(db_job_submit(db, &s, HELP_NOW, &b, &err), 0);
    CHECK_INT(a, b);
    CHECK_INT(db_job_submit(db, &other, HELP_NOW, &c, &err), 1);
    CHECK(c != a);
    CHECK_INT(help_one(db, "SELECT count(*) FROM job"), 2);
    CHECK_INT(help_one(db, "SELECT count(*) FROM event WHERE kind=1"), 2);
    db_close(db);
}

TEST(db_job_refuses_what_makes_no_sense)
{
    struct db *db = help_open();
    struct db_submit s = sample(1);
    struct tt_error err;
    int64_t id;

    s.kind = 9;
    CHECK_FAILS(db_job_submit(db, &s, HELP_NOW, &id, &err), TT_USAGE, "sense");
    s = sample(1);
    s.prio = 3;
    CHECK_FAILS(db_job_submit(db, &s, HELP_NOW, &id, &err), TT_USAGE, "sense");
    s = sample(1);
    s.dataset = 4;
    CHECK_FAILS(db_job_submit(db, &s, HELP_NOW, &id, &err), TT_MISSING,
                "no dataset d4");
    CHECK_INT(help_one(db, "SELECT count(*) FROM job"), 0);
    db_close(db);
}

TEST(db_job_of_no_photos_is_done_at_once)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "none", 0);

    CHECK_INT(help_get(db, id).state, JOB_DONE);
    db_close(db);
}

TEST(db_job_is_submitted_no_earlier_than_the_one_before)
{
    struct db *db = help_open();
    struct db_submit s = sample(1);
    struct tt_error err;
    int64_t id;

    CHECK_OK(db_job_submit(db, &s, HELP_NOW + 500, &id, &err));
    s = sample(2);
    CHECK_OK(db_job_submit(db, &s, HELP_NOW, &id, &err)); // a clock set back
    CHECK_INT(help_get(db, id).submitted, HELP_NOW + 500);
    db_close(db);
}

TEST(db_job_hungry_are_those_with_something_to_issue)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t a = help_job(db, "a", 4), b = help_job(db, "b", 2), at;
    struct db_chunk c;
    struct db_job *rows;
    struct tt_error err;
    size_t n;

    c = help_issue(db, a, 4, HELP_NOW); // all of a is in the window now
    CHECK_OK(db_job_hungry(db, HELP_NOW, 10, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].id, b);
    CHECK_INT(rows[0].issued, 0);

    help_strike(db, &c, -1, HELP_NOW); // a waits, not due yet
    CHECK_OK(db_job_next_due(db, HELP_NOW, &at, &err));
    CHECK(at >= HELP_NOW + 750 && at <= HELP_NOW + 1250);
    CHECK_OK(db_job_hungry(db, HELP_NOW, 10, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_OK(db_job_hungry(db, at, 10, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[0].id, a);
    CHECK_OK(db_job_next_due(db, at, &at, &err));
    CHECK_INT(at, 0);

    CHECK_OK(db_job_pause(db, a, NULL, HELP_NOW, &err));
    CHECK_OK(db_job_hungry(db, HELP_NOW + 9999, 10, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_OK(db_job_hungry(db, HELP_NOW + 9999, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_job_cancel_closes_chunks_and_names_those_issued)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 9), *ids;
    struct db_chunk done = help_issue(db, id, 3, HELP_NOW);
    struct db_chunk flying = help_issue(db, id, 3, HELP_NOW);
    struct db_chunk_ref *rows;
    struct tt_error err;
    size_t n;

    help_done(db, &done);
    CHECK_OK(db_job_cancel(db, id, NULL, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].seq, flying.seq);
    CHECK_INT(help_get(db, id).state, JOB_CANCELLING);
    CHECK_INT(help_done(db, &flying).kind, DB_RECORDED); // it was in hand
    CHECK_INT(help_get(db, id).done, 6);
    CHECK_OK(db_job_cancelling(db, mem, &ids, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(ids[0], id);
    CHECK_OK(db_job_cancelled(db, id, HELP_NOW, &err));
    CHECK_INT(help_get(db, id).state, JOB_CANCELLED);
    help_sound(db, id);
    // Again is nothing; of one that has ended, an error.
    CHECK_OK(db_job_cancel(db, id, NULL, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    CHECK_FAILS(db_job_cancel(db, 99, NULL, HELP_NOW, mem, &rows, &n, &err),
                TT_MISSING, "no job j99");
    db_arena_free(mem);
    db_close(db);
}

TEST(db_job_cancel_of_one_not_begun_ends_it)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 9), done = help_job(db, "none", 0);
    struct db_chunk_ref *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_job_cancel(db, id, "changed my mind", HELP_NOW, mem, &rows, &n,
                           &err));
    CHECK_INT(help_get(db, id).state, JOB_CANCELLED);
    CHECK_FAILS(db_job_cancel(db, done, NULL, HELP_NOW, mem, &rows, &n, &err),
                TT_USAGE, "j2 is done and cannot be cancelled");
    db_arena_free(mem);
    db_close(db);
}

TEST(db_job_pause_holds_and_resume_lets_go)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 4);
    struct db_chunk c = help_issue(db, id, 2, HELP_NOW), *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_job_pause(db, id, "too many strikes", HELP_NOW, &err));
    CHECK_OK(db_job_pause(db, id, NULL, HELP_NOW, &err));
    CHECK_OK(db_chunk_issue(db, id, 2, 9, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    CHECK_INT(help_done(db, &c).kind, DB_RECORDED); // what runs may end
    CHECK_INT(help_get(db, id).state, JOB_PAUSED);
    CHECK_OK(db_job_resume(db, id, HELP_NOW, &err));
    CHECK_OK(db_job_resume(db, id, HELP_NOW, &err));
    CHECK_INT(help_get(db, id).state, JOB_RUNNING);
    c = help_issue(db, id, 2, HELP_NOW);
    CHECK_INT(help_done(db, &c).job_state, JOB_DONE);
    CHECK_FAILS(db_job_pause(db, id, NULL, HELP_NOW, &err), TT_USAGE,
                "is done and cannot be paused");
    CHECK_FAILS(db_job_resume(db, id, HELP_NOW, &err), TT_USAGE,
                "cannot go on");
    db_arena_free(mem);
    db_close(db);
}

TEST(db_job_failed_as_a_whole_can_be_retried_as_a_whole)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 10), again;
    struct db_chunk c = help_issue(db, id, 3, HELP_NOW);
    struct db_chunk_ref *rows;
    struct tt_error err;
    size_t n;

    help_done(db, &c);
    c = help_issue(db, id, 3, HELP_NOW);
    CHECK_OK(db_job_fail(db, id, "the manifest is gone", HELP_NOW, mem, &rows,
                         &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(help_get(db, id).state, JOB_FAILED);
    help_sound(db, id);
    CHECK_OK(db_job_retry(db, id, 4, HELP_NOW, &again, &err));
    CHECK_INT(again, 7);
    CHECK_INT(help_done(db, &c).kind, DB_DUPLICATE);
    for (int i = 0; i < 3; i++) {
        c = help_issue(db, id, 3, HELP_NOW);
        help_done(db, &c);
    }
    CHECK_INT(help_get(db, id).state, JOB_DONE);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_job_counts_for_its_model)
{
    struct db *db = help_open();
    struct db_model m = {.name = "portrait", .path = "/m.h5"};
    struct db_submit s = sample(5);
    struct tt_error err;
    int64_t id;

    CHECK_INT(db_model_add(db, &m, HELP_NOW, &s.model, &err), 1);
    CHECK_OK(db_job_submit(db, &s, HELP_NOW, &id, &err));
    CHECK_INT(help_one(db, "SELECT jobs FROM model"), 1);
    db_close(db);
}
