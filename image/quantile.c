#include "image/quantile.h"

#include <string.h>

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

float image_quantile(float *v, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t k = (size_t)at;
    float next;

    select_at(v, n, k);
    if (k + 1 >= n)
        return v[k];
    next = v[k + 1];
    for (size_t i = k + 2; i < n; i++)
        next = v[i] < next ? v[i] : next;
    return v[k] + (float)(at - (double)k) * (next - v[k]);
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
