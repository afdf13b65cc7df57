#include "model/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "tests/check.h"

static struct tt_error err;

// Sharma, Wu, Dalal 2005, table 1
TEST(model_metric_ciede2000_gives_the_published_values)
{
    static const double t[][7] = {
        {50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425},
        {50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615},
        {50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412},
        {50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000},
        {50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000},
        {50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000},
        {50, 0, 0, 50, -1, 2, 2.3669},
        {50, -1, 2, 50, 0, 0, 2.3669},
        {50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792},
        {50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792},
        {50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195},
        {50, 2.4900, -0.0010, 50, -2.4900, 0.0012, 7.2195},
        {50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045},
        {50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461},
        {50, 2.5, 0, 50, 0, -2.5, 4.3065},
        {50, 2.5, 0, 73, 25, -18, 27.1492},
        {50, 2.5, 0, 61, -5, 29, 22.8977},
        {50, 2.5, 0, 56, -27, -3, 31.9030},
        {50, 2.5, 0, 58, 24, 15, 19.4535},
        {50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000},
        {60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644},
        {63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630},
        {22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373},
        {90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441},
        {6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377},
        {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082},
    };

    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        CHECK_NEAR(model_metric_ciede2000(&t[i][0], &t[i][3]), t[i][6], 1e-4);
        CHECK_NEAR(model_metric_ciede2000(&t[i][3], &t[i][0]), t[i][6], 1e-4);
    }
}

/* SSIM by its definition, one window after the other. */
static double plain_ssim(const uint8_t *x, const uint8_t *y, int w, int h)
{
    double sum = 0, k[11][11], all = 0;

    for (int i = 0; i < 121; i++) {
        int u = i / 11 - 5, v = i % 11 - 5;

        all += k[i / 11][i % 11] = exp(-(u * u + v * v) / 4.5);
    }
    for (int r = 0; r + 11 <= h; r++)
        for (int c = 0; c + 11 <= w; c++) {
            double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

            for (int i = 0; i < 121; i++) {
                int at = (r + i / 11) * w + c + i % 11;
                double g = k[i / 11][i % 11] / all;

                mx += g * x[at], my += g * y[at];
                xx += g * x[at] * x[at], yy += g * y[at] * y[at];
                xy += g * x[at] * y[at];
            }
            xx -= mx * mx, yy -= my * my, xy -= mx * my;
            sum += (2 * mx * my + 6.5025) * (2 * xy + 58.5225) /
                   ((mx * mx + my * my + 6.5025) * (xx + yy + 58.5225));
        }
    return sum / ((w - 10) * (h - 10));
}

TEST(model_metric_ssim_is_that_of_its_definition)
{
    enum { W = 23, H = 17 };
    uint8_t x[W * H], y[W * H];
    double ssim;

    for (size_t i = 0; i < W * H; i++) {
        x[i] = (uint8_t)(model_random(1, i, 0) >> 57);
        y[i] = (uint8_t)(x[i] + (model_random(2, i, 0) >> 59));
    }
    CHECK_OK(model_metric_ssim(x, y, 1, W, H, &ssim, &err));
    CHECK_NEAR(ssim, plain_ssim(x, y, W, H), 1e-9);
    CHECK_OK(model_metric_ssim(x, x, 1, W, H, &ssim, &err));
    CHECK_NEAR(ssim, 1, 1e-12);
}

TEST(model_metric_measures_gray_against_colour)
{
    enum { SIDE = 16, PLANE = SIDE * SIDE };
    float want[3 * PLANE], got[3 * PLANE];
    struct model_metric m;

    for (size_t i = 0; i < PLANE; i++) {
        want[i] = got[i] = 40 + (float)(i % 20);
        want[PLANE + i] = 12;
        want[2 * PLANE + i] = 20;
        got[PLANE + i] = got[2 * PLANE + i] = 0;
    }
    CHECK_OK(model_metric_measure(got, want, SIDE, &m, &err));
    CHECK_NEAR(m.mae_ab, 16, 1e-6);
    CHECK_NEAR(m.colour, 0, 1e-9);
    CHECK(m.colour_true > 10 && m.psnr > 15 && m.psnr < 30);
    CHECK(m.ssim > 0.5 && m.ssim < 1 && m.ciede2000 > 10);
    CHECK_OK(model_metric_measure(want, want, SIDE, &m, &err));
    CHECK_NEAR(m.mae_ab, 0, 0);
    CHECK_NEAR(m.ciede2000, 0, 1e-9);
    CHECK_NEAR(m.ssim, 1, 1e-9);
    CHECK_NEAR(m.colour, m.colour_true, 0);
}

TEST(model_metric_colour_is_that_of_hasler_and_suesstrunk)
{
    // rg = 0 and 100, yb = 0 and 50: means 50 and 25, deviations the same
    static const uint8_t rgb[] = {80, 80, 80, 100, 0, 0};

    CHECK_NEAR(model_metric_colour(rgb, 2), 1.3 * hypot(50, 25), 1e-9);
}
