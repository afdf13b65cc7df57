#include "tests/workers/photo.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/save.h"
#include "tests/check.h"

#define TAGS 10
#define HEAD (8 + 2 + 12 * TAGS + 4 + 8)

void test_photo_bytes(const char *path, const void *bytes, size_t size)
{
    struct tt_error err;

    CHECK_OK(tt_file_write(path, bytes, size, &err));
}

static void put(uint8_t *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* One strip, little endian, 72 dpi left out. */
static uint8_t *start(int width, int height, int bits, int bands, size_t *size)
{
    size_t pixels =
        (size_t)width * (size_t)height * (size_t)bands * (size_t)(bits / 8);
    uint32_t offset = bands == 3 ? HEAD - 8 : (uint32_t)bits;
    const uint32_t tag[TAGS][3] = {{256, 4, (uint32_t)width},
                                   {257, 4, (uint32_t)height},
                                   {258, 3, offset},
                                   {259, 3, 1},
                                   {262, 3, bands == 3 ? 2 : 1},
                                   {273, 4, HEAD},
                                   {277, 3, (uint32_t)bands},
                                   {278, 4, (uint32_t)height},
                                   {279, 4, (uint32_t)pixels},
                                   {284, 3, 1}};
    static const uint8_t head[8] = {'I', 'I', 42, 0, 8};
    uint8_t *file = calloc(1, HEAD + pixels);

    CHECK(file);
    memcpy(file, head, sizeof(head));
    put(file + 8, TAGS, 2);
    for (int i = 0; i < TAGS; i++) {
        uint8_t *entry = file + 10 + 12 * i;

        put(entry, tag[i][0], 2);
        put(entry + 2, tag[i][1], 2);
        put(entry + 4, tag[i][0] == 258 ? (uint32_t)bands : 1, 4);
        put(entry + 8, tag[i][2], 4);
    }
    for (int b = 0; b < 3; b++)
        put(file + HEAD - 8 + 2 * b, (uint32_t)bits, 2);
    *size = HEAD + pixels;
    return file;
}

static uint32_t grey_at(int x, int y, int width, int height, unsigned seed)
{
    int dx = x - width / 2, dy = y - height / 2;
    int face = dx * dx + dy * dy < width * height / 9;

    return (uint32_t)((x * 90 / width + y * 60 / height + (face ? 80 : 10) +
                       (x * 7 + y * 13 + (int)seed) % 16) &
                      255);
}

void test_photo_grey(const char *path, int width, int height, int bits,
                     unsigned seed)
{
    size_t size;
    uint8_t *file = start(width, height, bits, 1, &size), *at = file + HEAD;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, at += bits / 8)
            put(at, grey_at(x, y, width, height, seed) * (bits == 16 ? 257 : 1),
                bits / 8);
    test_photo_bytes(path, file, size);
    free(file);
}

void test_photo_colour(const char *path, int width, int height)
{
    size_t size;
    uint8_t *file = start(width, height, 8, 3, &size), *at = file + HEAD;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, at += 3) {
            at[0] = (uint8_t)(x * 255 / width);
            at[1] = (uint8_t)(y * 255 / height);
            at[2] = (uint8_t)(255 - x * 255 / width);
        }
    test_photo_bytes(path, file, size);
    free(file);
}

void test_photo_saying(const char *path, const char *xmp)
{
    static const char iptc[] = "\x1c\x02\x50\0\x05Rilke";
    uint8_t codes[3 * 32 * 32] = {0};
    struct image_rgb rgb = {32, 32, 8, codes};
    struct image_marks marks = {"Test", "1", NULL};
    struct image_save_options opt;
    struct image_meta meta = {0};
    struct tt_error err;

    image_save_options_init(&opt);
    opt.format = IMAGE_JPEG;
    opt.marks = &marks;
    opt.meta = &meta;
    CHECK_OK(
        image_meta_put(&meta, IMAGE_META_IPTC, iptc, sizeof(iptc) - 1, &err));
    CHECK_OK(image_meta_put(&meta, IMAGE_META_XMP, xmp, strlen(xmp), &err));
    CHECK_OK(image_save(&rgb, &opt, path, &err));
    image_meta_release(&meta);
}
