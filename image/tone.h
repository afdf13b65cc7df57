/**
 * tone: a source's rows into grey codes and into 8-bit RGB: alpha laid over
 * white, the profile obeyed, CMYK and Lab made sRGB.
 *
 * For the files of this room only.
 *
 * Owns:    what init made; release frees it.
 * Threads: one thread per struct image_tone.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_TONE_H
#define IMAGE_TONE_H

#include "image/profile.h"
#include "image/source.h"

struct image_tone {
    enum image_model model;
    int bits;     /* of the source's samples */
    int out_bits; /* of the grey codes: 8 or 16 */
    bool alpha;
    bool keeps; /* grey codes are made of the source's own as they stand */
    size_t width;
    struct image_profile *profile; /* NULL: sRGB's codes already */
    void *flat;                    /* a row without alpha */
    void *rgb;                     /* a row of RGB, 8 or 16 bits */
    void *grey;                    /* a row of grey codes */
};

/** For the rows of s; sets what facts say of profile and alpha. */
int image_tone_init(struct image_tone *t, const struct image_source *s,
                    struct image_facts *facts, struct tt_error *err) TT_MUST;

/** grey: codes of out_bits, or NULL. Returns interleaved RGB of 8 bits: the
 *  row itself where it is that already, else rgb8, which is filled. */
const uint8_t *image_tone_row(struct image_tone *t, const void *row, void *grey,
                              uint8_t *rgb8);

/** Would each row be its own RGB? */
bool image_tone_is_plain(const struct image_tone *t);

void image_tone_release(struct image_tone *t);

#endif
