#include "model/random.h"

#include <math.h>
#include <stdbool.h>

#include "tests/check.h"

TEST(model_random_is_even_and_normal)
{
    double sum = 0, normal = 0, normal2 = 0;
    enum { COUNT = 100000 };

    for (uint64_t i = 0; i < COUNT; i++) {
        float u = model_random_unit(1, i), n = model_random_normal(1, i);

        CHECK(u >= 0 && u < 1);
        sum += (double)u;
        normal += (double)n;
        normal2 += (double)n * (double)n;
    }
    CHECK_NEAR(sum / COUNT, 0.5, 0.004);
    CHECK_NEAR(normal / COUNT, 0, 0.012);
    CHECK_NEAR(normal2 / COUNT, 1, 0.02);
    CHECK(model_random(1, 2, 3) != model_random(1, 3, 2));
    CHECK(model_random(1, 2, 3) == model_random(1, 2, 3));
}

TEST(model_random_shuffle_keeps_everyone_once)
{
    uint32_t order[1000], again[1000], moved = 0;
    bool seen[1000] = {false};

    model_random_shuffle(5, order, 1000);
    model_random_shuffle(5, again, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        CHECK(order[i] < 1000 && !seen[order[i]]);
        seen[order[i]] = true;
        moved += order[i] != i;
        CHECK_INT(order[i], again[i]);
    }
    CHECK(moved > 980);
}
