#include "db/chunk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job/manifest.h"
#include "tests/db/help.h"

TEST(db_chunk_cuts_a_job_lazily)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk *rows;
    struct tt_error err;
    size_t n;

    CHECK_OK(db_chunk_issue(db, id, 4, 2, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[0].first, 0);
    CHECK_INT(rows[1].first, 4);
    CHECK_INT(rows[1].n, 4);
    CHECK_INT(rows[1].att, 1);
    CHECK_STR(rows[1].manifest, "a.manifest");
    CHECK_INT(help_get(db, id).cut, 8);
    CHECK_INT(help_get(db, id).state, JOB_QUEUED); // nobody has it yet
    CHECK_OK(db_chunk_issue(db, id, 4, 2, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].n, 2);
    CHECK_OK(db_chunk_issue(db, id, 4, 2, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 0);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

static void check_place(const struct db_chunk *c)
{
    struct job_manifest *m;
    struct tt_error err;
    const char *in, *out;
    char want[64];

    CHECK_OK(job_manifest_open(&m, "a.manifest", &err));
    CHECK_OK(job_manifest_seek(m, c->at, &err));
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 1);
    snprintf(want, sizeof(want), "/in/%lld.jpg", (long long)c->first);
    CHECK_STR(in, want);
    job_manifest_close(m);
}

TEST(db_chunk_knows_its_place_in_the_manifest)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 200);

    for (int n = 1; n < 14; n++) {
        struct db_chunk c = help_issue(db, id, n, HELP_NOW);

        check_place(&c);
    }
    db_close(db);
}

TEST(db_chunk_says_that_the_manifest_is_gone_or_short)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 10);
    struct db_chunk *rows;
    struct tt_error err;
    size_t n;

    CHECK_INT(unlink("a.manifest"), 0);
    CHECK_FAILS(db_chunk_issue(db, id, 4, 2, HELP_NOW, mem, &rows, &n, &err),
                TT_MISSING, "a.manifest");
    CHECK_INT(help_get(db, id).cut, 0);

    id = help_job(db, "b", 10);
    CHECK_INT(truncate("b.manifest", 100), 0);
    CHECK_FAILS(db_chunk_issue(db, id, 9, 2, HELP_NOW, mem, &rows, &n, &err),
                TT_FORMAT, "b.manifest");
    CHECK_INT(help_get(db, id).cut, 0);
    CHECK_FAILS(db_chunk_issue(db, 77, 9, 2, HELP_NOW, mem, &rows, &n, &err),
                TT_MISSING, "no job j77");
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_issued_comes_in_pages)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t a = help_job(db, "a", 5), b = help_job(db, "b", 5), count;
    struct db_chunk *rows;
    struct tt_error err;
    size_t n;

    for (int i = 0; i < 5; i++) {
        help_issue(db, a, 1, HELP_NOW);
        help_issue(db, b, 1, HELP_NOW);
    }
    CHECK_OK(db_chunk_issued_count(db, &count, &err));
    CHECK_INT(count, 10);
    CHECK_OK(db_chunk_issued(db, 0, 0, 0, 7, mem, &rows, &n, &err));
    CHECK_INT(n, 7);
    CHECK_INT(rows[6].job, b);
    CHECK_INT(rows[6].seq, 2);
    CHECK_OK(db_chunk_issued(db, 0, b, 2, 7, mem, &rows, &n, &err));
    CHECK_INT(n, 3);
    CHECK_INT(rows[0].seq, 3);
    CHECK_OK(db_chunk_issued(db, a, 0, 3, 7, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_unissued_waits_with_the_same_attempt)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 5);
    struct db_chunk c = help_issue(db, id, 5, HELP_NOW);
    struct tt_error err;

    CHECK_INT(db_chunk_unissue(db, id, c.seq, 2, &err), 0);
    CHECK_INT(db_chunk_unissue(db, id, c.seq, 1, &err), 1);
    CHECK_INT(db_chunk_unissue(db, id, c.seq, 1, &err), 0);
    c = help_issue(db, id, 5, HELP_NOW);
    CHECK_INT(c.att, 1);
    CHECK_INT(c.strikes, 0);
    // Its holder may have gone on: welcome, also while it waits.
    CHECK_INT(db_chunk_unissue(db, id, c.seq, 1, &err), 1);
    CHECK_INT(help_done(db, &c).kind, DB_RECORDED);
    db_close(db);
}

TEST(db_chunk_strike_counts_once_an_attempt)
{
    struct db *db = help_open();
    int64_t id = help_job(db, "a", 5);
    struct db_chunk c = help_issue(db, id, 5, HELP_NOW), same = c;
    struct db_strike_result s = help_strike(db, &c, -1, HELP_NOW);

    CHECK(s.struck);
    CHECK_INT(s.state, CHUNK_WAIT);
    CHECK(s.due >= HELP_NOW + 750 && s.due <= HELP_NOW + 1250);
    CHECK(!help_strike(db, &same, -1, HELP_NOW).struck); // waits
    c = help_issue(db, id, 5, s.due);
    CHECK_INT(c.att, 2);
    CHECK_INT(c.strikes, 1);
    CHECK(
        !help_strike(db, &same, -1, HELP_NOW).struck); // of the attempt before
    s = help_strike(db, &c, -1, HELP_NOW);
    CHECK(s.struck);
    CHECK(s.due >= HELP_NOW + 3000 && s.due <= HELP_NOW + 5000);
    help_sound(db, id);
    db_close(db);
}

static struct db_chunk strike_twice(struct db *db, int64_t job, int chunk_n)
{
    struct db_chunk c = help_issue(db, job, chunk_n, HELP_NOW);

    c = help_issue(db, job, chunk_n, help_strike(db, &c, -1, HELP_NOW).due);
    return help_issue(db, job, chunk_n, help_strike(db, &c, -1, HELP_NOW).due);
}

TEST(db_chunk_goes_out_again_though_the_clock_was_set_back)
{
    const int64_t before = HELP_NOW - 3600000;
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 8);
    struct db_chunk c = help_issue(db, id, 8, HELP_NOW), *rows;
    struct tt_error err;
    struct db_job *jobs;
    size_t n;

    help_strike(db, &c, -1, HELP_NOW);
    CHECK_OK(db_chunk_issue(db, id, 8, 1, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 0); // not due yet
    CHECK_OK(db_job_hungry(db, before, 9, mem, &jobs, &n, &err));
    CHECK_INT(n, 1);
    CHECK_OK(db_chunk_issue(db, id, 8, 1, before, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].att, 2);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_third_strike_splits_at_the_cursor)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 20);
    struct db_chunk c = strike_twice(db, id, 10), *rows;
    struct tt_error err;
    size_t n;

    CHECK_INT(help_strike(db, &c, 6, HELP_NOW).state, CHUNK_SPLIT);
    CHECK_OK(db_chunk_issue(db, id, 10, 3, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 3);
    CHECK_INT(rows[0].first, 0);
    CHECK_INT(rows[0].n, 6);
    CHECK_INT(rows[0].strikes, 2);
    CHECK_INT(rows[1].first, 6);
    CHECK_INT(rows[1].n, 1);
    CHECK_INT(rows[1].strikes, 0);
    CHECK_INT(rows[2].first, 7);
    CHECK_INT(rows[2].n, 3);
    for (int i = 0; i < 3; i++)
        check_place(&rows[i]);
    CHECK_INT(help_get(db, id).cut, 10);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_third_strike_without_a_cursor_halves)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 7);
    struct db_chunk c = strike_twice(db, id, 7), *rows;
    struct tt_error err;
    size_t n;

    CHECK_INT(help_strike(db, &c, 99, HELP_NOW).state, CHUNK_SPLIT);
    CHECK_OK(db_chunk_issue(db, id, 7, 9, HELP_NOW, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[0].n, 3);
    CHECK_INT(rows[1].first, 3);
    CHECK_INT(rows[1].n, 4);
    check_place(&rows[1]);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_of_one_photo_dies_and_its_photo_has_a_row)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 1);
    struct db_chunk c = strike_twice(db, id, 1);
    struct db_strike_result s = help_strike(db, &c, 0, HELP_NOW);
    struct db_photo p;
    struct tt_error err;

    CHECK_INT(s.state, CHUNK_DEAD);
    CHECK_INT(s.job_state, JOB_FAILED);
    CHECK_INT(db_history_photo(db, id, 0, mem, &p, &err), 1);
    CHECK_INT(p.state, PHOTO_FAILED);
    CHECK_STR(p.reason, "crashed");
    CHECK_STR(p.message, "lease ended");
    CHECK_STR(p.in, "/in/0.jpg");
    CHECK(!p.out);
    CHECK_INT(p.att, 3);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

/* One photo of 64 kills its worker each time; nobody knows which. */
TEST(db_chunk_bad_photo_is_found_in_few_crashes)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_job(db, "a", 64), now = HELP_NOW;
    struct db_chunk *rows;
    struct tt_error err;
    int crashes = 0;
    size_t n = 1;

    while (help_get(db, id).state < JOB_DONE && crashes < 50) {
        db_arena_reset(mem);
        now += 600000;
        CHECK_OK(db_chunk_issue(db, id, 64, 99, now, mem, &rows, &n, &err));
        for (size_t i = 0; i < n; i++) {
            if (rows[i].first <= 41 && 41 < rows[i].first + rows[i].n) {
                help_strike(db, &rows[i], -1, now);
                crashes++;
            } else {
                help_done(db, &rows[i]);
            }
        }
    }
    CHECK_INT(help_get(db, id).state, JOB_PARTIAL);
    CHECK_INT(help_get(db, id).done, 63);
    CHECK_INT(help_get(db, id).failed, 1);
    CHECK(crashes <= 3 + 6 + 3);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_chunk_of_a_unit_dies_with_its_job)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_unit(db, JOB_TRAIN, "t");
    struct db_chunk c = strike_twice(db, id, 1);
    struct db_job job;
    struct tt_error err;

    CHECK_INT(help_strike(db, &c, -1, HELP_NOW).state, CHUNK_DEAD);
    CHECK_INT(db_job_get(db, id, mem, &job, &err), 1);
    CHECK_INT(job.state, JOB_FAILED);
    CHECK_STR(job.error, "lease ended");
    CHECK_INT(job.failed, 1);
    help_sound(db, id);
    db_arena_free(mem);
    db_close(db);
}
