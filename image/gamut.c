#include "image/gamut.h"

#include <stdint.h>

#include "image/curve.h"

enum { STEPS = 14 };
#define XN        0.95045593
#define ZN        1.08905775
#define TOLERANCE 1e-6f

static inline float back(float f)
{
    float low = (f - 16.0f / 116) * (float)(116 * 27.0 / 24389);

    return f > 6.0f / 29 ? f * f * f : low;
}

#define RED(x, y, z)                                                           \
    ((float)(3.24096994 * XN) * (x) + -1.53738318f * (y) +                     \
     (float)(-0.49861076 * ZN) * (z))
#define GREEN(x, y, z)                                                         \
    ((float)(-0.96924364 * XN) * (x) + 1.87596750f * (y) +                     \
     (float)(0.04155506 * ZN) * (z))
#define BLUE(x, y, z)                                                          \
    ((float)(0.05563008 * XN) * (x) + -0.20397696f * (y) +                     \
     (float)(1.05697151 * ZN) * (z))

/* 1 where any channel leaves 0..1; no branches, for the vector units. */
static inline int outside(float r, float g, float b)
{
    float low = r < g ? r : g, high = r > g ? r : g;

    low = low < b ? low : b;
    high = high > b ? high : b;
    return (low < -TOLERANCE) | (high > 1 + TOLERANCE);
}

IMAGE_HOT
static void convert(const float *fy, const float *a, const float *b, size_t n,
                    float *red, float *green, float *blue, int32_t *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = back(fy[i] + a[i] * (1.0f / 500));
        float y = back(fy[i]);
        float z = back(fy[i] - b[i] * (1.0f / 200));

        red[i] = RED(x, y, z);
        green[i] = GREEN(x, y, z);
        blue[i] = BLUE(x, y, z);
        out[i] = outside(red[i], green[i], blue[i]);
    }
}

/* low: a scale that is inside; gray is. high: one that is outside. */
IMAGE_HOT
static void bisect(const float *fy, const float *a, const float *b, size_t n,
                   float *low, float *high)
{
    for (int step = 0; step < STEPS; step++) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            float s = (low[i] + high[i]) * 0.5f;
            float x = back(fy[i] + a[i] * s * (1.0f / 500));
            float y = back(fy[i]);
            float z = back(fy[i] - b[i] * s * (1.0f / 200));
            int out = outside(RED(x, y, z), GREEN(x, y, z), BLUE(x, y, z));
            float l = low[i], h = high[i];

            low[i] = out ? l : s;
            high[i] = out ? s : h;
        }
    }
}

/* The pixels that are outside are gathered, so that the vector units do the
 * searching as well. */
static void fit_some(const float *fy, const float *a, const float *b,
                     const int32_t *index, size_t n, float *red, float *green,
                     float *blue)
{
    float f[IMAGE_BLOCK], c[3][IMAGE_BLOCK];
    float low[IMAGE_BLOCK], high[IMAGE_BLOCK];
    float sa[IMAGE_BLOCK], sb[IMAGE_BLOCK];
    int32_t out[IMAGE_BLOCK];

    for (size_t k = 0; k < n; k++) {
        f[k] = fy[index[k]];
        sa[k] = a[index[k]];
        sb[k] = b[index[k]];
        low[k] = 0;
        high[k] = 1;
    }
    bisect(f, sa, sb, n, low, high);
    for (size_t k = 0; k < n; k++) {
        sa[k] *= low[k];
        sb[k] *= low[k];
    }
    convert(f, sa, sb, n, c[0], c[1], c[2], out);
    for (size_t k = 0; k < n; k++) {
        red[index[k]] = c[0][k];
        green[index[k]] = c[1][k];
        blue[index[k]] = c[2][k];
    }
}

void image_gamut_fit(const float *fy, const float *a, const float *b, size_t n,
                     float *red, float *green, float *blue)
{
    int32_t out[IMAGE_BLOCK] = {0}, index[IMAGE_BLOCK] = {0};
    size_t count = 0;

    convert(fy, a, b, n, red, green, blue, out);
    for (size_t i = 0; i < n; i++) {
        index[count] = (int32_t)i;
        count += (size_t)out[i];
    }
    if (count)
        fit_some(fy, a, b, index, count, red, green, blue);
}
