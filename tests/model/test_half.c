#include "model/half.h"

#include <math.h>

#include <string.h>

#include "tests/check.h"

TEST(model_half_comes_back_from_every_value)
{
    for (uint32_t h = 0; h < 65536; h++) {
        float x = model_half_to((uint16_t)h);

        if ((h & 0x7fff) > 0x7c00)
            CHECK(isnan(x));
        else
            CHECK_INT(model_half_from(x), h);
    }
}

TEST(model_half_rounds_to_the_nearest_ties_to_even)
{
    static const struct {
        float x;
        uint16_t h;
    } want[] = {
        {1, 0x3c00},
        {1 + 0x1p-11f, 0x3c00},
        {1 + 0x1.8p-10f, 0x3c02},
        {65504, 0x7bff},
        {65519, 0x7bff},
        {65520, 0x7c00},
        {1e9f, 0x7c00},
        {0x1p-24f, 0x0001},
        {0x1p-25f, 0x0000},
        {0x1.8p-25f, 0x0001},
        {-0x1p-14f, 0x8400},
        {-0.0f, 0x8000},
        {0x1.ffcp-15f, 0x0400},
        {0.1f, 0x2e66},
    };

    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        CHECK_INT(model_half_from(want[i].x), want[i].h);
    CHECK(isnan(model_half_to(model_half_from(NAN))));
}

TEST(model_half_widens_many_where_they_lie)
{
    static const size_t counts[] = {0, 1, 2, 1023, 1024, 1025, 5000, 65536};
    static float room[65536];

    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        size_t n = counts[c], first = 65536 - n;
        char *place = model_half_place(room, n);

        for (size_t i = 0; i < n; i++)
            memcpy(place + 2 * i, &(uint16_t){(uint16_t)(first + i)}, 2);
        model_half_widen(room, n);
        for (size_t i = 0; i < n; i++) {
            float one = model_half_to((uint16_t)(first + i));

            CHECK(memcmp((char *)&room[i], (char *)&one, sizeof(one)) == 0);
        }
    }
}
