#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/lab.h"
#include "image/resize.h"
#include "image/shrink.h"
#include "tests/image/pictures.h"

static struct tt_error err;

TEST(image_resize_to_its_own_size_changes_nothing)
{
    uint8_t in[3 * 17 * 9], out[3 * 17 * 9];
    struct image_small small = {17, 9, in};

    picture_fill8(in, sizeof(in), 256);
    CHECK_OK(image_resize_rgb8(&small, NULL, 17, 9, out, &err));
    CHECK(!memcmp(in, out, sizeof(in)));
}

TEST(image_resize_down_is_the_mean_of_the_area)
{
    float in[7 * 5], out[3 * 2], whole;
    uint8_t codes[3 * 8 * 8], half[3 * 4 * 4];
    struct image_small small = {8, 8, codes};
    double sum = 0;

    for (int i = 0; i < 35; i++) {
        in[i] = (float)(i * i % 31);
        sum += (double)in[i];
    }
    CHECK_OK(image_resize_plane(in, 7, 5, 1, 1, &whole, &err));
    CHECK_NEAR(whole, sum / 35, 1e-4);
    CHECK_OK(image_resize_plane(in, 7, 5, 3, 2, out, &err));
    /* The first covers 7/3 of 7 columns and 5/2 of 5 rows. */
    sum = 0;
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++)
            sum += (double)in[7 * y + x] * (x < 2 ? 1 : 1.0 / 3) *
                   (y < 2 ? 1 : 0.5);
    CHECK_NEAR(out[0], sum / (7.0 / 3 * 2.5), 1e-4);
    picture_fill8(codes, sizeof(codes), 256);
    CHECK_OK(image_resize_rgb8(&small, NULL, 4, 4, half, &err));
    for (int i = 0; i < 3; i++) {
        int at = 3 * (8 * 2 + 4) + i;

        sum =
            (codes[at] + codes[at + 3] + codes[at + 24] + codes[at + 27]) / 4.0;
        CHECK_INT(half[3 * (4 * 1 + 2) + i], (int)floor(sum + 0.5));
    }
}

TEST(image_resize_up_is_smooth_and_keeps_flat_flat)
{
    uint8_t in[3 * 4 * 4], out[3 * 40 * 40];
    float ramp[5] = {0, 1, 2, 3, 4}, line[50];
    struct image_small small = {4, 4, in};

    memset(in, 77, sizeof(in));
    CHECK_OK(image_resize_rgb8(&small, NULL, 40, 40, out, &err));
    for (size_t i = 0; i < sizeof(out); i++)
        CHECK_INT(out[i], 77);
    CHECK_OK(image_resize_plane(ramp, 5, 1, 50, 1, line, &err));
    for (int i = 15; i < 35; i++) /* straight where four neighbours are */
        CHECK_NEAR(line[i], (i + 0.5) / 10 - 0.5, 1e-5);
}

TEST(image_resize_takes_a_part)
{
    uint8_t in[3 * 10 * 10], out[3 * 4 * 4];
    struct image_small small = {10, 10, in};
    struct image_box box = {3, 5, 4, 4}, outside = {7, 0, 4, 4};

    picture_fill8(in, sizeof(in), 256);
    CHECK_OK(image_resize_rgb8(&small, &box, 4, 4, out, &err));
    for (int y = 0; y < 4; y++)
        CHECK(!memcmp(out + 12 * y, in + 3 * (10 * (5 + y) + 3), 12));
    CHECK_FAILS(image_resize_rgb8(&small, &outside, 4, 4, out, &err), TT_USAGE,
                "outside");
    CHECK_FAILS(image_resize_rgb8(&small, NULL, 0, 4, out, &err), TT_USAGE,
                "to 0");
}

TEST(image_network_sees_lightness_of_either_depth)
{
    enum { W = 300, H = 200, SIDE = 32 };
    static uint8_t codes[W * H];
    static uint16_t wide[W * H];
    static float a[SIDE * SIDE], b[SIDE * SIDE];
    struct image_grey g8 = {W, H, 8, codes}, g16 = {W, H, 16, wide};

    for (int i = 0; i < W * H; i++) {
        codes[i] = i % W < W / 2 ? 40 : 200;
        wide[i] = (uint16_t)(257 * codes[i]);
    }
    CHECK_OK(image_network_lightness(&g8, SIDE, a, &err));
    CHECK_OK(image_network_lightness(&g16, SIDE, b, &err));
    for (int i = 0; i < SIDE * SIDE; i++) {
        CHECK_NEAR(a[i],
                   image_lab_lightness((i % SIDE < 16 ? 40 : 200) / 255.0),
                   1e-3);
        CHECK_NEAR(a[i], b[i], 1e-3);
    }
}

TEST(image_shrink_means_squares_and_what_is_left_over)
{
    uint8_t rows[5][3 * 7], out[3 * 4 * 3];
    struct image_shrink s;

    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 7; x++)
            memset(&rows[y][3 * x], 10 * y + x, 3);
    CHECK_OK(image_shrink_init(&s, 7, 5, 2, &err));
    CHECK_INT(s.factor, 2);
    CHECK_INT(s.out_width, 4);
    CHECK_INT(s.out_height, 3);
    s.out = out;
    for (int y = 0; y < 5; y++)
        image_shrink_row(&s, y, rows[y]);
    CHECK_INT(out[0], 6);                /* 0 1 10 11 */
    CHECK_INT(out[3 * 3], 11);           /* 6 16 */
    CHECK_INT(out[3 * (4 * 2)], 41);     /* 40 41 */
    CHECK_INT(out[3 * (4 * 2 + 3)], 46); /* 46 */
    image_shrink_release(&s);
}
