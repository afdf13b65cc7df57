#include "image/quantile.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "image/curve.h"

/* Between two looks at the values themselves. */
enum { PASSES = 10 };

IMAGE_HOT
static size_t count_below(const float *v, size_t n, float bound)
{
    typedef float eight __attribute__((vector_size(32)));
    typedef int32_t counts __attribute__((vector_size(32)));
    const eight bounds = bound - (eight){0};
    counts sum = {0};
    size_t i = 0;
    int count = 0;

#pragma GCC unroll 4
    for (; i + 8 <= n; i += 8) {
        eight here;

        memcpy(&here, v + i, sizeof(here));
        sum -= here < bounds;
    }
    for (; i < n; i++)
        count += v[i] < bound;
    for (int k = 0; k < 8; k++)
        count += sum[k];
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

/* Where rank k is looked for: from low on, and not above high. */
struct search {
    float low, high;
    size_t below, above; /* values under each of them */
    int moved;           /* the end that moved last, or 0 */
    bool again;          /* it did so twice */
};

/* A place between the ends by the counts is mostly near rank k. Where the same
 * end moves twice it is not, and half of the way is safer. */
static void narrow(struct search *s, const float *v, size_t n, size_t k)
{
    float share = (float)(k - s->below) / (float)(s->above - s->below);
    float bound = s->low + (s->high - s->low) * (s->again ? 0.5f : share);
    size_t count = count_below(v, n, bound);
    int moves = count <= k ? -1 : 1;

    s->again = moves == s->moved;
    s->moved = moves;
    if (count <= k) {
        s->low = bound;
        s->below = count;
    } else {
        s->high = bound;
        s->above = count;
    }
}

float image_quantile(const float *v, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t k = (size_t)at, up_to;
    struct search s = {.above = n};
    float most, value, next;

    range(v, n, &s.low, &most);
    s.high = most;
    for (;;) {
        for (int i = 0; i < PASSES && s.below < k && s.low < s.high; i++)
            narrow(&s, v, n, k);
        value = least_from(v, n, s.low, most, &up_to, &next);
        if (up_to > k)
            break;
        s.low = next; /* many equal values, or very near ones */
        s.below = up_to;
    }
    if (up_to > k + 1)
        next = value;
    return value + (float)(at - (double)k) * (next - value);
}
