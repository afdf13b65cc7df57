#include "image/curve.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "image/lab.h"

/* The curve back is a table over the bits of a float: 9 octaves from 2^-9 on,
 * 256 straight pieces in each. Below lies the part that is straight anyway. */
enum { OCTAVES = 9, PIECE_BITS = 8, PIECES = OCTAVES << PIECE_BITS };
#define LEAST_BITS ((127 - OCTAVES) << 23) /* of 2^-9 */
#define LEAST      (1.0f / 512.0f)
#define BELOW_ONE  0x3f7fffff /* bits of the largest float below 1 */

static struct image_curve curve;
static float base[PIECES], slope[PIECES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static float float_of(int32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

static void make_tables(void)
{
    for (int v = 0; v < 256; v++) {
        double y = image_lab_decode(v / 255.0);

        curve.decode8[v] = (float)y;
        curve.f8[v] = (float)((image_lab_lightness(v / 255.0) + 16) / 116);
    }
    for (int v = 0; v < 65536; v++) {
        double y = image_lab_decode(v / 65535.0);

        curve.decode16[v] = (float)y;
        curve.f16[v] = (float)((image_lab_lightness(v / 65535.0) + 16) / 116);
    }
    for (int i = 0; i < PIECES; i++) {
        int32_t bits = LEAST_BITS + (i << (23 - PIECE_BITS));
        double x0 = float_of(bits);
        double x1 = float_of(bits + (1 << (23 - PIECE_BITS)));
        double y0 = image_lab_encode(x0), y1 = image_lab_encode(x1);

        slope[i] = (float)((y1 - y0) / (x1 - x0));
        base[i] = (float)(y0 - (y1 - y0) / (x1 - x0) * x0);
    }
}

const struct image_curve *image_curve(void)
{
    pthread_once(&once, make_tables);
    return &curve;
}

IMAGE_HOT
void image_curve_encode(const float *linear, size_t n, float scale, float *code)
{
    const float *b = base, *s = slope;

    image_curve();
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = linear[i] > 0 ? linear[i] : 0;
        int32_t bits;
        float y;

        x = x < 1 ? x : 1;
        memcpy(&bits, &x, sizeof(bits));
        bits = bits < BELOW_ONE ? bits : BELOW_ONE;
        bits = bits > LEAST_BITS ? bits : LEAST_BITS;
        bits = (bits - LEAST_BITS) >> (23 - PIECE_BITS);
        y = b[bits] + s[bits] * x;
        y = x < LEAST ? 12.92f * x : y;
        code[i] = scale * y;
    }
}
