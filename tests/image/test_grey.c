#include "tests/check.h"

#include <math.h>
#include <stdint.h>

#include "image/grey.h"

/* The formula as a reader of the manual would write it. */
static double decode(double c)
{
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static int64_t fixed(double code, int max)
{
    return (int64_t)rint(1073741824.0 * decode(code / max));
}

static int by_hand(int r, int g, int b, int max)
{
    int64_t y = 21263901 * fixed(r, max) + 71516868 * fixed(g, max) +
                7219231 * fixed(b, max);
    int low = 0, high = max;

    while (low < high) {
        int mid = (low + high) / 2;

        if (y < 100000000 * fixed(mid + 0.5, max))
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

TEST(image_grey_leaves_gray_alone)
{
    for (int v = 0; v < 256; v++)
        CHECK_INT(image_grey8((uint8_t)v, (uint8_t)v, (uint8_t)v), v);
    for (int v = 0; v < 65536; v++)
        CHECK(image_grey16((uint16_t)v, (uint16_t)v, (uint16_t)v) == v);
}

TEST(image_grey_is_the_formula_of_its_manual)
{
    unsigned seed = 7;

    for (int i = 0; i < 20000; i++) {
        int c[3];

        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525 + 1013904223;
            c[k] = (int)(seed >> 16) >> (i % 7);
        }
        CHECK_INT(image_grey16((uint16_t)c[0], (uint16_t)c[1], (uint16_t)c[2]),
                  by_hand(c[0], c[1], c[2], 65535));
        for (int k = 0; k < 3; k++)
            c[k] >>= 8;
        CHECK_INT(image_grey8((uint8_t)c[0], (uint8_t)c[1], (uint8_t)c[2]),
                  by_hand(c[0], c[1], c[2], 255));
    }
}

TEST(image_grey_of_pure_colours)
{
    CHECK_INT(image_grey8(255, 0, 0), 127);
    CHECK_INT(image_grey8(0, 255, 0), 220);
    CHECK_INT(image_grey8(0, 0, 255), 76);
    CHECK_INT(image_grey8(255, 255, 255), 255);
    CHECK_INT(image_grey8(0, 0, 0), 0);
    CHECK_INT(image_grey8(0, 0, 1), 0);
}

TEST(image_grey_does_rows_of_both_depths)
{
    const uint8_t rgb8[] = {255, 0, 0, 9, 9, 9};
    const uint16_t rgb16[] = {0, 65535, 0, 1, 1, 1};
    uint8_t g8[2];
    uint16_t g16[2];

    image_grey_row(rgb8, 2, 8, g8);
    image_grey_row(rgb16, 2, 16, g16);
    CHECK_INT(g8[0], 127);
    CHECK_INT(g8[1], 9);
    CHECK_INT(g16[0], image_grey16(0, 65535, 0));
    CHECK_INT(g16[1], 1);
}
