#include "image/mix.h"

#include <stdint.h>

#include "tests/check.h"

enum { MOST = 61 }; /* some eights, and a rest */

static const float weight[] = {0.3f, 0.25f, -0.1f, 0.7f};

struct rows {
    uint8_t u8[4][MOST];
    uint16_t u16[4][MOST];
    float real[4][MOST];
};

static void fill(struct rows *r)
{
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < MOST; k++) {
            r->u8[i][k] = (uint8_t)(37 * i + 91 * k);
            r->u16[i][k] = (uint16_t)(3001 * i + 7919 * k);
            r->real[i][k] = (float)(i + 1) / (float)(k + 3);
        }
}

/* The same bits, whatever loop made them. */
#define CHECK_MIX(name, row, count, n)                                         \
    do {                                                                       \
        const void *rows[4] = {row[0], row[1], row[2], row[3]};                \
        float sum[MOST];                                                       \
                                                                               \
        image_mix_##name(rows, weight, count, n, sum);                         \
        for (size_t k = 0; k < (n); k++) {                                     \
            float want = weight[0] * (float)row[0][k];                         \
                                                                               \
            for (int i = 1; i < (count); i++)                                  \
                want += weight[i] * (float)row[i][k];                          \
            CHECK(sum[k] == want);                                             \
        }                                                                      \
        image_mix_add_##name(rows, weight, n, sum);                            \
        for (size_t k = 0; k < (n) && (count) == 1; k++) {                     \
            float want = weight[0] * (float)row[0][k];                         \
                                                                               \
            for (int i = 0; i < 3; i++)                                        \
                want += weight[i] * (float)row[i][k];                          \
            CHECK(sum[k] == want);                                             \
        }                                                                      \
    } while (0)

TEST(image_mix_gives_the_same_bits_as_one_value_after_the_other)
{
    struct rows r;

    fill(&r);
    for (int count = 1; count <= 4; count++)
        for (size_t n = 1; n <= MOST; n += 5) {
            CHECK_MIX(u8, r.u8, count, n);
            CHECK_MIX(u16, r.u16, count, n);
            CHECK_MIX(float, r.real, count, n);
        }
}
