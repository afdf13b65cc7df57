#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "shard/verify.h"
#include "shard/write.h"
#include "tests/shard/make_set.h"

static void keep_last(void *ctx, const char *words)
{
    snprintf(ctx, 512, "%s", words);
}

TEST(shard_verify_finds_nothing_in_a_good_set)
{
    struct tt_error err;
    uint64_t faults;

    make_set("set", 3);
    CHECK_OK(shard_verify("set", NULL, NULL, &faults, &err));
    CHECK_INT(faults, 0);
    CHECK_FAILS(shard_verify("none", NULL, NULL, &faults, &err), TT_MISSING,
                "none: no data set there");
}

/* Any byte, wherever it lies: the file's digest sees it. */
TEST(shard_verify_finds_a_flipped_byte)
{
    char words[512] = "";
    struct shard_faults to = {words, keep_last};
    struct tt_error err;
    uint64_t faults;
    struct stat st;
    char byte;
    int fd;

    make_set("set", 3);
    fd = open("set/train-00001.h5", O_RDWR);
    CHECK(fstat(fd, &st) == 0);
    for (off_t at = 5; at < st.st_size; at += st.st_size / 23) {
        CHECK(pread(fd, &byte, 1, at) == 1);
        byte ^= 0x10;
        CHECK(pwrite(fd, &byte, 1, at) == 1);
        CHECK_OK(shard_verify("set", &to, NULL, &faults, &err));
        CHECK(faults >= 1);
        CHECK(strstr(words, "train-00001.h5"));
        byte ^= 0x10;
        CHECK(pwrite(fd, &byte, 1, at) == 1);
    }
    close(fd);
    CHECK_OK(shard_verify("set", &to, NULL, &faults, &err));
    CHECK_INT(faults, 0);
}

TEST(shard_verify_finds_values_out_of_range)
{
    char words[512] = "";
    struct shard_faults to = {words, keep_last};
    uint8_t record[SHARD_RECORD];
    struct shard_origin origin = {.path = "p"};
    struct shard_file file;
    struct shard_dataset ds = {.files = &file, .n_files = 1};
    struct shard_writer *w;
    struct tt_error err;
    uint64_t faults;

    make_record(record, 0);
    record[SHARD_PLANE] = 3; /* a* -125: no sRGB colour */
    CHECK_OK(shard_writer_open(&w, ".", SHARD_TEST, 12, &err));
    CHECK_OK(shard_writer_add(w, record, &origin, &err));
    CHECK_OK(shard_writer_finish(w, &file, &err));
    CHECK_OK(shard_dataset_write(&ds, ".", &err));
    CHECK_OK(shard_verify(".", &to, NULL, &faults, &err));
    CHECK_INT(faults, 1);
    CHECK_STR(words, "test-00012.h5: record 0: values outside Lab's range");
}
