#include "image/jpeg_pass.h"

#include <stdlib.h>

#include "tests/check.h"

static struct tt_error err;

/* How far a ramp with a hard edge comes back from a quality. */
static int apart(int quality)
{
    static uint8_t plane[40 * 48];
    struct image_jpeg_pass *p;
    int sum = 0;

    CHECK_OK(image_jpeg_pass_open(&p, 48, &err));
    for (int again = 0; again < 2; again++) {
        sum = 0;
        for (int i = 0; i < 40 * 48; i++)
            plane[i] = (uint8_t)(i % 48 < 20 ? 30 : 4 * (i % 48));
        CHECK_OK(image_jpeg_pass_run(p, plane, 48, 40, quality, &err));
        for (int i = 0; i < 40 * 48; i++)
            sum += abs(plane[i] - (i % 48 < 20 ? 30 : 4 * (i % 48)));
    }
    image_jpeg_pass_close(p);
    return sum / (40 * 48);
}

TEST(image_jpeg_pass_costs_more_at_less_quality)
{
    CHECK_INT(apart(100), 0);
    CHECK(apart(10) > 2);
    CHECK(apart(10) > apart(50));
    image_jpeg_pass_close(NULL);
}
