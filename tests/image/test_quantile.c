#include "image/quantile.h"

#include <math.h>
#include <stdlib.h>

#include "tests/check.h"

enum { MOST = 3000 };

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static float by_sorting(const float *v, size_t n, double p)
{
    float sorted[MOST];
    double at = p * (double)(n - 1);
    size_t k = (size_t)at, next = k + 1 < n ? k + 1 : k;

    for (size_t i = 0; i < n; i++)
        sorted[i] = v[i];
    qsort(sorted, n, sizeof(*sorted), by_value);
    return sorted[k] + (float)(at - (double)k) * (sorted[next] - sorted[k]);
}

/* Shapes that are hard to narrow: skewed, in steps, equal, with an outlier. */
static float value(int shape, double x)
{
    switch (shape) {
    case 0:
        return (float)x;
    case 1:
        return (float)exp(30 * x);
    case 2:
        return (float)floor(4 * x);
    case 3:
        return -7;
    default:
        return x < 0.01 ? 1e30f : (float)(1e-6 * x);
    }
}

TEST(image_quantile_is_the_one_of_sorted_values)
{
    static const double ps[] = {0, 0.1, 0.5, 0.9, 0.95, 1};
    static const size_t ns[] = {1, 2, 3, 8, 37, 500, 1024, MOST};
    float v[MOST];

    srand(1);
    for (int shape = 0; shape < 5; shape++)
        for (size_t j = 0; j < sizeof(ns) / sizeof(*ns); j++) {
            for (size_t i = 0; i < ns[j]; i++)
                v[i] = value(shape, rand() / (double)RAND_MAX);
            for (size_t k = 0; k < sizeof(ps) / sizeof(*ps); k++)
                CHECK(image_quantile(v, ns[j], ps[k]) ==
                      by_sorting(v, ns[j], ps[k]));
        }
}
