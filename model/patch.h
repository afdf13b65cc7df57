/**
 * patch: the wiring of a discriminator that judges patches of a photo (Isola
 * and others 2017): 4x4 convolutions, leaky ReLU 0.2, batch norm on the middle
 * layers. Input: L and ab, each in -1..1. Output: one logit a patch, above 0
 * where the colours look real.
 *
 *   70 px   64 s2, 128 s2, 256 s2, 512 s1, 1 s1: 14 x 14 patches of 128 px
 *   34 px   64 s2, 128 s2, 256 s1, 1 s1:         30 x 30 patches of 128 px
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_USAGE (no such patch).
 */
#ifndef MODEL_PATCH_H
#define MODEL_PATCH_H

#include "base/error.h"
#include "model/wiring.h"

#define MODEL_PATCH_INPUTS 3

/** size: pixels of a patch: 34 or 70. */
int model_patch_init(struct model_wiring *w, int size,
                     struct tt_error *err) TT_MUST;

#endif
