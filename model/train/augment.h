/**
 * augment: how a training photo is shown: cropped, mirrored, turned, as the
 * films of its time would have seen it, and worn (wear.h). A sample is a
 * function of the record and a key alone. The colours to be learnt stay the
 * photo's. Private to training.
 *
 *   crop    always   a window of 82 to 100 %
 *   mirror  0.5      left to right
 *   turn    0.3      up to 5 degrees either way
 *   film    a share  2 in 5 panchromatic, 2 in 5 orthochromatic (blind to
 *                    red), 1 in 5 wet plate (blue only); of the rest one half
 *                    keeps L*, one half takes Rec. 601 luma
 *
 * Threads: any; the scratch memory belongs to one thread.
 * Fails:   TT_USAGE (unknown word), TT_NOMEM, TT_BUG.
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
int train_augment(struct train_augmenter *a, enum train_augment how,
                  const uint8_t *record, int side, uint64_t key, float *x,
                  float *target, struct tt_error *err) TT_MUST;

#endif
