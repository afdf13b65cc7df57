/**
 * source: an opened file that hands over its rows, from the top, in whatever
 * model it has. What loads files fills it in, image/tone.c makes grey of it.
 *
 * For the files of this room only.
 *
 * Owns:    profile, whole, state; close() frees them.
 * Threads: one thread per struct image_source.
 * Fails:   TT_INPUT with a reason, TT_NOMEM.
 */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include "image/load.h"

enum image_model {
    IMAGE_MODEL_GRAY, /* 1 band */
    IMAGE_MODEL_RGB,  /* 3 */
    IMAGE_MODEL_CMYK, /* 4; 0 is no ink */
    IMAGE_MODEL_LAB   /* 3 floats: L*, a*, b* */
};

struct image_source {
    int width, height; /* of the rows: not yet upright, perhaps reduced */
    enum image_model model;
    int bits;      /* of a sample: 8, 16; 32 for floats */
    bool alpha;    /* as one more band, the last */
    void *profile; /* ICC, malloc'ed; NULL: none */
    size_t profile_size;
    uint8_t *whole; /* 8-bit rows that are all there already, end to end,
                       malloc'ed: may be taken; NULL: none such */
    void *state;
    /* Row y; y only grows. Good until the next call. */
    int (*row)(struct image_source *s, int y, const void **row,
               enum image_reason *reason, struct tt_error *err);
    void (*close)(struct image_source *s);
};

/** Open a JPEG; it may be reduced to no less than side pixels both ways. */
int image_source_jpeg(struct image_source *s, const void *bytes, size_t size,
                      const struct image_limits *limits, int side,
                      struct image_facts *facts, enum image_reason *reason,
                      struct tt_error *err) TT_MUST;

/** Open what libvips reads; facts->format says what it is. */
int image_source_vips(struct image_source *s, const void *bytes, size_t size,
                      const struct image_limits *limits,
                      struct image_facts *facts, enum image_reason *reason,
                      struct tt_error *err) TT_MUST;

/** Close what an open filled in, also when it failed or never was called on a
 *  zeroed struct. */
void image_source_close(struct image_source *s);

/** Bands without alpha. */
int image_model_bands(enum image_model model);

/** Is this size allowed? */
int image_source_admit(const struct image_limits *limits, int64_t width,
                       int64_t height, enum image_reason *reason,
                       struct tt_error *err) TT_MUST;

/** Set *reason, fill *err (TT_NOMEM for IMAGE_NO_MEMORY, else TT_INPUT) with
 *  the words given, or with the reason's own if fmt is NULL. Returns -1. */
int image_refuse(enum image_reason *reason, enum image_reason why,
                 struct tt_error *err, const char *fmt, ...) TT_PRINTF(4, 5);

#endif
