#include "image/quantile.h"

#include <string.h>

enum { BUCKETS = 256, FEW = 16 };

static void swap(float *a, float *b)
{
    float t = *a;

    *a = *b;
    *b = t;
}

/* Hoare's selection: v[k] is what it would be in order, smaller ones before
 * it, larger ones behind. */
static void select_at(float *v, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        float pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;

        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&v[i++], &v[j--]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
}

/* The values at ranks k and k + 1 (k again if it is the last). */
static void two_of_few(float *v, size_t n, size_t k, float *low, float *high)
{
    select_at(v, n, k);
    *low = *high = v[k];
    if (k + 1 < n)
        *high = v[k + 1];
    for (size_t i = k + 2; i < n; i++)
        *high = v[i] < *high ? v[i] : *high;
}

static void range(const float *v, size_t n, float *least, float *most)
{
    float low = v[0], high = v[0];

    for (size_t i = 1; i < n; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    *least = low;
    *most = high;
}

/* Of many values keep those of the buckets that ranks k and k + 1 fall into:
 * how many are left; *k becomes the rank among them. */
static size_t keep_near(float *v, size_t n, size_t *k)
{
    uint32_t count[BUCKETS] = {0};
    size_t before = 0, left = 0;
    float least, most, scale;
    int first = 0, last;

    range(v, n, &least, &most);
    if (most <= least)
        return n;
    scale = (BUCKETS - 1) / (most - least);
    for (size_t i = 0; i < n; i++)
        count[(int)((v[i] - least) * scale)]++;
    while (before + count[first] <= *k)
        before += count[first++];
    last = first;
    if (*k + 1 >= before + count[first] && *k + 1 < n)
        for (last = first + 1; !count[last];)
            last++;
    for (size_t i = 0; i < n; i++) {
        int bucket = (int)((v[i] - least) * scale);

        v[left] = v[i];
        left += (size_t)((bucket >= first) & (bucket <= last));
    }
    *k -= before;
    return left;
}

float image_quantile(float *v, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t k = (size_t)at;
    double part = at - (double)k;
    float low, high;

    if (n > FEW)
        n = keep_near(v, n, &k);
    two_of_few(v, n, k, &low, &high);
    return low + (float)part * (high - low);
}

static unsigned key(float v)
{
    float x = v * 655.35f;

    return x <= 0 ? 0 : x >= 65535 ? 65535 : (unsigned)x;
}

void image_quantile_order(const float *v, size_t n, uint32_t *scratch,
                          uint32_t *order)
{
    for (size_t i = 0; i < n; i++)
        scratch[i] = (uint32_t)i;
    for (int shift = 0; shift <= 8; shift += 8) {
        const uint32_t *from = shift ? order : scratch;
        uint32_t *to = shift ? scratch : order;
        size_t start[257] = {0};

        for (size_t i = 0; i < n; i++)
            start[(key(v[i]) >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++)
            start[i + 1] += start[i];
        for (size_t i = 0; i < n; i++)
            to[start[key(v[from[i]]) >> shift & 255]++] = from[i];
    }
    memcpy(order, scratch, n * sizeof(*order));
}
