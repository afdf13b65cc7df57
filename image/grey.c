#include "image/grey.h"

#include <math.h>
#include <pthread.h>

#include "image/lab.h"

#define ONE 1073741824.0 /* 2^30 */

/* Starting points cover Y in steps small enough that few codes are tried: at
 * 8 bits 1/6103 of full light, below the darkest code's width. */
enum { SHIFT_8 = 44, SHIFT_16 = 41, STARTS_8 = 6105, STARTS_16 = 48830 };

static uint32_t lin8[256], from8[257];
static uint32_t lin16[65536], from16[65537];
static uint16_t start8[STARTS_8], start16[STARTS_16];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct image_grey_table table8 = {255, lin8, from8, start8,
                                               SHIFT_8};
static const struct image_grey_table table16 = {65535, lin16, from16, start16,
                                                SHIFT_16};

static void fill(int max, uint32_t *lin, uint32_t *from)
{
    from[0] = 0;
    for (int v = 0; v <= max; v++) {
        lin[v] = (uint32_t)rint(ONE * image_lab_decode((double)v / max));
        from[v + 1] = (uint32_t)rint(ONE * image_lab_decode((v + 0.5) / max));
    }
    from[max + 1] = UINT32_MAX;
}

static void fill_starts(const struct image_grey_table *t, uint16_t *start,
                        int starts)
{
    int v = 0;

    for (int i = 0; i < starts; i++) {
        uint64_t least = (uint64_t)i << t->shift;

        while (v < t->max && least >= IMAGE_WEIGHT_SUM * t->from[v + 1])
            v++;
        start[i] = (uint16_t)v;
    }
}

static void make_tables(void)
{
    fill(255, lin8, from8);
    fill(65535, lin16, from16);
    fill_starts(&table8, start8, STARTS_8);
    fill_starts(&table16, start16, STARTS_16);
}

const struct image_grey_table *image_grey_table(int bits)
{
    pthread_once(&once, make_tables);
    return bits == 8 ? &table8 : &table16;
}

static inline uint32_t code_of(const struct image_grey_table *t, int r, int g,
                               int b)
{
    uint64_t y = (uint64_t)IMAGE_WEIGHT_R * t->lin[r] +
                 (uint64_t)IMAGE_WEIGHT_G * t->lin[g] +
                 (uint64_t)IMAGE_WEIGHT_B * t->lin[b];
    uint32_t v = t->start[y >> t->shift];

    while (y >= IMAGE_WEIGHT_SUM * t->from[v + 1])
        v++;
    return v;
}

uint8_t image_grey8(uint8_t r, uint8_t g, uint8_t b)
{
    return (uint8_t)code_of(image_grey_table(8), r, g, b);
}

uint16_t image_grey16(uint16_t r, uint16_t g, uint16_t b)
{
    return (uint16_t)code_of(image_grey_table(16), r, g, b);
}

void image_grey_row(const void *rgb, size_t n, int bits, void *grey)
{
    const struct image_grey_table *t = image_grey_table(bits);

    if (bits == 8) {
        const uint8_t *p = rgb;
        uint8_t *out = grey;

        for (size_t i = 0; i < n; i++, p += 3)
            out[i] = (uint8_t)code_of(t, p[0], p[1], p[2]);
    } else {
        const uint16_t *p = rgb;
        uint16_t *out = grey;

        for (size_t i = 0; i < n; i++, p += 3)
            out[i] = (uint16_t)code_of(t, p[0], p[1], p[2]);
    }
}
