#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/lab.h"
#include "image/measure.h"

enum { W = 150, H = 200 };

static struct tt_error err;
static uint8_t rgb[3 * W * H];
static struct image_small small = {W, H, rgb};

/* Every pixel's (a, b) from its L* and place. */
static void paint(void (*colour)(double L, int x, int y, double *a, double *b))
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double a = 0, b = 0;
            double L = 50 + 25 * sin(x * 0.11) + 20 * cos(y * 0.05 + x * 0.02);
            float fL = (float)L, fa, fb;

            colour(L, x, y, &a, &b);
            fa = (float)a;
            fb = (float)b;
            image_lab_to_rgb8(&fL, &fa, &fb, 1, rgb + 3 * (y * W + x));
        }
}

static void none(double L, int x, int y, double *a, double *b)
{
    (void)L, (void)x, (void)y, (void)a, (void)b;
}

/* Sepia: more in the mid tones. */
static void sepia(double L, int x, int y, double *a, double *b)
{
    (void)x, (void)y;
    *a = 8 * sin(L * 0.0314);
    *b = 22 * sin(L * 0.0314);
}

static void portrait(double L, int x, int y, double *a, double *b)
{
    (void)L;
    *a = x < W / 2 ? 15 : -8;
    *b = y < H / 2 ? 20 : -12;
}

static void faint(double L, int x, int y, double *a, double *b)
{
    (void)L, (void)y;
    *a = x < W / 2 ? 2.4 : -2.4;
    *b = 10;
}

TEST(image_measure_tells_gray_toned_and_colour)
{
    struct image_measure m;

    paint(none);
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK_INT(m.class, IMAGE_GRAY);
    CHECK(!m.unsure && m.c95 < 0.5f);
    paint(sepia);
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK_INT(m.class, IMAGE_TONED);
    CHECK(m.c95 > 15 && m.r90 < 2 && m.cr90 < 2);
    CHECK(m.mean_b > 10);
    paint(portrait);
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK_INT(m.class, IMAGE_COLOUR);
    CHECK(!m.unsure && m.r90 > 10);
    paint(faint);
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK(m.unsure);
}

TEST(image_measure_obeys_the_thresholds)
{
    struct image_thresholds t = image_thresholds_default;
    struct image_measure m = {.c95 = 10, .r90 = 4.2f, .cr90 = 6};

    image_measure_classify(&m, NULL);
    CHECK_INT(m.class, IMAGE_TONED);
    CHECK(m.unsure);
    t.toned_r90 = 4;
    image_measure_classify(&m, &t);
    CHECK_INT(m.class, IMAGE_COLOUR);
    m.cr90 = 3.9f;
    image_measure_classify(&m, &t);
    CHECK_INT(m.class, IMAGE_TONED);
    m.c95 = 2.9f;
    image_measure_classify(&m, &t);
    CHECK_INT(m.class, IMAGE_GRAY);
    CHECK(!m.unsure);
}

TEST(image_measure_knows_blank_dark_and_blurred)
{
    struct image_measure m, blurred;

    memset(rgb, 128, sizeof(rgb));
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK_NEAR(m.std_l, 0, 1e-3);
    CHECK_NEAR(m.mean_light, 0.21586, 1e-3);
    CHECK_NEAR(m.sharpness, 0, 1e-6);
    paint(none);
    CHECK_OK(image_measure(&small, NULL, &blurred, &err));
    for (int i = 0; i < W * H; i++) /* the same, with fine lines */
        if (i % W % 6 < 2)
            memset(rgb + 3 * i, 10, 3);
    CHECK_OK(image_measure(&small, NULL, &m, &err));
    CHECK(blurred.sharpness < 0.2f);
    CHECK(m.sharpness > 5 * blurred.sharpness);
}

TEST(image_measure_takes_any_size)
{
    static const int sizes[][2] = {{1, 1}, {1, 200}, {200, 1},
                                   {2, 3}, {7, 7},   {150, 3}};

    paint(portrait);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct image_small s = {sizes[i][0], sizes[i][1], rgb};
        struct image_measure m;

        CHECK_OK(image_measure(&s, NULL, &m, &err));
        CHECK(isfinite(m.r90) && isfinite(m.c95) && isfinite(m.sharpness));
    }
}
