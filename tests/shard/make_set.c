#include "tests/shard/make_set.h"

#include <stdio.h>

#include "base/file.h"
#include "shard/dataset.h"
#include "shard/write.h"
#include "tests/check.h"

void make_record(uint8_t record[SHARD_RECORD], unsigned i)
{
    for (unsigned k = 0; k < SHARD_RECORD; k++)
        record[k] = (uint8_t)(64 + (k * 7 + i * 13) % 128);
}

static void make_shard(const char *folder, enum shard_split split,
                       unsigned number, unsigned first, unsigned n,
                       struct shard_file *out)
{
    uint8_t record[SHARD_RECORD];
    struct shard_writer *w;
    struct tt_error err;
    char path[32];

    CHECK_OK(shard_writer_open(&w, folder, split, number, &err));
    for (unsigned i = first; i < first + n; i++) {
        struct shard_origin origin = {.source = 1, .path = path};

        make_record(record, i);
        snprintf(path, sizeof(path), "set/%u/photo.jpg", i);
        CHECK_OK(tt_sha256(path, 4, &origin.photo, &err));
        CHECK_OK(shard_writer_add(w, record, &origin, &err));
        CHECK_INT(shard_writer_count(w), i - first + 1);
    }
    CHECK_OK(shard_writer_finish(w, out, &err));
}

void make_set(const char *folder, unsigned n)
{
    struct shard_file files[3];
    struct shard_dataset ds = {.files = files, .n_files = 3};
    struct tt_error err;

    CHECK_OK(tt_mkdirs(folder, 0755, &err));
    make_shard(folder, SHARD_TRAIN, 0, 0, n, &files[0]);
    make_shard(folder, SHARD_VAL, 0, 1000, 1, &files[1]);
    make_shard(folder, SHARD_TRAIN, 1, n, n, &files[2]);
    CHECK_OK(shard_dataset_write(&ds, folder, &err));
}
