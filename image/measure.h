/**
 * measure: is a photo gray, toned or in colour, and how bright, flat and sharp
 * is it? Numbers; what follows from them is the caller's.
 *
 * The picture is reduced to 96 pixels of the long side by area, softened by a
 * 3 x 3 mean, its outer 3 % dropped; of every second row of the rest (the next
 * one says much the same) pixels of 8 < L* < 97 count (all, if those are fewer
 * than 50). c95 is the 95th percentile of chroma. The tone curve is the median
 * (a, b) in 12 bins at quantiles of L*, linear between the bins' median L*; r90
 * is the 90th percentile of the distance to it, cr90 the same over the middle
 * 60 % x 60 %. A toned print is a curve in (L, a, b), a colour photo is not.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_MEASURE_H
#define IMAGE_MEASURE_H

#include "image/image.h"

/** c95 < gray_c95: gray. Else r90 < toned_r90 or cr90 < toned_cr90: toned.
 *  Else colour. r90 within unsure_low..unsure_high, if not gray: unsure. */
struct image_thresholds {
    float gray_c95;                /* 3 */
    float toned_r90, toned_cr90;   /* 4.5, 4.0 */
    float unsure_low, unsure_high; /* 4.0, 5.5 */
};

extern const struct image_thresholds image_thresholds_default;

/** thresholds may be NULL: the defaults. */
int image_measure(const struct image_small *small,
                  const struct image_thresholds *thresholds,
                  struct image_measure *out, struct tt_error *err) TT_MUST;

/** The class and the doubt that the numbers of m give. */
void image_measure_classify(struct image_measure *m,
                            const struct image_thresholds *thresholds);

#endif
