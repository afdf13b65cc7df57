#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "shard/dataset.h"
#include "shard/h5.h"
#include "shard/read.h"
#include "shard/write.h"
#include "tests/shard/make_set.h"

TEST(shard_set_comes_back)
{
    uint8_t record[SHARD_RECORD], want[SHARD_RECORD];
    struct shard_set *set;
    struct tt_error err;
    const char *path;

    make_set("set", 5);
    CHECK_OK(shard_set_open(&set, "set", &err));
    CHECK_INT(shard_set_count(set, SHARD_TRAIN), 10);
    CHECK_INT(shard_set_count(set, SHARD_VAL), 1);
    CHECK_INT(shard_set_count(set, SHARD_TEST), 0);
    for (unsigned i = 0; i < 10; i++) {
        CHECK_OK(shard_set_record(set, SHARD_TRAIN, i, record, &err));
        make_record(want, i);
        CHECK(memcmp(record, want, sizeof(want)) == 0);
    }
    CHECK_OK(shard_set_source(set, SHARD_TRAIN, 7, &path, &err));
    CHECK_STR(path, "set/7/photo.jpg");
    CHECK_OK(shard_set_source(set, SHARD_VAL, 0, &path, &err));
    CHECK_STR(path, "set/1000/photo.jpg");
    CHECK_FAILS(shard_set_record(set, SHARD_TEST, 0, record, &err), TT_BUG,
                "no record 0 of test");
    shard_set_close(set);
    shard_set_close(NULL);
}

TEST(shard_set_may_be_empty)
{
    struct shard_dataset ds = {0};
    struct shard_set *set;
    struct tt_error err;

    CHECK_OK(shard_dataset_write(&ds, ".", &err));
    CHECK_OK(shard_set_open(&set, ".", &err));
    CHECK_INT(shard_set_count(set, SHARD_TRAIN), 0);
    shard_set_close(set);
}

TEST(shard_half_written_is_never_visible)
{
    uint8_t record[SHARD_RECORD] = {0};
    struct shard_origin origin = {.path = "a"};
    struct shard_writer *w;
    struct shard_set *set;
    struct tt_error err;

    CHECK_OK(tt_mkdirs("set", 0755, &err));
    CHECK_OK(shard_writer_open(&w, "set", SHARD_TRAIN, 0, &err));
    CHECK_OK(shard_writer_add(w, record, &origin, &err));
    CHECK(!tt_file_exists("set/train-00000.h5"));
    CHECK_FAILS(shard_set_open(&set, "set", &err), TT_MISSING,
                "set: no data set there");
    CHECK(!set);
    shard_writer_abandon(w);
    CHECK(rmdir("set") == 0);
}

static void overwrite(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

TEST(shard_set_tells_damage_of_shards)
{
    struct shard_set *set;
    struct tt_error err;

    make_set("set", 2);
    CHECK(truncate("set/train-00001.h5", 100000) == 0);
    CHECK_FAILS(shard_set_open(&set, "set", &err), TT_FORMAT,
                "set/train-00001.h5: 100000 bytes");
    CHECK(!set);
    CHECK(unlink("set/train-00001.h5") == 0);
    CHECK_FAILS(shard_set_open(&set, "set", &err), TT_MISSING,
                "set/train-00001.h5");
}

/* Same size, but not a shard at all; then the head of one changed. */
TEST(shard_set_tells_foreign_files)
{
    struct shard_set *set;
    struct tt_error err;
    char *data;
    size_t size;
    int fd;

    make_set("set", 2);
    CHECK_OK(tt_file_read("set/val-00000.h5", 1 << 20, &data, &size, &err));
    fd = open("set/val-00000.h5", O_WRONLY);
    CHECK(pwrite(fd, "\x17", 1, 20) == 1); /* superblock, has a checksum */
    CHECK_FAILS(shard_set_open(&set, "set", &err), TT_FORMAT,
                "set/val-00000.h5: damaged or not an HDF5 file");
    memset(data, 'x', size);
    CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
    CHECK_FAILS(shard_set_open(&set, "set", &err), TT_FORMAT,
                "set/val-00000.h5: damaged or not an HDF5 file");
    close(fd);
    free(data);
}

/* An HDF5 file of somebody else, and one of a tintype to come. */
TEST(shard_set_tells_versions)
{
    struct shard_file file = {.name = "train-00000.h5"};
    struct shard_dataset ds = {.files = &file, .n_files = 1};
    struct shard_set *set;
    struct shard_h5 *f;
    struct tt_error err;

    for (int newer = 0; newer < 2; newer++) {
        CHECK_OK(shard_h5_create(&f, file.name, &err));
        if (newer)
            CHECK_OK(shard_h5_int_set(f, "/", SHARD_ATTR_VERSION, 2, &err));
        CHECK_OK(shard_h5_finish(f, &err));
        CHECK_OK(tt_sha256_file(file.name, &file.sha256, &file.bytes, &err));
        CHECK_OK(shard_dataset_write(&ds, ".", &err));
        CHECK_FAILS(shard_set_open(&set, ".", &err), TT_FORMAT,
                    newer ? "made by a newer version (format 2)"
                          : "not a shard");
    }
}

TEST(shard_dataset_keeps_what_was_made)
{
    struct shard_dataset ds = {.made = json_pack("{s:i}", "answer", 42)};
    struct shard_dataset back;
    struct tt_error err;

    CHECK_OK(shard_dataset_write(&ds, ".", &err));
    CHECK_OK(shard_dataset_read(&back, ".", &err));
    CHECK(json_equal(ds.made, back.made));
    CHECK(memcmp(&ds.sha256, &back.sha256, sizeof(ds.sha256)) == 0);
    shard_dataset_release(&back);
    shard_dataset_release(&ds);
}

TEST(shard_dataset_tells_damage)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "damaged, line"},
        {"{\"schema\": \"tinty", "damaged, line"},
        {"[]", "not a data set of tintype"},
        {"{\"schema\":\"tintype-dataset\",\"version\":2,\"shards\":[]}",
         "made by a newer version (format 2)"},
        {"{\"schema\":\"tintype-dataset\",\"shards\":[]}", "no version"},
        {"{\"schema\":\"tintype-dataset\",\"version\":1,\"shards\":[{}]}",
         "shards: "},
        {"{\"schema\":\"tintype-dataset\",\"version\":1,\"shards\":[{\"file\":"
         "\"../x.h5\",\"split\":\"train\",\"records\":1,\"bytes\":1,\"sha256\":"
         "\"\"}]}",
         "\"../x.h5\" is no name of a shard"},
        {"{\"schema\":\"tintype-dataset\",\"version\":1,\"shards\":[{\"file\":"
         "\"x.h5\",\"split\":\"train\",\"records\":-1,\"bytes\":1,\"sha256\":"
         "\"\"}]}",
         "x.h5: impossible figures"},
        {"{\"schema\":\"tintype-dataset\",\"version\":1,\"shards\":[{\"file\":"
         "\"x.h5\",\"split\":\"train\",\"records\":1,\"bytes\":1,\"sha256\":"
         "\"ab\"}]}",
         "x.h5: ab: not a SHA-256"},
    };
    struct shard_dataset ds;
    struct tt_error err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        overwrite("dataset.json", bad[i].text);
        CHECK_FAILS(shard_dataset_read(&ds, ".", &err), TT_FORMAT,
                    bad[i].words);
        CHECK(!ds.files && !ds.made);
    }
}
