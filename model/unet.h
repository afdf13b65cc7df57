/**
 * unet: the wiring of the colour network, from a row of a table.
 *
 * Encoder level k = 0..4 works at side >> k: one UNIT with stride 1 (k = 0) or
 * 2 into c_k channels, then further UNITs. Decoder level k = 3..0: an UP to
 * c_k channels, joined with the encoder's last of that level, then `after`
 * UNITs back to c_k. Then the HEAD. Input: x = L / 50 - 1. Output: sigmoid,
 * ab = (2 y - 1) * 110.
 *
 * Owns:    nothing; a struct model_unet holds all of itself.
 * Threads: any.
 * Fails:   TT_MISSING (no such preset).
 */
#ifndef MODEL_UNET_H
#define MODEL_UNET_H

#include "base/error.h"
#include "model/wiring.h"

#define MODEL_LEVELS    5
#define MODEL_AB_RANGE  110.0f /* ab that the sigmoid's ends stand for */
#define MODEL_SIDE_STEP 16     /* sides are multiples of it */

struct model_preset {
    const char *name;
    const char *summary; /* one line, for --help */
    int channels[MODEL_LEVELS];
    int units[MODEL_LEVELS]; /* UNITs of an encoder level */
    int after;               /* UNITs behind each joining */
};

/** All presets; the name of the last is NULL. */
extern const struct model_preset model_presets[];

const struct model_preset *model_preset_find(const char *name,
                                             struct tt_error *err);

struct model_unet {
    const struct model_preset *preset;
    bool norm; /* batch norm in UNIT and UP */
    struct model_wiring wiring;
};

/** Lay the network out, with batch norm or with biases in its place. */
void model_unet_init(struct model_unet *u, const struct model_preset *preset,
                     bool norm);

#endif
