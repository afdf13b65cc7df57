#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/db/help.h"

/* A job whose photos with bad[i] set failed. */
static int64_t job_with_failures(struct db *db, int64_t n, int chunk_n,
                                 const bool *bad)
{
    int64_t id = help_job(db, "a", n);

    while (help_get(db, id).cut < n) {
        struct db_chunk c = help_issue(db, id, chunk_n, HELP_NOW);
        struct job_result r = help_result(c.first, c.n);

        for (size_t i = 0; i < r.n_photos; i++) {
            if (!bad[c.first + (int64_t)i])
                continue;
            r.photos[i].state = PHOTO_FAILED;
            r.photos[i].has_out = false;
            snprintf(r.photos[i].reason, JOB_REASON_SIZE, "truncated");
        }
        help_record(db, DB_REPORT_DONE, &c, 1, &r);
        job_result_release(&r);
    }
    return id;
}

static void check_names(struct db *db, int64_t id)
{
    struct db_arena *mem = db_arena_new();
    struct db_photo *rows;
    struct tt_error err;
    char want[64];
    size_t n;

    CHECK_OK(db_history_photos(db, id, 0, -1, 1000, mem, &rows, &n, &err));
    for (size_t i = 0; i < n; i++) {
        snprintf(want, sizeof(want), "/in/%lld.jpg", (long long)rows[i].index);
        CHECK_STR(rows[i].in, want);
    }
    db_arena_free(mem);
}

TEST(db_retry_runs_the_failed_photos_and_no_other)
{
    static bool bad[40] = {
        [3] = true, [4] = true, [5] = true, [17] = true, [39] = true};
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = job_with_failures(db, 40, 8, bad), again, ran = 0;
    struct tt_error err;
    struct db_photo p;
    size_t n = 1;

    CHECK_INT(help_get(db, id).state, JOB_PARTIAL);
    CHECK_OK(db_job_retry(db, id, 2, HELP_NOW, &again, &err));
    CHECK_INT(again, 5);
    CHECK_INT(help_get(db, id).state, JOB_RUNNING);
    CHECK_INT(help_get(db, id).open, 5);
    CHECK_INT(help_get(db, id).failed, 5); // until something better is known
    while (n) {
        struct db_chunk *rows;

        CHECK_OK(db_chunk_issue(db, id, 64, 1, HELP_NOW, mem, &rows, &n, &err));
        for (size_t i = 0; i < n; i++) {
            CHECK(rows[i].n <= 2);
            for (int64_t k = 0; k < rows[i].n; k++)
                CHECK(bad[rows[i].first + k]);
            ran += rows[i].n;
            help_done(db, &rows[i]);
        }
    }
    CHECK_INT(ran, 5);
    CHECK_INT(help_get(db, id).state, JOB_DONE);
    CHECK_INT(help_get(db, id).done, 40);
    CHECK_INT(help_get(db, id).failed, 0);
    CHECK_INT(db_history_photo(db, id, 17, mem, &p, &err), 1);
    CHECK_INT(p.tries, 2);
    CHECK_STR(p.reason, "");
    check_names(db, id);
    help_sound(db, id);
    CHECK_OK(db_job_retry(db, id, 2, HELP_NOW, &again, &err));
    CHECK_INT(again, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_retry_that_fails_again_counts_once)
{
    static bool bad[4] = {[2] = true};
    struct db *db = help_open();
    int64_t id = job_with_failures(db, 4, 4, bad), again;
    struct db_chunk c;
    struct tt_error err;

    for (int round = 0; round < 2; round++) {
        struct job_result r = help_result(2, 1);

        CHECK_OK(db_job_retry(db, id, 64, HELP_NOW, &again, &err));
        CHECK_INT(again, 1);
        c = help_issue(db, id, 64, HELP_NOW);
        CHECK_INT(c.first, 2);
        CHECK_INT(c.n, 1);
        r.photos[0].state = PHOTO_FAILED;
        help_record(db, DB_REPORT_DONE, &c, 1, &r);
        CHECK_INT(help_get(db, id).failed, 1);
        CHECK_INT(help_get(db, id).state, JOB_PARTIAL);
        help_sound(db, id);
        job_result_release(&r);
    }
    CHECK_INT(help_one(db, "SELECT tries FROM photo WHERE photo=2"), 3);
    db_close(db);
}

TEST(db_retry_is_for_jobs_that_have_ended_short_of_done)
{
    static bool bad[4] = {[2] = true};
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = job_with_failures(db, 4, 4, bad), again;
    struct db_chunk_ref *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_job_retry(db, id, 64, HELP_NOW, &again, &err));
    CHECK_FAILS(db_job_retry(db, id, 64, HELP_NOW, &again, &err), TT_USAGE,
                "nothing to retry yet");
    CHECK_OK(db_job_cancel(db, id, NULL, HELP_NOW, mem, &rows, &n, &err));
    CHECK_FAILS(db_job_retry(db, id, 64, HELP_NOW, &again, &err), TT_USAGE,
                "cancelled");
    CHECK_INT(help_get(db, id).failed, 1); // its row is as it was
    CHECK_FAILS(db_job_retry(db, 9, 64, HELP_NOW, &again, &err), TT_MISSING,
                "no job j9");
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_retry_of_a_unit_runs_it_again)
{
    struct db *db = help_open();
    int64_t id = help_unit(db, JOB_TRAIN, "t"), again;
    struct job_result bad = {.failed = true, .code = TT_MISSING};
    struct job_result good = help_body("{\"v\":1}");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct tt_error err;

    CHECK_INT(help_record(db, DB_REPORT_FAIL, &c, 1, &bad).job_state,
              JOB_FAILED);
    CHECK_OK(db_job_retry(db, id, 64, HELP_NOW, &again, &err));
    CHECK_INT(again, 1);
    help_sound(db, id);
    c = help_issue(db, id, 1, HELP_NOW);
    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &good).job_state,
              JOB_DONE);
    CHECK_INT(help_get(db, id).done, 1);
    CHECK_INT(help_get(db, id).failed, 0);
    help_sound(db, id);
    job_result_release(&good);
    db_close(db);
}
