#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "image/load.h"
#include "tests/image/pictures.h"

enum { W = 37, H = 23, N = W * H };

static struct tt_error err;
static struct image_limits limits;
static struct image_facts facts;
static enum image_reason reason;

static void start(void)
{
    CHECK_OK(image_start("test", &err));
    image_limits_init(&limits);
}

/* Every length short of the whole: never a picture. */
TEST(image_load_takes_no_part_for_the_whole)
{
    static const char *const suffixes[] = {".jpg", ".png", ".webp",
                                           ".tif[compression=lzw]", ".tif"};
    uint8_t codes[3 * N];

    start();
    picture_fill8(codes, sizeof(codes), 256);
    for (int i = 0; i < 5; i++) {
        struct picture p =
            picture_save(picture_image(codes, W, H, 3, VIPS_FORMAT_UCHAR,
                                       VIPS_INTERPRETATION_sRGB),
                         suffixes[i]);
        /* What follows the pixels may be missing: PNG's end, TIFF's tags lie
         * behind the pixels and are needed. */
        size_t end = p.size - 16;

        for (size_t n = 0; n < end; n += 1 + n / 16) {
            struct image_grey g;

            CHECK(image_load(p.bytes, n, &limits, &g, &facts, &reason, &err) <
                  0);
            CHECK(reason != IMAGE_FINE && *err.text);
        }
        free(p.bytes);
    }
    image_stop();
}

/* Flipped bits: any answer, but an answer. */
SLOW(image_load_survives_damage, 60)
{
    static const char *const suffixes[] = {".jpg", ".png", ".webp",
                                           ".tif[compression=lzw]",
                                           ".tif[tile,compression=jpeg]"};
    uint8_t codes[3 * N];
    unsigned seed = 5;

    start();
    picture_fill8(codes, sizeof(codes), 256);
    limits.max_pixels = 1000000;
    for (int i = 0; i < 5; i++) {
        struct picture p =
            picture_save(picture_image(codes, W, H, 3, VIPS_FORMAT_UCHAR,
                                       VIPS_INTERPRETATION_sRGB),
                         suffixes[i]);
        uint8_t *copy = malloc(p.size);

        CHECK(copy);
        for (int k = 0; k < 200; k++) {
            struct image_grey g;

            memcpy(copy, p.bytes, p.size);
            for (int f = 0; f <= k % 4; f++) {
                seed = seed * 1664525 + 1013904223;
                copy[(seed >> 8) % (k % 2 ? p.size : 200)] ^=
                    (uint8_t)(1 << (seed & 7));
            }
            if (image_load(copy, p.size, &limits, &g, &facts, &reason, &err) <
                0)
                CHECK(reason != IMAGE_FINE && *err.text);
            else
                image_grey_release(&g);
        }
        free(copy);
        free(p.bytes);
    }
    image_stop();
}
