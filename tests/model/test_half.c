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

TEST(model_half_reads_many_as_it_reads_one)
{
    static uint16_t from[65536];
    static float to[65536];

    for (size_t i = 0; i < 65536; i++)
        from[i] = (uint16_t)i;
    model_half_read(from, to, 65536);
    for (size_t i = 0; i < 65536; i++) {
        float one = model_half_to((uint16_t)i);

        CHECK(memcmp((char *)&to[i], (char *)&one, sizeof(one)) == 0);
    }
}
