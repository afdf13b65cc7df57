/**
 * augment: how a training photo is shown: turned, cropped, faded, and as the
 * films of its time would have seen it. A sample is a function of the record
 * and a key alone. Private to training.
 *
 * Films see colours with other weights than the eye: with w on linear light
 * the new L* is that of E = w . rgb. Half of the photos keep L* or take Rec.
 * 601 luma (as scans and conversions have it), the others are panchromatic,
 * orthochromatic (blind to red) or wet plate (blue only). The colours to be
 * learnt stay the photo's.
 *
 * Threads: any; the scratch memory belongs to one thread.
 * Fails:   TT_USAGE (unknown word), TT_NOMEM.
 */
#ifndef TRAIN_AUGMENT_H
#define TRAIN_AUGMENT_H

#include <stdint.h>

#include "base/error.h"

enum train_augment { TRAIN_NONE, TRAIN_BASIC, TRAIN_FILM };

int train_augment_parse(const char *word, enum train_augment *out,
                        struct tt_error *err) TT_MUST;

struct train_augmenter; /* tables and scratch memory */

/** film: share of the samples that TRAIN_FILM exposes on old film, 0..1. */
int train_augmenter_new(struct train_augmenter **out, double film,
                        struct tt_error *err) TT_MUST;
void train_augmenter_free(struct train_augmenter *a);

/** record: SHARD_RECORD bytes. x: side, side: L* / 50 - 1. target: side, side,
 *  2: (ab / 110 + 1) / 2. */
void train_augment(struct train_augmenter *a, enum train_augment how,
                   const uint8_t *record, int side, uint64_t key, float *x,
                   float *target);

/** For the film's weights (wr, wg, wb) the L* of n colours, in place. */
void train_augment_film(const float weight[3], float *l, const float *a,
                        const float *b, int n);

#endif
