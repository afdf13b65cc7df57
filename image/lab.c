#include "image/lab.h"

#include <math.h>
#include <string.h>

#include "image/curve.h"
#include "image/gamut.h"

#define XN      0.95045593
#define ZN      1.08905775
#define EPSILON (216.0 / 24389.0)
#define KAPPA   (24389.0 / 27.0)

static const double to_xyz[3][3] = {
    {0.41239080 / XN, 0.35758434 / XN, 0.18048079 / XN},
    {0.21263901, 0.71516868, 0.07219232},
    {0.01933082 / ZN, 0.11919478 / ZN, 0.95053215 / ZN},
};

static const double to_rgb[3][3] = {
    {3.24096994 * XN, -1.53738318, -0.49861076 * ZN},
    {-0.96924364 * XN, 1.87596750, 0.04155506 * ZN},
    {0.05563008 * XN, -0.20397696, 1.05697151 * ZN},
};

double image_lab_decode(double code)
{
    return code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4);
}

double image_lab_encode(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear
                               : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static double f_of(double t)
{
    return t > EPSILON ? cbrt(t) : (KAPPA * t + 16) / 116;
}

static double f_back(double f)
{
    return f > 6.0 / 29.0 ? f * f * f : (116 * f - 16) / KAPPA;
}

double image_lab_lightness(double code)
{
    return 116 * f_of(image_lab_decode(code)) - 16;
}

void image_lab_from_rgb(const double rgb[3], double lab[3])
{
    double lin[3], f[3];

    for (int i = 0; i < 3; i++)
        lin[i] = image_lab_decode(rgb[i]);
    for (int i = 0; i < 3; i++)
        f[i] = f_of(to_xyz[i][0] * lin[0] + to_xyz[i][1] * lin[1] +
                    to_xyz[i][2] * lin[2]);
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

void image_lab_to_rgb(const double lab[3], double rgb[3])
{
    double fy = (lab[0] + 16) / 116;
    double x = f_back(fy + lab[1] / 500);
    double y = f_back(fy);
    double z = f_back(fy - lab[2] / 200);

    for (int i = 0; i < 3; i++)
        rgb[i] = image_lab_encode(to_rgb[i][0] * x + to_rgb[i][1] * y +
                                  to_rgb[i][2] * z);
}

/* cbrt: a third of the exponent by arithmetic on the bits, then two steps of
 * Halley's. Good to the last bits for t in 0.008..1. */
static inline float f_fast(float t)
{
    int32_t bits;
    float y, y3, low = t * (float)(KAPPA / 116) + (float)(16.0 / 116);

    memcpy(&bits, &t, sizeof(bits));
    bits = (int32_t)((float)bits * (1.0f / 3.0f) + (float)0x2a517d3c);
    memcpy(&y, &bits, sizeof(y));
    y3 = y * y * y;
    y = y * (y3 + 2 * t) / (2 * y3 + t);
    y3 = y * y * y;
    y = y * (y3 + 2 * t) / (2 * y3 + t);
    return t > (float)EPSILON ? y : low;
}

IMAGE_HOT
static void lab_block(const float *r, const float *g, const float *b, size_t n,
                      float *L, float *A, float *B)
{
#define DOT(i)                                                                 \
    ((float)to_xyz[i][0] * r[k] + (float)to_xyz[i][1] * g[k] +                 \
     (float)to_xyz[i][2] * b[k])
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        float fx = f_fast(DOT(0)), fy = f_fast(DOT(1)), fz = f_fast(DOT(2));

        L[k] = 116 * fy - 16;
        A[k] = 500 * (fx - fy);
        B[k] = 200 * (fy - fz);
    }
#undef DOT
}

void image_lab_from_rgb8(const uint8_t *rgb, size_t n, float *L, float *a,
                         float *b)
{
    const float *lin = image_curve()->decode8;
    float r[IMAGE_BLOCK], g[IMAGE_BLOCK], bl[IMAGE_BLOCK];

    for (size_t i = 0; i < n; i += IMAGE_BLOCK) {
        size_t m = n - i < IMAGE_BLOCK ? n - i : IMAGE_BLOCK;

#pragma GCC unroll 4
        for (size_t k = 0; k < m; k++, rgb += 3) {
            r[k] = lin[rgb[0]];
            g[k] = lin[rgb[1]];
            bl[k] = lin[rgb[2]];
        }
        lab_block(r, g, bl, m, L + i, a + i, b + i);
    }
}

/* Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, as rint. */
IMAGE_HOT
static void quantise(const float *v, size_t n, float scale, int offset,
                     uint8_t *out)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        int x = (int)(v[k] * scale + 12582912.0f - 12582912.0f) + offset;

        x = x > 0 ? x : 0;
        x = x < 255 ? x : 255;
        out[k] = (uint8_t)x;
    }
}

void image_lab_record(const uint8_t *rgb, size_t n, uint8_t *L8, uint8_t *a8,
                      uint8_t *b8)
{
    float L[IMAGE_BLOCK], a[IMAGE_BLOCK], b[IMAGE_BLOCK];

    for (size_t i = 0; i < n; i += IMAGE_BLOCK) {
        size_t m = n - i < IMAGE_BLOCK ? n - i : IMAGE_BLOCK;

        image_lab_from_rgb8(rgb + 3 * i, m, L, a, b);
        quantise(L, m, 2.55f, 0, L8 + i);
        quantise(a, m, 1, 128, a8 + i);
        quantise(b, m, 1, 128, b8 + i);
    }
}

void image_lab_to_rgb8(const float *L, const float *a, const float *b, size_t n,
                       uint8_t *rgb)
{
    float fy[IMAGE_BLOCK], lin[3][IMAGE_BLOCK], code[IMAGE_BLOCK];

    for (size_t i = 0; i < n; i += IMAGE_BLOCK) {
        size_t m = n - i < IMAGE_BLOCK ? n - i : IMAGE_BLOCK;

        for (size_t k = 0; k < m; k++)
            fy[k] = (fminf(fmaxf(L[i + k], 0), 100) + 16) / 116;
        image_gamut_fit(fy, a + i, b + i, m, lin[0], lin[1], lin[2]);
        for (int c = 0; c < 3; c++) {
            image_curve_encode(lin[c], m, 255, code);
            for (size_t k = 0; k < m; k++)
                rgb[3 * (i + k) + (size_t)c] = (uint8_t)(code[k] + 0.5f);
        }
    }
}
