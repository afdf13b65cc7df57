#include "tests/model/train/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/random.h"
#include "shard/dataset.h"
#include "shard/write.h"
#include "tests/check.h"

static struct tt_error err;

/* A disc (warm) on a ground (cool), each with its own lightness and some
 * texture; a lookup by lightness cannot tell them apart. */
void data_record(uint32_t index, uint8_t record[SHARD_RECORD])
{
    uint64_t key = model_random(99, index, 0);
    float cx = model_random_range(key, 0, 45, 83);
    float cy = model_random_range(key, 1, 45, 83);
    float radius = model_random_range(key, 2, 25, 40);
    float inside = model_random_range(key, 3, 90, 190);
    float outside = model_random_range(key, 4, 60, 200);

    for (int p = 0; p < SHARD_PLANE; p++) {
        int row = p / SHARD_SIDE;
        float x = (float)(p % SHARD_SIDE), y = (float)row;
        bool disc = hypotf(x - cx, y - cy) < radius;
        float texture = disc ? 0 : 20 * sinf(x * 0.4f) * sinf(y * 0.4f);

        record[p] = (uint8_t)((disc ? inside : outside) + texture);
        record[SHARD_PLANE + p] = disc ? 128 + 20 : 128 - 5;
        record[2 * SHARD_PLANE + p] = disc ? 128 + 25 : 128 - 20;
    }
}

static void make_split(const char *folder, enum shard_split split, int count,
                       uint32_t first, struct shard_file *out)
{
    uint8_t record[SHARD_RECORD];
    struct shard_writer *w;
    char path[64];
    struct shard_origin origin = {.path = path};

    CHECK_OK(shard_writer_open(&w, folder, split, 0, &err));
    for (int i = 0; i < count; i++) {
        data_record(first + (uint32_t)i, record);
        snprintf(path, sizeof(path), "made/%u.jpg", first + (unsigned)i);
        CHECK_OK(shard_writer_add(w, record, &origin, &err));
    }
    CHECK_OK(shard_writer_finish(w, out, &err));
}

void data_make(const char *folder, int train, int val)
{
    struct shard_file files[2];
    struct shard_dataset ds;

    CHECK_OK(tt_mkdirs(folder, 0777, &err));
    make_split(folder, SHARD_TRAIN, train, 0, &files[0]);
    make_split(folder, SHARD_VAL, val, 100000, &files[1]);
    memset(&ds, 0, sizeof(ds));
    ds.files = files;
    ds.n_files = 2;
    CHECK_OK(shard_dataset_write(&ds, folder, &err));
}

struct train_plan data_plan(const char *folder)
{
    struct train_plan plan;

    train_plan_init(&plan);
    plan.dataset = "set";
    plan.folder = folder;
    plan.preset = "T";
    plan.sides = "32";
    plan.batch = 8;
    plan.threads = 1;
    return plan;
}

float *data_values(size_t n, uint64_t key)
{
    float *v = malloc(n * sizeof(float));

    CHECK(v);
    for (size_t i = 0; i < n; i++)
        v[i] = 0.5f + 0.2f * model_random_normal(key, i);
    return v;
}
