#include "tests/check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "image/grey.h"
#include "image/lab.h"
#include "image/recolor.h"
#include "image/settle.h"

static struct tt_error err;

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void random_ab(float *ab, int side, float most, unsigned seed)
{
    for (int i = 0; i < 2 * side * side; i++)
        ab[i] = most * ((float)next(&seed) / 32768.0f - 1);
}

static void check_grey(const struct image_grey *g, const struct image_rgb *rgb)
{
    size_t n = (size_t)g->width * (size_t)g->height;
    void *back = malloc(n * (size_t)(g->bits / 8));

    CHECK(back);
    CHECK_INT(rgb->bits, g->bits);
    image_grey_row(rgb->codes, n, g->bits, back);
    CHECK(!memcmp(back, g->codes, n * (size_t)(g->bits / 8)));
    free(back);
}

/* Every grey code beside colours of every hue and strength. */
SLOW(image_recolor_keeps_every_grey_of_8_bits, 90)
{
    enum { SIDE = 32 };
    static uint8_t codes[256 * 1024];
    static float ab[2 * SIDE * SIDE];
    struct image_grey g = {1024, 256, 8, codes};
    static const float most[] = {3, 20, 60, 150};

    for (int i = 0; i < 256 * 1024; i++)
        codes[i] = (uint8_t)(i / 1024);
    for (unsigned k = 0; k < 4; k++) {
        struct image_rgb rgb = {0};

        random_ab(ab, SIDE, most[k], k + 1);
        CHECK_OK(image_recolor(&g, ab, SIDE, &rgb, &err));
        check_grey(&g, &rgb);
        image_rgb_release(&rgb);
    }
}

SLOW(image_recolor_keeps_every_grey_of_16_bits, 90)
{
    enum { SIDE = 16 };
    static uint16_t codes[65536 * 4];
    static float ab[2 * SIDE * SIDE];
    struct image_grey g = {512, 512, 16, codes};

    for (unsigned i = 0; i < 65536 * 4; i++)
        codes[i] = (uint16_t)((i * 40503u) & 65535);
    for (unsigned k = 0; k < 3; k++) {
        struct image_rgb rgb = {0};

        random_ab(ab, SIDE, k == 0 ? 15 : k == 1 ? 50 : 140, k + 11);
        CHECK_OK(image_recolor(&g, ab, SIDE, &rgb, &err));
        check_grey(&g, &rgb);
        image_rgb_release(&rgb);
    }
}

TEST(image_recolor_without_colour_changes_nothing)
{
    static const float ab[2 * 16] = {0};
    static uint16_t wide[65536];
    uint8_t narrow[256];
    struct image_grey g8 = {256, 1, 8, narrow};
    struct image_grey g16 = {256, 256, 16, wide};
    struct image_rgb rgb = {0};

    for (int v = 0; v < 256; v++)
        narrow[v] = (uint8_t)v;
    for (int v = 0; v < 65536; v++)
        wide[v] = (uint16_t)v;
    CHECK_OK(image_recolor(&g8, ab, 4, &rgb, &err));
    for (int i = 0; i < 3 * 256; i++)
        CHECK_INT(((uint8_t *)rgb.codes)[i], i / 3);
    image_rgb_release(&rgb);
    CHECK_OK(image_recolor(&g16, ab, 4, &rgb, &err));
    for (int i = 0; i < 3 * 65536; i++)
        CHECK(((uint16_t *)rgb.codes)[i] == i / 3);
    image_rgb_release(&rgb);
}

/* A settled triple lies at most two codes from the plainly rounded one. */
TEST(image_settle_moves_as_little_as_can_be)
{
    unsigned seed = 3;
    int moved = 0, far = 0;

    for (int i = 0; i < 200000; i++) {
        double lab[3], c[3];
        uint8_t v = (uint8_t)next(&seed), plain[3], rgb[3];
        int inside = 1;

        lab[0] = image_lab_lightness(v / 255.0);
        lab[1] = next(&seed) % 120 - 60.0;
        lab[2] = next(&seed) % 120 - 60.0;
        image_lab_to_rgb(lab, c);
        for (int k = 0; k < 3; k++) {
            inside = inside && c[k] >= 0 && c[k] <= 1;
            plain[k] = rgb[k] = (uint8_t)rint(255 * fmin(fmax(c[k], 0), 1));
        }
        if (!inside)
            continue;
        image_settle_row(&v, 1, 8, rgb);
        CHECK_INT(image_grey8(rgb[0], rgb[1], rgb[2]), v);
        for (int k = 0; k < 3; k++) {
            moved += rgb[k] != plain[k];
            far += abs(rgb[k] - plain[k]) > 1;
            CHECK(abs(rgb[k] - plain[k]) <= 2);
        }
    }
    CHECK(moved > 0);
    CHECK(far < 100);
}

TEST(image_settle_mends_what_is_wholly_wrong)
{
    for (int v = 0; v < 256; v++) {
        uint8_t grey = (uint8_t)v;
        uint8_t rgb[] = {255, 0, 255};

        image_settle_row(&grey, 1, 8, rgb);
        CHECK_INT(image_grey8(rgb[0], rgb[1], rgb[2]), v);
    }
}

TEST(image_recolor_lays_the_colour_where_it_belongs)
{
    enum { SIDE = 8, W = 80, H = 40 };
    static uint8_t codes[W * H];
    float ab[2 * SIDE * SIDE];
    struct image_grey g = {W, H, 8, codes};
    struct image_rgb rgb = {0};
    uint8_t *p;

    memset(codes, 128, sizeof(codes));
    for (int i = 0; i < SIDE * SIDE; i++) { /* red on the left, blue below */
        ab[i] = i % SIDE < SIDE / 2 ? 40 : 0;
        ab[SIDE * SIDE + i] = i / SIDE < SIDE / 2 ? 0 : -40;
    }
    CHECK_OK(image_recolor(&g, ab, SIDE, &rgb, &err));
    p = rgb.codes;
    CHECK(p[0] > p[1] + 40);                       /* top left: red */
    CHECK_INT(p[3 * (W - 1)], p[3 * (W - 1) + 2]); /* top right: gray */
    CHECK(p[3 * (W * H - 1) + 2] > p[3 * (W * H - 1)] + 40); /* blue */
    CHECK(p[3 * (39 * W) + 1] < 110);                        /* both: purple */
    /* Centres on centres: the picture of the edge is symmetric. */
    for (int x = 0; x < W / 2; x++) {
        float left = 0, right = 0, L, a, b;

        image_lab_from_rgb8(p + 3 * x, 1, &L, &a, &b);
        left = a;
        image_lab_from_rgb8(p + 3 * (W - 1 - x), 1, &L, &a, &b);
        right = a;
        CHECK_NEAR(left + right, 40, 1.5);
    }
    image_rgb_release(&rgb);
}

TEST(image_recolor_takes_any_size_and_any_number)
{
    static const int sizes[][2] = {{1, 1},   {1, 300}, {300, 1}, {3, 5},
                                   {255, 2}, {256, 2}, {257, 2}};
    float ab[2 * 64];
    uint8_t codes[600];

    for (int i = 0; i < 600; i++)
        codes[i] = (uint8_t)(i * 7);
    for (int i = 0; i < 128; i++)
        ab[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -1e30f;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct image_grey g = {sizes[i][0], sizes[i][1], 8, codes};
        struct image_rgb rgb = {0};

        CHECK_OK(image_recolor(&g, ab, 8, &rgb, &err));
        check_grey(&g, &rgb);
        image_rgb_release(&rgb);
    }
}

TEST(image_recolor_refuses_what_makes_no_sense)
{
    uint8_t code = 0;
    float ab[2] = {0};
    struct image_grey g = {0, 1, 8, &code};
    struct image_rgb rgb = {0};

    CHECK_FAILS(image_recolor(&g, ab, 1, &rgb, &err), TT_USAGE, "0 x 1");
    g.width = 1;
    g.bits = 12;
    CHECK_FAILS(image_recolor(&g, ab, 1, &rgb, &err), TT_USAGE, "12 bits");
    CHECK(!rgb.codes);
}

/* The bytes are promised on every processor: they are pinned. */
TEST(image_recolor_gives_the_same_bytes_everywhere)
{
    enum { SIDE = 16, W = 211, H = 97 };
    static uint16_t codes[W * H];
    static uint8_t narrow[W * H];
    static float ab[2 * SIDE * SIDE];
    struct image_grey g16 = {W, H, 16, codes}, g8 = {W, H, 8, narrow};
    struct image_rgb rgb = {0};
    struct tt_sha256 hash;
    char text[TT_SHA256_HEX];
    unsigned seed = 99;

    for (int i = 0; i < W * H; i++) {
        codes[i] = (uint16_t)next(&seed);
        narrow[i] = (uint8_t)(codes[i] >> 8);
    }
    random_ab(ab, SIDE, 70, 5);
    CHECK_OK(image_recolor(&g16, ab, SIDE, &rgb, &err));
    CHECK_OK(tt_sha256(rgb.codes, (size_t)W * H * 6, &hash, &err));
    CHECK_STR(
        tt_sha256_text(&hash, text),
        "0562142e466e8c30d7b3bb46464791c8b3d01c488ffee18d715e851411b74784");
    image_rgb_release(&rgb);
    CHECK_OK(image_recolor(&g8, ab, SIDE, &rgb, &err));
    CHECK_OK(tt_sha256(rgb.codes, (size_t)W * H * 3, &hash, &err));
    CHECK_STR(
        tt_sha256_text(&hash, text),
        "aef6dac6db304e88a6ec10f961b69303d71951959007e25b688c9c7146a95086");
    image_rgb_release(&rgb);
}
