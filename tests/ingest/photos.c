#include "tests/ingest/photos.h"

#include <fts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"
#include "image/save.h"
#include "tests/check.h"

static unsigned next(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Eight spots of random place, size and colour on a gray slope. */
static void paint(double *rgb, int width, int height, unsigned seed)
{
    for (int i = 0; i < width * height * 3; i++)
        rgb[i] = 90 + 60.0 * i / (3.0 * width * height);
    for (int s = 0; s < 8; s++) {
        double x = next(&seed) % 1000 / 1000.0, y = next(&seed) % 1000 / 1000.0;
        double r = 0.08 + next(&seed) % 1000 / 5000.0;
        double c[3];

        for (int k = 0; k < 3; k++)
            c[k] = (int)(next(&seed) % 220) - 110;
        for (int i = 0; i < width * height; i++) {
            double dx = (i % width + 0.5) / width - x;
            int row = i / width;
            double dy = (row + 0.5) / height - y;
            double w = 1 / (1 + exp((sqrt(dx * dx + dy * dy) - r) * 400));

            for (int k = 0; k < 3; k++)
                rgb[3 * i + k] += w * c[k];
        }
    }
}

static void change(double *p, enum photo_kind kind)
{
    double grey = 0.3 * p[0] + 0.59 * p[1] + 0.11 * p[2];

    if (kind == PHOTO_GRAY || kind == PHOTO_SEPIA)
        p[0] = p[1] = p[2] = grey;
    if (kind == PHOTO_SEPIA) {
        p[0] = grey * 1.05 + 20;
        p[2] = grey * 0.75;
    }
    for (int k = 0; k < 3; k++) {
        if (kind == PHOTO_BLANK)
            p[k] = 100 + 20 * k;
        if (kind == PHOTO_DARK)
            p[k] *= 0.1;
        if (kind == PHOTO_BLURRY)
            p[k] = 128;
    }
}

static uint8_t *draw(enum photo_kind kind, int width, int height, unsigned seed)
{
    size_t n = (size_t)width * (size_t)height;
    double *rgb = malloc(n * 3 * sizeof(*rgb));
    uint8_t *out = malloc(n * 3);

    CHECK(rgb && out);
    paint(rgb, width, height, seed);
    for (size_t i = 0; i < n; i++) {
        double *p = rgb + 3 * i;
        size_t row = i / (size_t)width;

        change(p, kind);
        if (kind == PHOTO_BLURRY) {
            /* two soft halves, and nothing else */
            p[0] += 60 * sin(3 * (double)(i % (size_t)width) / width);
            p[2] -= 80 * sin(3 * (double)row / height);
        }
        for (int k = 0; k < 3; k++)
            out[3 * i + (size_t)k] = (uint8_t)fmin(fmax(p[k] + 0.5, 0), 255);
    }
    free(rgb);
    return out;
}

static void save(const char *path, uint8_t *codes, int width, int height,
                 int quality)
{
    struct image_rgb rgb = {width, height, 8, codes};
    struct image_save_options opt;
    const char *suffix = strrchr(path, '.');
    struct tt_error err;

    image_save_options_init(&opt);
    opt.quality = quality;
    CHECK(suffix && image_format_parse(suffix + 1, &opt.format) == 0);
    CHECK_OK(tt_mkdirs_above(path, 0755, &err));
    CHECK_OK(image_save(&rgb, &opt, path, &err));
}

void photo_make(const char *path, enum photo_kind kind, int width, int height,
                unsigned seed)
{
    uint8_t *codes = draw(kind, width, height, seed);

    save(path, codes, width, height, 95);
    free(codes);
}

void photo_make_cropped(const char *path, int width, int height, unsigned seed,
                        int quality, int cut)
{
    uint8_t *codes = draw(PHOTO_COLOUR, width, height, seed);
    int w = width - 2 * cut, h = height - 2 * cut;

    for (int y = 0; y < h; y++)
        memmove(codes + y * w * 3, codes + ((y + cut) * width + cut) * 3,
                (size_t)w * 3);
    save(path, codes, w, h, quality);
    free(codes);
}

void photo_make_set(const char *folder)
{
    char path[256];
    struct tt_error err;
    char *data;
    size_t size;

    for (unsigned i = 0; i < 24; i++) {
        snprintf(path, sizeof(path), "%s/person%u/%u.jpg", folder, i % 8, i);
        photo_make(path, PHOTO_COLOUR, 150 + (int)i, 200, i + 1);
    }
    snprintf(path, sizeof(path), "%s/x/gray.jpg", folder);
    photo_make(path, PHOTO_GRAY, 160, 160, 100);
    snprintf(path, sizeof(path), "%s/x/sepia.png", folder);
    photo_make(path, PHOTO_SEPIA, 160, 160, 101);
    snprintf(path, sizeof(path), "%s/x/text.jpg", folder);
    CHECK_OK(tt_file_write(path, "no picture\n", 11, &err));
    snprintf(path, sizeof(path), "%s/x/empty.jpg", folder);
    CHECK_OK(tt_file_write(path, "", 0, &err));
    snprintf(path, sizeof(path), "%s/person3/3.jpg", folder);
    CHECK_OK(tt_file_read(path, 1 << 20, &data, &size, &err));
    snprintf(path, sizeof(path), "%s/x/copy.jpg", folder);
    CHECK_OK(tt_file_write(path, data, size, &err));
    free(data);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void pack(struct archive *a, const FTSENT *e)
{
    struct archive_entry *entry = archive_entry_new();
    struct tt_error err;
    char *data;
    size_t size;

    CHECK_OK(tt_file_read(e->fts_path, 1 << 24, &data, &size, &err));
    archive_entry_set_pathname(entry, e->fts_path);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    CHECK(archive_write_header(a, entry) == ARCHIVE_OK);
    CHECK(archive_write_data(a, data, size) == (la_ssize_t)size);
    archive_entry_free(entry);
    free(data);
}

void photo_make_tar(const char *tar, const char *folder)
{
    char *root = strdup(folder);
    char *const roots[] = {root, NULL};
    struct archive *a = archive_write_new();
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *e;

    if (strstr(tar, ".zip"))
        archive_write_set_format_zip(a);
    else
        archive_write_set_format_pax_restricted(a);
    if (strstr(tar, ".gz"))
        archive_write_add_filter_gzip(a);
    if (strstr(tar, ".xz"))
        archive_write_add_filter_xz(a);
    CHECK(archive_write_open_filename(a, tar) == ARCHIVE_OK);
    while ((e = fts_read(walk)))
        if (e->fts_info == FTS_F)
            pack(a, e);
    fts_close(walk);
    CHECK(archive_write_close(a) == ARCHIVE_OK);
    archive_write_free(a);
    free(root);
}
