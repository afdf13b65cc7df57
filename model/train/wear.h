/**
 * wear: what lens, paper, time, press and scanner do to a photo's L*: blur,
 * grain, exposure and S curve, fading, even and uneven, dark corners, halftone
 * dots, JPEG. Each comes with a probability of its own and is drawn from the
 * key alone. Private to training.
 *
 *   on g = L* / 100:
 *   blur       0.35   Gaussian, sigma to 1.2 px of 256
 *   grain      0.40   g += s noise 4 g (1 - g), s to 0.05, mostly less
 *   exposure   0.40   g ^ exp(u), u to -+ 0.25
 *   S curve    0.30   g += k g (1 - g) (2 g - 1), k from -0.3 to 0.6
 *   fade       0.30   lo + (hi - lo) g, lo 0.02 to 0.22, hi 0.75 to 0.98
 *   uneven     0.25   contrast 1 -+ 0.3 across the photo
 *   corners    0.25   g *= 1 - v r^2, v to 0.4, r = 1 in the corners
 *   halftone   0.05   dots of 2.2 to 4.5 px of 128, then blur
 *   JPEG       0.25   quality 40 to 95
 *
 * Owns:    new() takes tables and scratch memory; free() accepts NULL.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM, TT_BUG.
 */
#ifndef TRAIN_WEAR_H
#define TRAIN_WEAR_H

#include <stdint.h>

#include "base/error.h"

struct train_wear;

int train_wear_new(struct train_wear **out, struct tt_error *err) TT_MUST;
void train_wear_free(struct train_wear *w);

/** l: side, side: L*, in place; what a curve takes beyond 0..100 is cut. */
int train_wear(struct train_wear *w, uint64_t key, int side, float *l,
               struct tt_error *err) TT_MUST;

#endif
