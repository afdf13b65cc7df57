#include "model/train/film.h"

#include <math.h>
#include <stdlib.h>

#define CODES 1024
#define BLOCK 256 /* colours at a time */

/* By the square root of light, so that the dark end is as fine as the eye. */
struct train_film {
    float code[CODES + 2];      /* sRGB code, 0..1 */
    float lightness[CODES + 2]; /* L* */
    float of_code[CODES + 2];   /* L* by the code */
};

static double lightness(double light)
{
    return light > 216.0 / 24389 ? 116 * cbrt(light) - 16
                                 : light * (24389.0 / 27);
}

int train_film_new(struct train_film **out, struct tt_error *err)
{
    struct train_film *f = calloc(1, sizeof(*f));

    *out = NULL;
    if (!f)
        return tt_fail(err, TT_NOMEM, "no memory for films");
    for (int i = 0; i < CODES + 2; i++) {
        double at = (double)i / CODES, light = at * at;

        f->code[i] =
            (float)(light <= 0.0031308 ? 12.92 * light
                                       : 1.055 * pow(light, 1 / 2.4) - 0.055);
        f->lightness[i] = (float)lightness(light);
        light = at <= 0.04045 ? at / 12.92 : pow((at + 0.055) / 1.055, 2.4);
        f->of_code[i] = (float)lightness(light);
    }
    *out = f;
    return 0;
}

void train_film_free(struct train_film *f)
{
    free(f);
}

static float look_up(const float *table, float at)
{
    int i = (int)(at * CODES);

    return table[i] + (at * CODES - (float)i) * (table[i + 1] - table[i]);
}

static inline float uncurve(float f)
{
    float line = (116 * f - 16) * (27.0f / 24389);

    return f > 6.0f / 29 ? f * f * f : line;
}

static inline float cut(float x)
{
    x = x < 0 ? 0 : x;
    return x > 1 ? 1 : x;
}

/* Linear sRGB of colours, cut to the gamut (CIE 15, IEC 61966-2-1). */
static void linear_rgb(const float *l, const float *a, const float *b, int n,
                       float rgb[3][BLOCK])
{
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float fy = (l[i] + 16) * (1.0f / 116), y = uncurve(fy);
        float x = 0.95045593f * uncurve(fy + a[i] * (1.0f / 500));
        float z = 1.08905775f * uncurve(fy - b[i] * (1.0f / 200));

        rgb[0][i] = cut(3.24096994f * x - 1.53738318f * y - 0.49861076f * z);
        rgb[1][i] = cut(-0.96924364f * x + 1.87596750f * y + 0.04155506f * z);
        rgb[2][i] = cut(0.05563008f * x - 0.20397696f * y + 1.05697151f * z);
    }
}

void train_film_see(const struct train_film *f, const float weight[3], float *l,
                    const float *a, const float *b, int n)
{
    float rgb[3][BLOCK];

    for (int i = 0; i < n; i += BLOCK) {
        int count = n - i < BLOCK ? n - i : BLOCK;

        linear_rgb(l + i, a + i, b + i, count, rgb);
        for (int k = 0; k < count; k++)
            l[i + k] = look_up(f->lightness, sqrtf(weight[0] * rgb[0][k] +
                                                   weight[1] * rgb[1][k] +
                                                   weight[2] * rgb[2][k]));
    }
}

void train_film_luma(const struct train_film *f, float *l, const float *a,
                     const float *b, int n)
{
    float rgb[3][BLOCK];

    for (int i = 0; i < n; i += BLOCK) {
        int count = n - i < BLOCK ? n - i : BLOCK;

        linear_rgb(l + i, a + i, b + i, count, rgb);
        for (int k = 0; k < count; k++) {
            float luma = 0.299f * look_up(f->code, sqrtf(rgb[0][k])) +
                         0.587f * look_up(f->code, sqrtf(rgb[1][k])) +
                         0.114f * look_up(f->code, sqrtf(rgb[2][k]));

            l[i + k] = look_up(f->of_code, cut(luma));
        }
    }
}
