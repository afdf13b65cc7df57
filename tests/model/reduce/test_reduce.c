#include "model/reduce/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/check.h"
#include "tests/model/reduce/group.h"

static struct tt_error err;

#define COUNT 70000
#define BEGUN 5

/* Values whose sum depends on its order. */
static void fill(float *values, int rank)
{
    for (size_t i = 0; i < COUNT; i++)
        values[i] = sinf((float)i * 0.7f + (float)rank);
}

static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void same_everywhere(struct reduce *r, const void *data, size_t size)
{
    void *first = malloc(size);

    CHECK(first);
    memcpy(first, data, size);
    CHECK_OK(reduce_tell(r, 0, first, size, &err));
    CHECK(same_bits(first, data, size));
    free(first);
}

TEST(reduce_gives_every_process_the_same_sums)
{
    struct reduce *r =
        group_join("reduce_gives_every_process_the_same_sums", 3);
    float *values = malloc(3 * COUNT * sizeof(float));
    float *again = values + COUNT, *other = again + COUNT;
    double sums[2];

    CHECK(values);
    fill(values, reduce_rank(r));
    memcpy(again, values, COUNT * sizeof(float));
    for (size_t i = 0; i < BEGUN; i++)
        CHECK_OK(
            reduce_begin(r, values + i * COUNT / BEGUN, COUNT / BEGUN, &err));
    // others may speak meanwhile
    sums[0] = reduce_rank(r);
    sums[1] = 0.5;
    CHECK_OK(reduce_sum(r, sums, 2, &err));
    CHECK(sums[0] == 0 + 1 + 2 && sums[1] == 1.5);
    CHECK_OK(reduce_wait(r, &err));
    same_everywhere(r, values, COUNT * sizeof(float));
    for (size_t i = 0; i < BEGUN; i++)
        CHECK_OK(
            reduce_begin(r, again + i * COUNT / BEGUN, COUNT / BEGUN, &err));
    CHECK_OK(reduce_wait(r, &err));
    CHECK(same_bits(values, again, COUNT * sizeof(float)));

    memset(again, 0, COUNT * sizeof(float));
    for (int rank = 0; rank < 3; rank++) {
        fill(other, rank);
        for (size_t i = 0; i < COUNT; i++)
            again[i] += other[i];
    }
    for (size_t i = 0; i < COUNT; i++)
        CHECK_NEAR(values[i], again[i], 1e-6);
    free(values);
    reduce_close(r);
}

TEST(reduce_tells_from_any_process_to_all)
{
    struct reduce *r = group_join("reduce_tells_from_any_process_to_all", 3);

    for (int from = 0; from < 3; from++) {
        int word = reduce_rank(r);

        CHECK_OK(reduce_tell(r, from, &word, sizeof(word), &err));
        CHECK_INT(word, from);
    }
    CHECK_OK(reduce_meet(r, &err));
    reduce_close(r);
}

TEST(reduce_of_one_process_is_nothing)
{
    float value = 3;
    double sum = 4;

    CHECK_INT(reduce_rank(NULL), 0);
    CHECK_INT(reduce_size(NULL), 1);
    CHECK(!reduce_on_device(NULL));
    CHECK_OK(reduce_begin(NULL, &value, 1, &err));
    CHECK_OK(reduce_wait(NULL, &err));
    CHECK_OK(reduce_sum(NULL, &sum, 1, &err));
    CHECK_OK(reduce_tell(NULL, 0, &value, sizeof(value), &err));
    CHECK_OK(reduce_meet(NULL, &err));
    CHECK(value == 3 && sum == 4);
    reduce_close(NULL);
}

/* No machine of the tests has a card: what is left is that it says so. */
TEST(reduce_over_gpus_says_that_there_is_none)
{
    struct reduce *r;

    group_enter("reduce_over_gpus_says_that_there_is_none", 1);
    if (reduce_check("nccl", &err) < 0)
        check_skip(err.text);
    if (reduce_open(&r, "nccl", &err) == 0) {
        CHECK(reduce_on_device(r));
        reduce_close(r);
        return;
    }
    CHECK(strstr(err.text, "reduce nccl: no GPU: "));
    CHECK_INT(err.code, TT_MISSING);
}

TEST(reduce_says_which_plug_in_is_missing)
{
    struct reduce *r;

    setenv("TINTYPE_PLUGINS", ".", 1);
    CHECK_FAILS(reduce_open(&r, "mpi", &err), TT_MISSING,
                "reduce mpi: mpi: the plug-in tintype-mpi.so is not installed");
    CHECK(!r);
    CHECK_FAILS(reduce_check("mpi", &err), TT_MISSING, "not installed");
    CHECK_FAILS(reduce_open(&r, "../x", &err), TT_MISSING, "not installed");
    CHECK_OK(tt_file_write("tintype-mpi.so", "nonsense", 8, &err));
    CHECK_FAILS(reduce_open(&r, "mpi", &err), TT_UNAVAILABLE,
                "tintype-mpi.so: file too short");
    CHECK(!r);
}
