#include "tests/check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "image/curve.h"
#include "image/lab.h"

/* reference/color.md 1.7; CIE 15 */
static const struct {
    uint8_t rgb[3];
    double lab[3];
} vectors[] = {
    {{0, 0, 0}, {0, 0, 0}},
    {{255, 255, 255}, {100, 0, 0}},
    {{128, 128, 128}, {53.58501, 0, 0}},
    {{1, 1, 1}, {0.27417, 0, 0}},
    {{10, 10, 10}, {2.74175, 0, 0}},
    {{119, 119, 119}, {50.03444, 0, 0}},
    {{254, 254, 254}, {99.65492, 0, 0}},
    {{255, 0, 0}, {53.23712, 80.09011, 67.20326}},
    {{0, 255, 0}, {87.73552, -86.18160, 83.18662}},
    {{0, 0, 255}, {32.30087, 79.19527, -107.85547}},
    {{255, 255, 0}, {97.13856, -21.55997, 94.48384}},
    {{0, 255, 255}, {91.11475, -48.07889, -14.12899}},
    {{255, 0, 255}, {60.32273, 98.23744, -60.82891}},
    {{224, 172, 105}, {73.78741, 11.27334, 41.53181}},
    {{198, 134, 66}, {61.17737, 18.03727, 45.59022}},
    {{141, 85, 36}, {41.66998, 18.90201, 37.23931}},
    {{255, 219, 172}, {89.34752, 5.92462, 27.76699}},
    {{112, 66, 20}, {32.68345, 15.97976, 34.67378}},
    {{43, 80, 122}, {33.25540, 0.97588, -27.80673}},
    {{3, 200, 97}, {71.00109, -64.11162, 39.74037}},
};

enum { VECTORS = sizeof(vectors) / sizeof(*vectors) };

static void reference(const uint8_t *p, double lab[3])
{
    double rgb[3] = {p[0] / 255.0, p[1] / 255.0, p[2] / 255.0};

    image_lab_from_rgb(rgb, lab);
}

TEST(image_lab_knows_the_published_values)
{
    for (int i = 0; i < VECTORS; i++) {
        double lab[3], back[3];

        reference(vectors[i].rgb, lab);
        for (int c = 0; c < 3; c++)
            CHECK_NEAR(lab[c], vectors[i].lab[c], 1e-5);
        image_lab_to_rgb(lab, back);
        for (int c = 0; c < 3; c++)
            CHECK_NEAR(255 * back[c], vectors[i].rgb[c], 1e-4);
    }
}

TEST(image_lab_in_float_is_the_double_one)
{
    uint8_t rgb[3 * 256], L8[256], a8[256], b8[256];
    float L[256], a[256], b[256];
    double lab[3];
    int differ = 0;

    for (int r = 0; r < 256; r += 5)
        for (int g = 0; g < 256; g += 3) {
            for (int k = 0; k < 256; k++) {
                rgb[3 * k] = (uint8_t)r;
                rgb[3 * k + 1] = (uint8_t)g;
                rgb[3 * k + 2] = (uint8_t)k;
            }
            image_lab_from_rgb8(rgb, 256, L, a, b);
            image_lab_record(rgb, 256, L8, a8, b8);
            for (int k = 0; k < 256; k++) {
                reference(rgb + 3 * k, lab);
                CHECK(fabs(lab[0] - (double)L[k]) < 1e-3);
                CHECK(fabs(lab[1] - (double)a[k]) < 1e-3);
                CHECK(fabs(lab[2] - (double)b[k]) < 1e-3);
                differ += L8[k] != (int)rint(lab[0] * 2.55);
                differ += a8[k] != (int)rint(lab[1]) + 128;
                differ += b8[k] != (int)rint(lab[2]) + 128;
                CHECK(abs(L8[k] - (int)rint(lab[0] * 2.55)) <= 1);
                CHECK(abs(a8[k] - (int)rint(lab[1]) - 128) <= 1);
                CHECK(abs(b8[k] - (int)rint(lab[2]) - 128) <= 1);
            }
        }
    CHECK(differ < 200); /* of 3.4 million values, near a tie */
}

TEST(image_lab_comes_back_as_it_went)
{
    uint8_t rgb[3 * 1000], back[3 * 1000];
    float L[1000], a[1000], b[1000];
    unsigned seed = 1;

    for (int i = 0; i < 3 * 1000; i++) {
        seed = seed * 1664525 + 1013904223;
        rgb[i] = (uint8_t)(seed >> 24);
    }
    image_lab_from_rgb8(rgb, 1000, L, a, b);
    image_lab_to_rgb8(L, a, b, 1000, back);
    for (int i = 0; i < 3 * 1000; i++)
        CHECK_INT(back[i], rgb[i]);
}

TEST(image_lab_gives_way_in_chroma_not_in_lightness)
{
    for (int l = 0; l <= 100; l += 4)
        for (int h = 0; h < 360; h += 15) {
            float L = (float)l, a = (float)(120 * cos(h * 0.0174533)),
                  b = (float)(120 * sin(h * 0.0174533));
            uint8_t rgb[3];
            double lab[3];

            image_lab_to_rgb8(&L, &a, &b, 1, rgb);
            reference(rgb, lab);
            CHECK_NEAR(lab[0], l, 0.3);
            if (l > 10 && l < 95)
                CHECK((double)a * lab[1] + (double)b * lab[2] > 0);
        }
}

TEST(image_curve_encodes_16_bit_codes)
{
    double most = 0;

    for (int v = 0; v < 65536; v++) {
        float x = image_curve()->decode16[v], code;

        image_curve_encode(&x, 1, 65535, &code);
        most = fmax(most, fabs((double)code - v));
    }
    CHECK(most < 0.1);
}
