/**
 * bootstrap: how sure is a mean over photos? The photos are drawn again, with
 * replacement, DRAWS times; between the 2.5th and the 97.5th percentile of the
 * means lie 95 % (Efron 1979). Draws depend on the seed alone.
 *
 * Threads: any; uses `threads` OpenMP threads, results do not depend on them.
 * Fails:   never.
 */
#ifndef TRAIN_BOOTSTRAP_H
#define TRAIN_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

enum { TRAIN_BOOTSTRAP_DRAWS = 1000, TRAIN_BOOTSTRAP_COLUMNS = 8 };

/** values: n, columns; means: DRAWS, columns. n at least 1, columns at most
 *  COLUMNS. */
void train_bootstrap(const double *values, size_t n, int columns, uint64_t seed,
                     int threads, double *means);

/** The ends of the 95 % of so many numbers; sorts them. */
void train_bootstrap_ends(double *numbers, size_t n, double *low, double *high);

#endif
