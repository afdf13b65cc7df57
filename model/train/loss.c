#include "model/train/loss.h"

#include <assert.h>
#include <math.h>

static double photo(const float *y, const float *target, float *dy, size_t each,
                    float step)
{
    double sum = 0;

    for (size_t i = 0; i < each; i++) {
        float d = y[i] - target[i];

        sum += (double)fabsf(d);
        dy[i] = d > 0 ? step : d < 0 ? -step : 0;
    }
    return sum;
}

double train_loss_mae(const float *y, const float *target, float *dy, int n,
                      size_t each, int threads)
{
    float step = (float)(1 / ((double)n * (double)each));
    double sums[TRAIN_BATCH_MOST], sum = 0;

    assert(n <= TRAIN_BATCH_MOST);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int i = 0; i < n; i++) {
        size_t at = (size_t)i * each;

        sums[i] = photo(y + at, target + at, dy + at, each, step);
    }
    for (int i = 0; i < n; i++)
        sum += sums[i];
    return sum / ((double)n * (double)each);
}

#define PARTS 256 /* each summed by itself */

double train_loss_square(const float *x, size_t n, int threads)
{
    size_t each = n / PARTS + 1;
    double sums[PARTS], sum = 0;

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t p = 0; p < PARTS; p++) {
        size_t end = (p + 1) * each < n ? (p + 1) * each : n;

        sums[p] = 0;
        for (size_t i = p * each; i < end; i++)
            sums[p] += (double)x[i] * (double)x[i];
    }
    for (int p = 0; p < PARTS; p++)
        sum += sums[p];
    return sum;
}
