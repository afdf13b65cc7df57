#include "tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/fuzz/targets.h"
#include "tests/ingest/mats.h"
#include "tests/ingest/photos.h"

static void put(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0755, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

static void make_mats(void)
{
    static const struct mat_row rows[] = {
        {"17/10000217_1981-05-05_2009.jpg", 723671, 2009, 4.5, NAN, false},
        {"01/nm0000001_rm1_1899-5-10_1970.jpg", 693000, 1970, -INFINITY, 1.5,
         true},
        {NULL, 54, 2015, 0.5, NAN, false},
    };
    static const char *const names[] = {"mat/0", "mat/1"};
    struct tt_error err;
    char path[32];

    CHECK_OK(tt_mkdirs("mat", 0755, &err));
    for (int i = 0; i < 2; i++)
        mat_make(names[i], i ? "imdb" : "wiki", rows, 3, i);
    for (int f = 0; f < MAT_FAULTS; f++) {
        snprintf(path, sizeof(path), "mat/wrong%d", f);
        mat_make_wrong(path, (enum mat_fault)f);
    }
}

static void make_seeds(void)
{
    struct tt_error err;

    put("name/0", "01/nm0000001_rm3343756032_1899-5-10_1970.jpg");
    put("name/1", "45/32339345_1994-11-18._2015.jpg");
    put("t/a", "first");
    put("t/b/c", "second");
    CHECK_OK(tt_mkdirs("archive", 0755, &err));
    photo_make_tar("archive/t.tar", "t");
    photo_make_tar("archive/t.tar.gz", "t");
    photo_make_tar("archive/t.tar.xz", "t");
    photo_make_tar("archive/t.zip", "t");
    make_mats();
}

/* Each file of a target's folder, whole, cut and with a byte turned. */
static void run_seed(const struct fuzz_target *t, const char *path)
{
    struct tt_error err;
    char *bytes;
    size_t size;

    CHECK_OK(tt_file_read(path, 1 << 20, &bytes, &size, &err));
    t->run((uint8_t *)bytes, size);
    for (size_t at = 0; at < size; at += 1 + size / 16)
        t->run((uint8_t *)bytes, at);
    free(bytes);
}

TEST(fuzz_targets_take_their_seeds)
{
    static const char *const seeds[] = {"name/0",
                                        "name/1",
                                        "archive/t.tar",
                                        "archive/t.tar.gz",
                                        "archive/t.tar.xz",
                                        "archive/t.zip",
                                        "mat/0",
                                        "mat/1",
                                        "mat/wrong0",
                                        "mat/wrong6"};
    const char *keep = getenv("FUZZ_SEEDS");

    make_seeds();
    for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
        const struct fuzz_target *t = fuzz_targets;

        while (strncmp(seeds[i], t->name, strlen(t->name)) != 0)
            t++;
        run_seed(t, seeds[i]);
    }
    if (keep) {
        struct tt_error err;
        char path[TT_PATH_SIZE];

        for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
            char *bytes;
            size_t size;

            CHECK_OK(tt_path_join(path, sizeof(path), keep, seeds[i], &err));
            CHECK_OK(tt_mkdirs_above(path, 0755, &err));
            CHECK_OK(tt_file_read(seeds[i], 1 << 20, &bytes, &size, &err));
            CHECK_OK(tt_file_write(path, bytes, size, &err));
            free(bytes);
        }
    }
}
