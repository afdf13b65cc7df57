/**
 * film: what a film makes of colours: their L* with other weights than the
 * eye's: with w on linear light the new L* is that of E = w . rgb; Rec. 601
 * luma (as scans and conversions have it) weighs the codes instead. Private to
 * training.
 *
 * Owns:    new() takes tables; free() accepts NULL.
 * Threads: any; the tables are const.
 * Fails:   TT_NOMEM.
 */
#ifndef TRAIN_FILM_H
#define TRAIN_FILM_H

#include "base/error.h"

struct train_film;

int train_film_new(struct train_film **out, struct tt_error *err) TT_MUST;
void train_film_free(struct train_film *f);

/** The new L* of n colours, in place; of their sRGB, cut to the gamut. */
void train_film_see(const struct train_film *f, const float weight[3], float *l,
                    const float *a, const float *b, int n);
void train_film_luma(const struct train_film *f, float *l, const float *a,
                     const float *b, int n);

#endif
