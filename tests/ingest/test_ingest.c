#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "shard/read.h"
#include "shard/verify.h"
#include "tests/ingest/photos.h"
#include "tests/ingest/set.h"

TEST(ingest_makes_a_set_that_verifies)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "set");
    struct ingest_outcome out;
    struct shard_set *set;
    struct tt_error err;
    uint64_t faults;
    const char *path;

    set_start();
    photo_make_set("photos");
    out = set_run(&plan);
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
    struct ingest_plan plan = set_plan(photos, "set");
    struct tt_error err;
    json_t *o;

    set_start();
    photo_make_set("photos");
    CHECK_OK(tt_file_write("photos/x/\xff\xe4.jpg", "?", 1, &err));
    set_run(&plan);
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
    struct ingest_plan one = set_plan(photos, "one");
    struct ingest_plan four = set_plan(photos, "four");
    struct ingest_plan packed = set_plan(tar, "packed");

    set_start();
    photo_make_set("photos");
    photo_make_tar("p.tar", "photos");
    one.threads = 1;
    four.threads = 4;
    set_run(&one);
    set_run(&four);
    set_run(&packed);
    set_check_same("one", "four", "");
    set_check_same("one", "packed", "dataset.json");
    image_stop();
}

TEST(ingest_takes_several_sources_in_order)
{
    static const char *const two[] = {"a", "tar:b.tar"};
    struct ingest_plan plan = set_plan(two, "set");
    json_t *o;

    set_start();
    photo_make("a/p/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    photo_make("b/p/1.jpg", PHOTO_COLOUR, 100, 100, 2);
    photo_make("b/q/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    photo_make_tar("b.tar", "b");
    plan.n_sources = 2;
    CHECK_INT(set_run(&plan).verdicts[INGEST_KEPT], 2);
    check_line("b/q/1.jpg", "duplicate", "a/p/1.jpg");
    o = line_of("set/report.jsonl", "b/p/1.jpg");
    CHECK_INT(json_integer_value(json_object_get(o, "source")), 1);
    json_decref(o);
    image_stop();
}

TEST(ingest_again_has_nothing_to_do)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "set");
    struct ingest_outcome first, again;

    set_start();
    photo_make_set("photos");
    first = set_run(&plan);
    CHECK(!first.was_there);
    again = set_run(&plan);
    CHECK(again.was_there);
    CHECK_INT(again.seen, first.seen);
    CHECK_INT(again.bytes, first.bytes);
    CHECK(memcmp(again.verdicts, first.verdicts, sizeof(first.verdicts)) == 0);
    CHECK(memcmp(again.records, first.records, sizeof(first.records)) == 0);
    CHECK(memcmp(&again.sha256, &first.sha256, sizeof(first.sha256)) == 0);
    /* new files: it is made anew */
    photo_make("photos/new/1.jpg", PHOTO_COLOUR, 100, 100, 77);
    again = set_run(&plan);
    CHECK(!again.was_there);
    CHECK_INT(again.verdicts[INGEST_KEPT], first.verdicts[INGEST_KEPT] + 1);
    image_stop();
}

TEST(ingest_does_not_take_the_place_of_another_set)
{
    static const char *const photos[] = {"photos"};
    struct ingest_plan plan = set_plan(photos, "set");
    struct ingest_outcome out;
    struct tt_error err;
    int folder;

    set_start();
    photo_make("photos/a/1.jpg", PHOTO_COLOUR, 100, 100, 1);
    set_run(&plan);
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
    struct ingest_plan plan = set_plan(photos, "set");
    struct ingest_outcome out;
    json_t *o;

    set_start();
    photo_make_set("photos");
    plan.dry_run = true;
    plan.report = "report";
    out = set_run(&plan);
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
    struct ingest_plan plan = set_plan(photos, "set");
    char path[64];

    set_start();
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
    CHECK_INT(set_run(&plan).verdicts[INGEST_NEAR], 5);
    check_line("photos/b/3.jpg", "near_duplicate", "photos/a/3.jpg");
    check_line("photos/b/4.png", "near_duplicate", "photos/a/4.jpg");
    image_stop();
}
