#include "model/half.h"

#include <string.h>

uint16_t model_half_from(float x)
{
    uint32_t w, sign, lost;
    int shift = 13;

    memcpy(&w, &x, sizeof(w));
    sign = w >> 16 & 0x8000;
    w &= 0x7fffffff;
    if (w > 0x7f800000)
        return (uint16_t)(sign | 0x7e00); // not a number
    if (w >= 0x47800000)
        return (uint16_t)(sign | 0x7c00); // 65536 and above
    if (w < 0x33000000)
        return (uint16_t)sign; // below half of the smallest
    if (w < 0x38800000) {      // subnormal: the hidden bit comes out
        shift = 126 - (int)(w >> 23);
        w = (w & 0x7fffff) | 0x800000;
    } else {
        w -= 112u << 23; // the exponents' biases are 127 and 15
    }
    lost = w & ((1u << shift) - 1);
    w >>= shift;
    if (lost > 1u << (shift - 1) || (lost == 1u << (shift - 1) && (w & 1)))
        w++;
    return (uint16_t)(sign | w);
}

float model_half_to(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, w = h & 0x7fff;
    float x;

    if (w >= 0x7c00) {
        w = w << 13 | 0x7f800000;
    } else if (w >= 0x400) {
        w = (w << 13) + (112u << 23);
    } else {
        x = (float)w * 0x1p-24f;
        memcpy(&w, &x, sizeof(w));
    }
    w |= sign;
    memcpy(&x, &w, sizeof(x));
    return x;
}

void *model_half_place(float *room, size_t n)
{
    return (char *)room + n * sizeof(uint16_t);
}

// with lanes for several numbers: every processor has some
#pragma GCC optimize("O3")

static void widen(const uint16_t *from, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t w = from[i] & 0x7fffu, special = w >= 0x7c00 ? 0x7f800000 : 0;
        float x;

        // the exponents' biases differ by 112; subnormals come out right too
        w <<= 13;
        memcpy(&x, &w, sizeof(x));
        x *= 0x1p112f;
        memcpy(&w, &x, sizeof(w));
        w |= special | (uint32_t)(from[i] & 0x8000) << 16;
        memcpy(&to[i], &w, sizeof(w));
    }
}

// What is written ends before what is still to be read: 4 i <= 2 n + 2 i.
void model_half_widen(float *room, size_t n)
{
    const char *halves = model_half_place(room, n);
    uint16_t some[1024];

    for (size_t at = 0, now; at < n; at += now) {
        now = n - at < 1024 ? n - at : 1024;
        memcpy(some, halves + at * sizeof(*some), now * sizeof(*some));
        widen(some, room + at, now);
    }
}
