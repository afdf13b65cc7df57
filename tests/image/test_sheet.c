#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "base/file.h"
#include "image/sheet.h"
#include "tests/image/pictures.h"

static struct tt_error err;

static uint8_t pixel(VipsImage *image, int x, int y)
{
    double *v;
    uint8_t out;
    int n;

    CHECK(!vips_getpoint(image, &v, &n, x, y, NULL));
    CHECK_INT(n, 3);
    out = (uint8_t)v[0];
    g_free(v);
    return out;
}

TEST(image_sheet_shows_before_beside_after)
{
    static uint8_t dark[3 * 100 * 50], light[3 * 20 * 20];
    struct image_small a = {100, 50, dark}, b = {20, 20, light};
    struct image_sheet_cell cells[] = {{NULL, &a, "before & <after>"},
                                       {NULL, &b, NULL},
                                       {"in.jpg", NULL, NULL},
                                       {"missing.png", NULL, "gone"}};
    struct picture p;
    VipsImage *image;

    CHECK_OK(image_start("test", &err));
    memset(dark, 20, sizeof(dark));
    memset(light, 200, sizeof(light));
    p = picture_jpeg(dark, 100, 50, 0, 95);
    CHECK_OK(tt_file_write("in.jpg", p.bytes, p.size, &err));
    free(p.bytes);
    CHECK_OK(image_sheet_write("s.png", cells, 4, 2, 80, &err));
    image = vips_image_new_from_file("s.png", NULL);
    CHECK(image);
    CHECK_INT(image->Xsize, 2 * 86 + 6);
    CHECK_INT(image->Ysize, 2 * (80 + 18 + 6) + 6);
    CHECK_INT(pixel(image, 46, 46), 20);      /* the first, in its middle */
    CHECK_INT(pixel(image, 46, 10), 255);     /* above it: paper */
    CHECK_INT(pixel(image, 132, 46), 200);    /* the second, not enlarged */
    CHECK_INT(pixel(image, 100, 46), 255);    /* beside it */
    CHECK_NEAR(pixel(image, 46, 150), 20, 2); /* the third, from its file */
    CHECK_INT(pixel(image, 132, 150), 236);   /* the fourth is a frame */
    g_object_unref(image);
    image_stop();
}

TEST(image_sheet_refuses_no_cells_and_bad_sizes)
{
    struct image_sheet_cell cell = {NULL, NULL, NULL};

    CHECK_OK(image_start("test", &err));
    CHECK_FAILS(image_sheet_write("s.png", &cell, 0, 2, 80, &err), TT_USAGE,
                "0 photos");
    CHECK_FAILS(image_sheet_write("s.png", &cell, 1, 0, 80, &err), TT_USAGE,
                "0 beside");
    CHECK_FAILS(image_sheet_write("no/s.png", &cell, 1, 1, 80, &err), TT_OUTPUT,
                "no/s.png");
    image_stop();
}
