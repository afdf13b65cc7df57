#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ingest/known.h"
#include "ingest/parts.h"
#include "shard/read.h"
#include "shard/verify.h"
#include "tests/ingest/photos.h"
#include "tests/ingest/set.h"

struct stopper {
    uint64_t after, done;
};

static bool stop_after(void *ctx)
{
    struct stopper *s = ctx;

    return s->done >= s->after;
}

static void count(void *ctx, uint64_t done, uint64_t total)
{
    struct stopper *s = ctx;

    CHECK_INT(total, 29);
    s->done = done;
}

/* Stopped anywhere, gone on, stopped again: the same set in the end. */
TEST(ingest_interrupted_goes_on)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan whole = set_plan(photos, "whole");
    struct ingest_plan parts = set_plan(photos, "parts");
    struct stopper stopper = {0};
    struct tt_watch watch = {&stopper, stop_after, count};
    struct ingest_outcome out;
    struct tt_error err;

    set_start();
    photo_make_set("photos");
    set_run(&whole);
    for (stopper.after = 3; stopper.after < 29; stopper.after += 7) {
        stopper.done = 0;
        CHECK_FAILS(ingest_run(&parts, &watch, &out, &err), TT_CANCEL,
                    "interrupted after");
        CHECK(!tt_file_exists("parts/dataset.json"));
    }
    /* an earlier stop must not lose what a later one had done */
    stopper = (struct stopper){.after = 2};
    CHECK_FAILS(ingest_run(&parts, &watch, &out, &err), TT_CANCEL, "2 photos");
    set_run(&parts);
    set_check_same("whole", "parts", "");
    image_stop();
}

static void note(void *ctx, uint64_t done, uint64_t total)
{
    struct stopper *s = ctx;

    CHECK_INT(total, 32);
    s->done = done;
}

/* A set that grows: what was judged stays judged, all shards are as if made at
 * once, whenever it is interrupted. */
TEST(ingest_of_more_photos_goes_on_from_the_set_there)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan whole = set_plan(photos, "whole");
    struct ingest_plan grown = set_plan(photos, "grown");
    struct stopper stopper = {.after = 9};
    struct tt_watch watch = {&stopper, stop_after, note};
    struct ingest_outcome out;
    struct tt_error err;

    set_start();
    photo_make_set("photos");
    set_run(&grown);
    photo_make("photos/nm0000001/added.jpg", PHOTO_COLOUR, 150, 160, 901);
    photo_make("photos/zz/added.jpg", PHOTO_COLOUR, 160, 150, 902);
    photo_make("photos/added.jpg", PHOTO_GRAY, 160, 150, 903);
    set_run(&whole);
    CHECK_FAILS(ingest_run(&grown, &watch, &out, &err), TT_CANCEL, "");
    CHECK(!tt_file_exists("grown/dataset.json"));
    CHECK(tt_file_exists("grown/.tt-ingest-was/dataset.json"));
    /* as if it had been killed while it put the set aside */
    CHECK(unlink("grown/.tt-ingest-plan") == 0);
    CHECK(rename("grown/.tt-ingest-was/report.jsonl", "grown/report.jsonl") ==
          0);
    set_run(&grown);
    set_check_same("whole", "grown", "");
    image_stop();
}

TEST(ingest_known_finds_by_content)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "set");
    struct ingest_survey survey;
    struct ingest_source *source;
    static struct ingest_item is, was;
    struct ingest_known *known;
    struct shard_dataset ds;
    struct tt_error err;
    int found = 0;

    set_start();
    photo_make_set("photos");
    set_run(&plan);
    CHECK_OK(shard_dataset_read(&ds, "set", &err));
    CHECK_OK(ingest_known_new(&known, &err));
    CHECK_OK(ingest_known_add(known, "set", "no report", NULL, 0, &err));
    CHECK_OK(ingest_known_add(known, "set", INGEST_REPORT_FILE, ds.files,
                              ds.n_files, &err));
    CHECK_OK(ingest_source_open(&source, "photos", &err));
    CHECK_OK(ingest_source_survey(source, &survey, &err));
    while (ingest_source_next(source, 1 << 20, &is.photo, &err) > 0) {
        CHECK_OK(ingest_judge_photo(&is, &plan.gate, NULL, &err));
        was = is;
        memset(was.record, 0, sizeof(was.record));
        was.finding.verdict = INGEST_NEAR;
        if (ingest_known_find(known, &was, &plan.gate)) {
            found++;
            CHECK_INT(was.finding.verdict, is.finding.verdict);
            CHECK_INT(was.facts.width, is.facts.width);
            CHECK(is.finding.verdict != INGEST_KEPT ||
                  memcmp(was.record, is.record, sizeof(is.record)) == 0);
        }
        ingest_photo_release(&is.photo);
    }
    CHECK_INT(found, survey.photos); /* the copy as well */
    /* a photo that it has not seen, and a record that is gone */
    memset(&was.sha256, 1, sizeof(was.sha256));
    CHECK(!ingest_known_find(known, &was, &plan.gate));
    ingest_known_free(known);
    ingest_source_close(source);
    shard_dataset_release(&ds);
    image_stop();
}

TEST(ingest_leaves_data_sets_among_the_photos_alone)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "photos/shards");
    struct ingest_outcome out;
    struct tt_error err;

    set_start();
    photo_make_set("photos");
    CHECK_INT(set_run(&plan).seen, 29);
    CHECK(set_run(&plan).was_there);
    plan.out = "photos";
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_USAGE,
                "a folder of their own");
    image_stop();
}

static void last_total(void *ctx, uint64_t done, uint64_t total)
{
    CHECK(total >= done);
    *(uint64_t *)ctx = total;
}

TEST(ingest_tells_how_much_of_an_archive_is_left)
{
    static const char *const tar[] = {"photos.tar"};
    struct ingest_plan plan = set_plan(tar, "set");
    struct ingest_outcome out;
    struct tt_error err;
    uint64_t total = 0;
    struct tt_watch watch = {&total, NULL, last_total};

    set_start();
    photo_make_set("photos");
    photo_make_tar("photos.tar", "photos");
    CHECK_OK(ingest_run(&plan, &watch, &out, &err));
    CHECK_INT(total, 29);
    ingest_outcome_release(&out);
    image_stop();
}

/* Parts of other processes change nothing, whether they are there, damaged or
 * not there. */
TEST(ingest_parts_help_and_change_nothing)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan whole = set_plan(photos, "whole");
    struct ingest_plan shared = set_plan(photos, "shared");
    struct stopper stopper = {.after = 1};
    struct tt_watch watch = {&stopper, stop_after, NULL};
    struct ingest_outcome out;
    struct tt_error err;

    set_start();
    photo_make_set("photos");
    set_run(&whole);
    shared.part_photos = 6;
    CHECK_OK(ingest_parts_make(&shared, 3, NULL, &err));
    CHECK_OK(ingest_parts_make(&shared, 4, NULL, &err));
    CHECK_OK(ingest_parts_make(&shared, 1, NULL, &err));
    CHECK_OK(tt_file_write("shared/.tt-ingest-part-00001/train-00000.h5", "no",
                           2, &err));
    stopper.done = 1;
    CHECK_FAILS(ingest_parts_make(&shared, 2, &watch, &err), TT_CANCEL, "");
    CHECK(tt_file_exists("shared/.tt-ingest-part-00003/dataset.json"));
    CHECK(!tt_file_exists("shared/.tt-ingest-part-00002/dataset.json"));
    CHECK_FAILS(ingest_run(&shared, &watch, &out, &err), TT_CANCEL, "");
    /* the one has come to the first part: too late to help with that */
    CHECK_OK(ingest_parts_make(&shared, 0, NULL, &err));
    CHECK(!tt_file_exists("shared/.tt-ingest-part-00000"));
    set_run(&shared);
    set_check_same("whole", "shared", "");
    CHECK_OK(ingest_parts_make(&shared, 4, NULL, &err));
    set_check_same("whole", "shared", "");
    image_stop();
}

static pid_t run_in_child(const struct ingest_plan *plan)
{
    struct ingest_outcome out;
    struct tt_error err;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (image_start("test", &err) < 0 || ingest_run(plan, NULL, &out, &err) < 0)
        _exit(1);
    _exit(0);
}

static void make_in_child(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        set_start();
        photo_make_set("photos");
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

SLOW(ingest_killed_leaves_no_trace, 60)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan whole = set_plan(photos, "whole");
    struct ingest_plan parts = set_plan(photos, "parts");
    int status, killed = 0;

    make_in_child();
    CHECK(waitpid(run_in_child(&whole), &status, 0) > 0 && status == 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = run_in_child(&parts);

        tt_sleep_ms(2 + i * 3);
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, &status, 0) == pid);
        killed += WIFSIGNALED(status);
        if (!WIFSIGNALED(status))
            break;
    }
    CHECK(killed > 0);
    CHECK(waitpid(run_in_child(&parts), &status, 0) > 0 && status == 0);
    set_check_same("whole", "parts", "");
}

/* No file may grow beyond a limit, as on a full disk. */
TEST(ingest_full_disk_is_a_clear_error)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "set");
    struct rlimit limit = {150000, 150000};
    struct ingest_outcome out;
    struct tt_error err;

    set_start();
    photo_make_set("photos");
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_OUTPUT, "set/");
    CHECK(!tt_file_exists("set/dataset.json"));
    CHECK(!tt_file_exists("set/train-00000.h5"));
    image_stop();
}
