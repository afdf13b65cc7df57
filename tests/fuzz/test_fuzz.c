#include "tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/save.h"
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

static void make_metas(void)
{
    static const uint8_t exif[] = "II*\0\x08\0\0\0\x03\0"
                                  "\x0f\x01\x02\0\x06\0\0\0\x32\0\0\0"
                                  "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
                                  "\x25\x88\x04\0\x01\0\0\0\x38\0\0\0\0\0\0\0"
                                  "Zeiss\0"
                                  "\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0\0\0\0";
    static const char iptc[] = "\x1c\x02\x50\0\x05Rilke";
    uint8_t codes[3 * 16 * 16] = {0};
    struct image_rgb rgb = {16, 16, 8, codes};
    struct image_marks marks = {"Tintype", "1", "a.jpg"};
    struct image_meta meta = {0};
    struct image_save_options opt;
    struct tt_error err;

    image_save_options_init(&opt);
    opt.format = IMAGE_JPEG;
    opt.marks = &marks;
    opt.meta = &meta;
    CHECK_OK(image_meta_put(&meta, IMAGE_META_EXIF, exif, sizeof(exif), &err));
    CHECK_OK(image_meta_put(&meta, IMAGE_META_IPTC, iptc, sizeof(iptc), &err));
    CHECK_OK(tt_mkdirs("meta", 0755, &err));
    CHECK_OK(image_save(&rgb, &opt, "meta/0", &err));
    image_meta_release(&meta);
    put("meta/1",
        "<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
        "xmlns:m=\"http://ns.adobe.com/xap/1.0/mm/\"><r:Description "
        "m:DocumentID=\"&#x41;\"><m:History><r:Seq><r:li>a</r:li></r:Seq>"
        "</m:History></r:Description></r:RDF>");
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
    make_metas();
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
                                        "mat/wrong6",
                                        "meta/0",
                                        "meta/1"};
    const char *keep = getenv("FUZZ_SEEDS");

    make_seeds();
    for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
        const struct fuzz_target *t = fuzz_targets;

        while (strncmp(seeds[i], t->name, strcspn(seeds[i], "/")) != 0)
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
