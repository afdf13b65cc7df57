#include "model/train/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "model/random.h"

void train_bootstrap(const double *values, size_t n, int columns, uint64_t seed,
                     int threads, double *means)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int d = 0; d < TRAIN_BOOTSTRAP_DRAWS; d++) {
        double sum[TRAIN_BOOTSTRAP_COLUMNS] = {0};

        for (size_t i = 0; i < n; i++) {
            uint64_t word = model_random(seed, (uint64_t)d, i) >> 32;
            const double *row = values + (word * n >> 32) * (size_t)columns;

            for (int c = 0; c < columns; c++)
                sum[c] += row[c];
        }
        for (int c = 0; c < columns; c++)
            means[d * columns + c] = sum[c] / (double)n;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Between two numbers, as far as the place lies between theirs. */
static double quantile(const double *sorted, size_t n, double part)
{
    double at = part * (double)(n - 1);
    size_t i = (size_t)floor(at);

    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

void train_bootstrap_ends(double *numbers, size_t n, double *low, double *high)
{
    qsort(numbers, n, sizeof(*numbers), by_size);
    *low = quantile(numbers, n, 0.025);
    *high = quantile(numbers, n, 0.975);
}
