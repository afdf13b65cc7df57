/**
 * params: the numbers of a network: one block of parameters, one of running
 * statistics, in the order that struct model_wiring gives.
 *
 * Owns:    what new() made; free() accepts NULL.
 * Threads: one thread per struct model_params.
 * Fails:   TT_NOMEM.
 */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/wiring.h"

struct model_params {
    size_t count, stat_count;
    float *values; /* count */
    float *stats;  /* stat_count */
};

/** All zero but for the running variances, which are 1. */
int model_params_new(struct model_params **out, const struct model_wiring *w,
                     struct tt_error *err) TT_MUST;

/** He-normal weights (He 2015) from the seed, or with that deviation if it is
 *  above 0; scales 1, biases 0, statistics 0 and 1. The same seed gives the
 *  same bits. */
void model_params_start(struct model_params *p, const struct model_wiring *w,
                        uint64_t seed, double deviation);

void model_params_free(struct model_params *p);

#endif
