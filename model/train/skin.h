/**
 * skin: how light is the skin that a photo shows, in six bands of the
 * individual typology angle,
 *
 *   ITA = atan((L* - 50) / b*) x 180 / pi
 *
 * very light > 55 > light > 41 > intermediate > 28 > tan > 10 > brown > -30 >
 * dark (Chardon, Cretois, Hourseau 1991; Del Bino, Bernerd 2013).
 *
 * Skin is taken to be what has a skin's colour in the middle half of the
 * photo's width and height, where a portrait has its face: hue from 20 to 80
 * degrees, chroma from 8 to 50, L* from 15 to 95. ITA is that of the medians of
 * L* and b*. Below a share of 15 % no skin is found.
 *
 * That measures photos, not persons: light, exposure and make-up count as well,
 * and wood or sand may pass for skin. It serves to see whether a model is worse
 * on some photos than on others.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Fails:   never.
 */
#ifndef TRAIN_SKIN_H
#define TRAIN_SKIN_H

#include <stdint.h>

enum skin_band {
    SKIN_VERY_LIGHT,
    SKIN_LIGHT,
    SKIN_INTERMEDIATE,
    SKIN_TAN,
    SKIN_BROWN,
    SKIN_DARK,
    SKIN_NONE, /* no skin was found */
    SKIN_BANDS
};

struct skin {
    enum skin_band band;
    double ita;   /* degrees; 0 if none was found */
    double share; /* of the middle that has a skin's colour */
};

/** Of a record of shard/format.h. */
void train_skin_measure(const uint8_t *record, struct skin *out);

/** By ITA in degrees. */
enum skin_band train_skin_band(double ita);

/** "very light" … "dark", "no skin found" */
const char *train_skin_word(enum skin_band band);

#endif
