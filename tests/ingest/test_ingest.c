#include "tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "ingest/ingest.h"
#include "ingest/known.h"
#include "ingest/parts.h"
#include "shard/read.h"
#include "shard/verify.h"
#include "tests/ingest/photos.h"

static struct ingest_plan plan_for(const char *const *source, const char *out)
{
    struct ingest_plan plan;

    ingest_plan_init(&plan);
    plan.sources = source;
    plan.n_sources = 1;
    plan.out = out;
    plan.threads = 2;
    plan.shard_records = 5;
    return plan;
}

static struct ingest_outcome run(const struct ingest_plan *plan)
{
    struct ingest_outcome out;
    struct tt_error err;

    CHECK_OK(ingest_run(plan, NULL, &out, &err));
    ingest_outcome_release(&out);
    return out;
}

static void start(void)
{
    struct tt_error err;

    CHECK_OK(image_start("test", &err));
}

/* Two folders hold the same files, byte for byte, but for one that may differ
 * (dataset.json names its sources). Nothing else lies there. */
static void check_same(const char *a, const char *b, const char *but)
{
    DIR *dir = opendir(a);
    struct dirent *e;
    int count = 0;

    CHECK(dir);
    while ((e = readdir(dir))) {
        struct tt_sha256 one, other;
        char path[512];
        struct tt_error err;

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        CHECK(strncmp(e->d_name, ".tt-", 4) != 0);
        snprintf(path, sizeof(path), "%s/%s", a, e->d_name);
        CHECK_OK(tt_sha256_file(path, &one, NULL, &err));
        snprintf(path, sizeof(path), "%s/%s", b, e->d_name);
        CHECK_OK(tt_sha256_file(path, &other, NULL, &err));
        if (strcmp(e->d_name, but) != 0)
            CHECK(memcmp(&one, &other, sizeof(one)) == 0);
        count++;
    }
    closedir(dir);
    dir = opendir(b);
    CHECK(dir);
    while (readdir(dir))
        count--;
    closedir(dir);
    CHECK_INT(count, -2);
}

TEST(ingest_makes_a_set_that_verifies)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct ingest_outcome out;
    struct shard_set *set;
    struct tt_error err;
    uint64_t faults;
    const char *path;

    start();
    photo_make_set("photos");
    out = run(&plan);
    CHECK_INT(out.seen, 29);
    CHECK_INT(out.verdicts[INGEST_KEPT], 24);
    CHECK_INT(out.verdicts[INGEST_GRAYSCALE], 1);
    CHECK_INT(out.verdicts[INGEST_TONED], 1);
    CHECK_INT(out.verdicts[INGEST_NOT_IMAGE], 1);
    CHECK_INT(out.verdicts[INGEST_EMPTY], 1);
    CHECK_INT(out.verdicts[INGEST_DUPLICATE], 1);
    CHECK_OK(shard_verify("set", NULL, NULL, &faults, &err));
    CHECK_INT(faults, 0);
    CHECK_OK(shard_set_open(&set, "set", &err));
    CHECK_INT(shard_set_count(set, SHARD_TRAIN), out.records[SHARD_TRAIN]);
    CHECK_INT(shard_set_count(set, SHARD_TRAIN) +
                  shard_set_count(set, SHARD_VAL) +
                  shard_set_count(set, SHARD_TEST),
              24);
    CHECK_OK(shard_set_source(set, SHARD_TRAIN, 0, &path, &err));
    CHECK(strncmp(path, "photos/person", 13) == 0);
    shard_set_close(set);
    image_stop();
}

static json_t *line_of(const char *report, const char *path)
{
    FILE *f = fopen(report, "r");
    char line[1024];
    json_t *found = NULL;

    CHECK(f);
    while (!found && fgets(line, sizeof(line), f)) {
        json_t *o = json_loads(line, 0, NULL);

        CHECK(o);
        if (strcmp(json_string_value(json_object_get(o, "path")), path) == 0)
            found = json_incref(o);
        json_decref(o);
    }
    fclose(f);
    CHECK(found);
    return found;
}

static void check_line(const char *path, const char *verdict, const char *of)
{
    json_t *o = line_of("set/report.jsonl", path);

    CHECK_STR(json_string_value(json_object_get(o, "verdict")), verdict);
    if (of)
        CHECK_STR(json_string_value(json_object_get(o, "of")), of);
    json_decref(o);
}

TEST(ingest_reports_every_photo)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct tt_error err;
    json_t *o;

    start();
    photo_make_set("photos");
    CHECK_OK(tt_file_write("photos/x/\xff\xe4.jpg", "?", 1, &err));
    run(&plan);
    check_line("photos/x/text.jpg", "not_an_image", NULL);
    check_line("photos/x/empty.jpg", "empty", NULL);
    check_line("photos/x/gray.jpg", "grayscale", NULL);
    check_line("photos/x/copy.jpg", "duplicate", "photos/person3/3.jpg");
    check_line("photos/x/\xef\xbf\xbd\xef\xbf\xbd.jpg", "not_an_image", NULL);
    o = line_of("set/report.jsonl", "photos/x/sepia.png");
    CHECK_STR(json_string_value(json_object_get(o, "verdict")), "toned");
    CHECK(json_number_value(json_object_get(o, "value")) < 5.5);
    CHECK_NEAR(json_number_value(json_object_get(o, "threshold")), 5.5, 0);
    CHECK_INT(json_integer_value(json_object_get(o, "width")), 160);
    json_decref(o);
    o = line_of("set/report.jsonl", "photos/person0/0.jpg");
    CHECK(json_string_value(json_object_get(o, "shard")));
    CHECK_INT(json_integer_value(json_object_get(o, "index")), 0);
    json_decref(o);
    image_stop();
}

TEST(ingest_threads_and_archives_change_nothing)
{
    static const char *const photos[] = {"photos"}, *const tar[] = {"p.tar"};
    struct ingest_plan one = plan_for(photos, "one");
    struct ingest_plan four = plan_for(photos, "four");
    struct ingest_plan packed = plan_for(tar, "packed");

    start();
    photo_make_set("photos");
    photo_make_tar("p.tar", "photos");
    one.threads = 1;
    four.threads = 4;
    run(&one);
    run(&four);
    run(&packed);
    check_same("one", "four", "");
    check_same("one", "packed", "dataset.json");
    image_stop();
}

TEST(ingest_takes_several_sources_in_order)
{
    static const char *const two[] = {"a", "tar:b.tar"};
    struct ingest_plan plan = plan_for(two, "set");
    json_t *o;

    start();
    photo_make("a/p/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    photo_make("b/p/1.jpg", PHOTO_COLOUR, 100, 100, 2);
    photo_make("b/q/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    photo_make_tar("b.tar", "b");
    plan.n_sources = 2;
    CHECK_INT(run(&plan).verdicts[INGEST_KEPT], 2);
    check_line("b/q/1.jpg", "duplicate", "a/p/1.jpg");
    o = line_of("set/report.jsonl", "b/p/1.jpg");
    CHECK_INT(json_integer_value(json_object_get(o, "source")), 1);
    json_decref(o);
    image_stop();
}

TEST(ingest_again_has_nothing_to_do)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct ingest_outcome first, again;

    start();
    photo_make_set("photos");
    first = run(&plan);
    CHECK(!first.was_there);
    again = run(&plan);
    CHECK(again.was_there);
    CHECK_INT(again.seen, first.seen);
    CHECK_INT(again.bytes, first.bytes);
    CHECK(memcmp(again.verdicts, first.verdicts, sizeof(first.verdicts)) == 0);
    CHECK(memcmp(again.records, first.records, sizeof(first.records)) == 0);
    CHECK(memcmp(&again.sha256, &first.sha256, sizeof(first.sha256)) == 0);
    /* new files: it is made anew */
    photo_make("photos/new/1.jpg", PHOTO_COLOUR, 100, 100, 77);
    again = run(&plan);
    CHECK(!again.was_there);
    CHECK_INT(again.verdicts[INGEST_KEPT], first.verdicts[INGEST_KEPT] + 1);
    image_stop();
}

TEST(ingest_does_not_take_the_place_of_another_set)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct ingest_outcome out;
    struct tt_error err;
    int folder;

    start();
    photo_make("photos/a/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    run(&plan);
    plan.gate.min_side = 60;
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_USAGE,
                "set: a data set from other sources or by other rules");
    CHECK(tt_file_exists("set/dataset.json"));
    plan.gate.min_side = 48;
    folder = open("set", O_RDONLY);
    CHECK(flock(folder, LOCK_EX) == 0);
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_BUSY,
                "another ingest is at work there");
    close(folder);
    CHECK_OK(tt_file_write("set/dataset.json", "{", 1, &err));
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_FORMAT,
                "set/dataset.json: damaged");
    plan.n_sources = 0;
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_USAGE, "no source");
    image_stop();
}

TEST(ingest_dry_run_writes_nothing)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct ingest_outcome out;
    json_t *o;

    start();
    photo_make_set("photos");
    plan.dry_run = true;
    plan.report = "report";
    out = run(&plan);
    CHECK_INT(out.verdicts[INGEST_KEPT], 24);
    CHECK_INT(out.n_shards, 0);
    CHECK(!tt_file_exists("set"));
    o = line_of("report", "photos/x/text.jpg");
    json_decref(o);
    image_stop();
}

TEST(ingest_finds_near_duplicates)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    char path[64];

    start();
    for (unsigned i = 0; i < 10; i++) {
        snprintf(path, sizeof(path), "photos/a/%u.jpg", i);
        photo_make(path, PHOTO_COLOUR, 200, 240, 50 + i);
    }
    photo_make_cropped("photos/b/0.jpg", 200, 240, 50, 50, 0);
    photo_make_cropped("photos/b/1.jpg", 340, 410, 51, 90, 0);
    photo_make_cropped("photos/b/2.jpg", 120, 144, 52, 90, 0);
    photo_make_cropped("photos/b/3.jpg", 200, 240, 53, 90, 6);
    photo_make("photos/b/4.png", PHOTO_COLOUR, 200, 240, 54);
    plan.gate.near = true;
    CHECK_INT(run(&plan).verdicts[INGEST_NEAR], 5);
    check_line("photos/b/3.jpg", "near_duplicate", "photos/a/3.jpg");
    check_line("photos/b/4.png", "near_duplicate", "photos/a/4.jpg");
    image_stop();
}

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
    struct ingest_plan whole = plan_for(photos, "whole");
    struct ingest_plan parts = plan_for(photos, "parts");
    struct stopper stopper = {0};
    struct tt_watch watch = {&stopper, stop_after, count};
    struct ingest_outcome out;
    struct tt_error err;

    start();
    photo_make_set("photos");
    run(&whole);
    for (stopper.after = 3; stopper.after < 29; stopper.after += 7) {
        stopper.done = 0;
        CHECK_FAILS(ingest_run(&parts, &watch, &out, &err), TT_CANCEL,
                    "interrupted after");
        CHECK(!tt_file_exists("parts/dataset.json"));
    }
    /* an earlier stop must not lose what a later one had done */
    stopper = (struct stopper){.after = 2};
    CHECK_FAILS(ingest_run(&parts, &watch, &out, &err), TT_CANCEL, "2 photos");
    run(&parts);
    check_same("whole", "parts", "");
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
    struct ingest_plan whole = plan_for(photos, "whole");
    struct ingest_plan grown = plan_for(photos, "grown");
    struct stopper stopper = {.after = 9};
    struct tt_watch watch = {&stopper, stop_after, note};
    struct ingest_outcome out;
    struct tt_error err;

    start();
    photo_make_set("photos");
    run(&grown);
    photo_make("photos/nm0000001/added.jpg", PHOTO_COLOUR, 150, 160, 901);
    photo_make("photos/zz/added.jpg", PHOTO_COLOUR, 160, 150, 902);
    photo_make("photos/added.jpg", PHOTO_GRAY, 160, 150, 903);
    run(&whole);
    CHECK_FAILS(ingest_run(&grown, &watch, &out, &err), TT_CANCEL, "");
    CHECK(!tt_file_exists("grown/dataset.json"));
    CHECK(tt_file_exists("grown/.tt-ingest-was/dataset.json"));
    /* as if it had been killed while it put the set aside */
    CHECK(unlink("grown/.tt-ingest-plan") == 0);
    CHECK(rename("grown/.tt-ingest-was/report.jsonl", "grown/report.jsonl") ==
          0);
    run(&grown);
    check_same("whole", "grown", "");
    image_stop();
}

TEST(ingest_known_finds_by_content)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct ingest_survey survey;
    struct ingest_source *source;
    static struct ingest_item is, was;
    struct ingest_known *known;
    struct shard_dataset ds;
    struct tt_error err;
    int found = 0;

    start();
    photo_make_set("photos");
    run(&plan);
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
    struct ingest_plan plan = plan_for(photos, "photos/shards");
    struct ingest_outcome out;
    struct tt_error err;

    start();
    photo_make_set("photos");
    CHECK_INT(run(&plan).seen, 29);
    CHECK(run(&plan).was_there);
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
    struct ingest_plan plan = plan_for(tar, "set");
    struct ingest_outcome out;
    struct tt_error err;
    uint64_t total = 0;
    struct tt_watch watch = {&total, NULL, last_total};

    start();
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
    struct ingest_plan whole = plan_for(photos, "whole");
    struct ingest_plan shared = plan_for(photos, "shared");
    struct stopper stopper = {.after = 1};
    struct tt_watch watch = {&stopper, stop_after, NULL};
    struct ingest_outcome out;
    struct tt_error err;

    start();
    photo_make_set("photos");
    run(&whole);
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
    run(&shared);
    check_same("whole", "shared", "");
    CHECK_OK(ingest_parts_make(&shared, 4, NULL, &err));
    check_same("whole", "shared", "");
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
        start();
        photo_make_set("photos");
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

SLOW(ingest_killed_leaves_no_trace, 60)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan whole = plan_for(photos, "whole");
    struct ingest_plan parts = plan_for(photos, "parts");
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
    check_same("whole", "parts", "");
}

/* No file may grow beyond a limit, as on a full disk. */
TEST(ingest_full_disk_is_a_clear_error)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = plan_for(photos, "set");
    struct rlimit limit = {150000, 150000};
    struct ingest_outcome out;
    struct tt_error err;

    start();
    photo_make_set("photos");
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_FAILS(ingest_run(&plan, NULL, &out, &err), TT_OUTPUT, "set/");
    CHECK(!tt_file_exists("set/dataset.json"));
    CHECK(!tt_file_exists("set/train-00000.h5"));
    image_stop();
}
