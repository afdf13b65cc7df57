#include "image/quantile.h"

#include "image/curve.h"

enum { HALVINGS = 24 };

IMAGE_HOT
static size_t count_below(const float *v, size_t n, float bound)
{
    int count = 0;

#pragma omp simd reduction(+ : count)
    for (size_t i = 0; i < n; i++)
        count += v[i] < bound;
    return (size_t)count;
}

IMAGE_HOT
static void range(const float *v, size_t n, float *least, float *most)
{
    float low = v[0], high = v[0];

#pragma omp simd reduction(min : low) reduction(max : high)
    for (size_t i = 0; i < n; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    *least = low;
    *most = high;
}

/* The least value that is not below `bound`, how many are not above it, and
 * the least one above it (most: none). */
IMAGE_HOT
static float least_from(const float *v, size_t n, float bound, float most,
                        size_t *up_to, float *next)
{
    float least = most, above = most;
    int count = 0;

#pragma omp simd reduction(min : least)
    for (size_t i = 0; i < n; i++) {
        float x = v[i] >= bound ? v[i] : most;

        least = x < least ? x : least;
    }
#pragma omp simd reduction(min : above) reduction(+ : count)
    for (size_t i = 0; i < n; i++) {
        float x = v[i] > least ? v[i] : most;

        above = x < above ? x : above;
        count += v[i] <= least;
    }
    *up_to = (size_t)count;
    *next = above;
    return least;
}

float image_quantile(const float *v, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t k = (size_t)at, below = 0, up_to;
    float low, high, most, value, next;

    range(v, n, &low, &most);
    high = most;
    /* rank k lies in low..high all the time; below: how many lie under low */
    for (int i = 0; i < HALVINGS && below < k; i++) {
        float middle = low + (high - low) / 2;
        size_t count = count_below(v, n, middle);

        if (count <= k) {
            low = middle;
            below = count;
        } else {
            high = middle;
        }
    }
    value = least_from(v, n, low, most, &up_to, &next);
    if (up_to > k + 1)
        next = value;
    return value + (float)(at - (double)k) * (next - value);
}
