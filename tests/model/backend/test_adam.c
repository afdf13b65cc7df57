#include "model/backend/adam.h"

#include <math.h>
#include <stdlib.h>

#include "model/random.h"
#include "tests/check.h"

TEST(backend_adam_follows_the_paper)
{
    double w = 0.5, m = 0, v = 0, average = 0.5;
    float fw = 0.5f, fm = 0, fv = 0, fa = 0.5f;

    for (uint64_t t = 1; t <= 5; t++) {
        struct backend_adam a = {1e-2f, 0.9f, 0.999f, 1e-8f, 0.5f, t, 1};
        float g = (float)t - 2.5f;

        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= 1e-2 * (m / (1 - pow(0.9, (double)t))) /
             (sqrt(v / (1 - pow(0.999, (double)t))) + 1e-8);
        average += 0.5 * (w - average);
        backend_adam_step(&a, 1, &fw, &g, &fm, &fv, &fa);
        CHECK_NEAR(fw, w, 1e-6);
        CHECK_NEAR(fa, average, 1e-6);
    }
}

TEST(backend_adam_bits_do_not_depend_on_threads)
{
    enum { COUNT = 100003 };
    float *block[2];

    for (int k = 0; k < 2; k++) {
        float *b = block[k] = calloc(5 * COUNT, sizeof(float));
        struct backend_adam a = {1e-3f, 0.9f, 0.999f, 1e-8f, 0.99f, 1, k + 1};

        for (size_t i = 0; i < 2 * COUNT; i++)
            b[i] = model_random_normal(1, i);
        backend_adam_step(&a, COUNT, b, b + COUNT, b + 2 * COUNT, b + 3 * COUNT,
                          b + 4 * COUNT);
    }
    for (size_t i = 0; i < 5 * COUNT; i++)
        CHECK(block[0][i] == block[1][i]);
    free(block[0]);
    free(block[1]);
}
