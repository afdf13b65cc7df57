#include "tests/check.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "shard/h5.h"

static const uint64_t two_by_three[] = {2, 3};
static const float reals[6] = {0, 1, -2, 0.5f, 1e-3f, 65504};

static void write_sample(const char *path)
{
    static const uint16_t halves[6] = {0, 0x3c00, 0xc000, 0x3800, 0, 0x7bff};
    static const uint8_t bytes[6] = {0, 1, 2, 253, 254, 255};
    static const int64_t longs[6] = {0, 1, -1, INT64_MAX, INT64_MIN, 7};
    struct tt_error err;
    struct shard_h5 *f;

    CHECK_OK(shard_h5_create(&f, path, &err));
    CHECK(!tt_file_exists(path));
    CHECK_OK(shard_h5_write(f, "net/0/weight", SHARD_H5_F32, 2, two_by_three,
                            reals, &err));
    CHECK_OK(shard_h5_write(f, "net/0/half", SHARD_H5_F16, 2, two_by_three,
                            halves, &err));
    CHECK_OK(shard_h5_write(f, "net/bytes", SHARD_H5_U8, 2, two_by_three, bytes,
                            &err));
    CHECK_OK(
        shard_h5_write(f, "longs", SHARD_H5_I64, 2, two_by_three, longs, &err));
    CHECK_OK(
        shard_h5_write(f, "single", SHARD_H5_I64, 0, NULL, longs + 5, &err));
    CHECK_OK(shard_h5_text_set(f, "/", "words", "gr\xc3\xbc\xc3\x9f", &err));
    CHECK_OK(shard_h5_int_set(f, "net/bytes", "step", -310, &err));
    CHECK_OK(shard_h5_finish(f, &err));
    CHECK(tt_file_exists(path));
}

TEST(shard_h5_arrays_come_back)
{
    struct shard_h5_shape shape;
    struct tt_error err;
    struct shard_h5 *f;
    float back[6];
    uint16_t half[6];
    int64_t longs[6], single;

    write_sample("a.h5");
    CHECK_OK(shard_h5_open(&f, "a.h5", &err));
    CHECK_INT(shard_h5_shape(f, "net/0/weight", &shape, &err), 1);
    CHECK_INT(shape.type, SHARD_H5_F32);
    CHECK_INT(shape.rank, 2);
    CHECK_INT(shape.dim[1], 3);
    CHECK_INT(shape.count, 6);
    CHECK_INT(shard_h5_shape(f, "net/1/weight", &shape, &err), 0);
    CHECK_OK(shard_h5_read(f, "net/0/weight", SHARD_H5_F32, 6, back, &err));
    for (int i = 0; i < 6; i++)
        CHECK_NEAR(back[i], reals[i], 0);
    CHECK_OK(shard_h5_read(f, "net/0/half", SHARD_H5_F32, 6, back, &err));
    CHECK_NEAR(back[2], -2, 0);
    CHECK_NEAR(back[5], 65504, 0);
    CHECK_OK(shard_h5_read(f, "net/0/weight", SHARD_H5_F16, 6, half, &err));
    CHECK_INT(half[3], 0x3800);
    CHECK_OK(shard_h5_read(f, "longs", SHARD_H5_I64, 6, longs, &err));
    CHECK(longs[4] == INT64_MIN);
    CHECK_OK(shard_h5_read(f, "single", SHARD_H5_I64, 1, &single, &err));
    CHECK_INT(single, 7);
    shard_h5_close(f);
}

TEST(shard_h5_attributes_come_back)
{
    struct tt_error err;
    struct shard_h5 *f;
    char text[16];
    int64_t step;
    size_t size;

    write_sample("a.h5");
    CHECK_OK(shard_h5_open(&f, "a.h5", &err));
    CHECK_OK(shard_h5_text_size(f, "/", "words", &size, &err));
    CHECK_INT(size, 6);
    CHECK_OK(shard_h5_text_get(f, "/", "words", text, sizeof(text), &err));
    CHECK_STR(text, "gr\xc3\xbc\xc3\x9f");
    CHECK_OK(shard_h5_int_get(f, "net/bytes", "step", &step, &err));
    CHECK_INT(step, -310);
    CHECK_FAILS(shard_h5_text_get(f, "/", "words", text, 6, &err), TT_FORMAT,
                "words");
    CHECK_FAILS(shard_h5_int_get(f, "/", "words", &step, &err), TT_FORMAT,
                "not a whole number");
    CHECK_FAILS(shard_h5_int_get(f, "/", "none", &step, &err), TT_MISSING,
                "none: no such attribute");
    CHECK_FAILS(shard_h5_int_get(f, "nobody", "step", &step, &err), TT_MISSING,
                "nobody: no such object");
    shard_h5_close(f);
}

TEST(shard_h5_wrong_asks_are_told_so)
{
    struct tt_error err;
    struct shard_h5 *f;
    float back[8];

    write_sample("a.h5");
    CHECK_OK(shard_h5_open(&f, "a.h5", &err));
    CHECK_FAILS(shard_h5_read(f, "longs", SHARD_H5_F32, 6, back, &err),
                TT_FORMAT, "longs: holds values of another type");
    CHECK_FAILS(shard_h5_read(f, "net/0/weight", SHARD_H5_F32, 8, back, &err),
                TT_FORMAT, "6 values, 8 expected");
    CHECK_FAILS(shard_h5_read(f, "net/9/weight", SHARD_H5_F32, 6, back, &err),
                TT_MISSING, "no such array");
    shard_h5_close(f);
}

TEST(shard_h5_foreign_files_are_refused)
{
    static const char text[] = "this is not HDF5";
    struct tt_error err;
    struct shard_h5 *f;

    CHECK_FAILS(shard_h5_open(&f, "none.h5", &err), TT_MISSING, "none.h5");
    CHECK(!f);
    CHECK_OK(tt_file_write("text.h5", text, sizeof(text), &err));
    CHECK_FAILS(shard_h5_open(&f, "text.h5", &err), TT_FORMAT,
                "text.h5: damaged or not an HDF5 file");
    CHECK_OK(tt_file_write("empty.h5", "", 0, &err));
    CHECK_FAILS(shard_h5_open(&f, "empty.h5", &err), TT_FORMAT, "empty.h5");
    write_sample("cut.h5");
    CHECK(truncate("cut.h5", 1000) == 0);
    CHECK_FAILS(shard_h5_open(&f, "cut.h5", &err), TT_FORMAT, "cut.h5");
    CHECK_FAILS(shard_h5_create(&f, "no/such/folder.h5", &err), TT_OUTPUT,
                "folder.h5");
}

TEST(shard_h5_same_writes_same_bytes)
{
    struct tt_sha256 a, b;
    struct tt_error err;

    write_sample("a.h5");
    sleep(1); /* HDF5's own clock counts seconds */
    write_sample("b.h5");
    CHECK_OK(tt_sha256_file("a.h5", &a, NULL, &err));
    CHECK_OK(tt_sha256_file("b.h5", &b, NULL, &err));
    CHECK(memcmp(&a, &b, sizeof(a)) == 0);
}

TEST(shard_h5_abandoned_leaves_nothing)
{
    struct tt_error err;
    struct shard_h5 *f;

    CHECK_OK(shard_h5_create(&f, "d/../a.h5", &err) < 0 ? 0 : -1);
    CHECK_OK(tt_mkdirs("d", 0755, &err));
    CHECK_OK(shard_h5_create(&f, "d/a.h5", &err));
    shard_h5_abandon(f);
    CHECK(rmdir("d") == 0);
    shard_h5_abandon(NULL);
    shard_h5_close(NULL);
}

TEST(shard_h5_stack_grows_by_records)
{
    static const uint64_t dim[] = {3, 5};
    struct shard_h5_stack *s;
    struct tt_error err;
    struct shard_h5 *f;
    uint8_t record[15], back[15];

    CHECK_OK(shard_h5_create(&f, "s.h5", &err));
    CHECK_OK(
        shard_h5_stack_create(&s, f, "deep/stack", SHARD_H5_U8, 2, dim, &err));
    for (int i = 0; i < 100; i++) {
        memset(record, i, sizeof(record));
        CHECK_OK(shard_h5_stack_add(s, record, &err));
    }
    shard_h5_stack_close(s);
    CHECK_OK(shard_h5_finish(f, &err));

    CHECK_OK(shard_h5_open(&f, "s.h5", &err));
    CHECK_FAILS(shard_h5_stack_open(&s, f, "deep/stack", 14, &err), TT_FORMAT,
                "records are not of 14 plain bytes");
    CHECK_OK(shard_h5_stack_open(&s, f, "deep/stack", 15, &err));
    CHECK_INT(shard_h5_stack_count(s), 100);
    CHECK_OK(shard_h5_stack_get(s, 57, back, &err));
    memset(record, 57, sizeof(record));
    CHECK(memcmp(record, back, sizeof(back)) == 0);
    CHECK_FAILS(shard_h5_stack_get(s, 100, back, &err), TT_BUG,
                "no record 100");
    shard_h5_stack_close(s);
    shard_h5_close(f);
}
