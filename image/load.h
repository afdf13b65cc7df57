/**
 * load: a file's bytes into a photo.
 *
 * What a file is, its first bytes say, never its name. JPEG is read by
 * TurboJPEG, PNG, TIFF, WebP and GIF by libvips. Only the first page is read;
 * EXIF orientation is applied, alpha is laid over white (in codes, as viewers
 * do), an embedded profile is obeyed. Depth is kept: 8 bits and less give 8,
 * more give 16.
 *
 * Grey: one band passes code for code, with the curve of its profile in
 * facts->coding. Everything else gets the grey code of image/grey.h; RGB of a
 * profile with one curve and a matrix gets it in that curve's coding, other
 * profiles (CMYK, tables) lead to sRGB. The small RGB is always sRGB-coded.
 * Inks without a profile each take their own colour away, and black all.
 *
 * A damaged file is a reason, never a crash that we know of; still, open
 * strangers' files in a process that may die.
 *
 * Owns:    nothing between calls.
 * Threads: any, between image_start and image_stop. Reading opens no files;
 *          WebP's decoder starts a thread of its own.
 * Fails:   TT_INPUT with *reason set and words for people; TT_NOMEM
 *          (IMAGE_NO_MEMORY).
 */
#ifndef IMAGE_LOAD_H
#define IMAGE_LOAD_H

#include "image/image.h"

struct image_limits {
    uint64_t max_pixels; /* width * height, asked before decoding */
    uint64_t max_whole;  /* the same of a progressive JPEG, whose decoder takes
                            up to 6 bytes a pixel; 0: max_pixels holds */
    int min_side;        /* a shorter side than this is too_small; 0: any */
    /* Memory for the grey codes or the small RGB; NULL: malloc. What it
     * returned stays the caller's, also after a failure. */
    void *(*alloc)(void *ctx, size_t size);
    void *alloc_ctx;
};

/** 300 million pixels, any side, malloc. */
void image_limits_init(struct image_limits *limits);

/** The whole photo as grey codes. On -1 out->codes is NULL and *reason says
 *  why; facts hold what was known by then. */
int image_load(const void *bytes, size_t size,
               const struct image_limits *limits, struct image_grey *out,
               struct image_facts *facts, enum image_reason *reason,
               struct tt_error *err) TT_MUST;

/** The photo in RGB, reduced, but at least `side` pixels both ways where the
 *  file has them; a JPEG is decoded at 1/2, 1/4, 1/8 of its size where that is
 *  enough. facts as of the whole photo. */
int image_load_small(const void *bytes, size_t size,
                     const struct image_limits *limits, int side,
                     struct image_small *out, struct image_facts *facts,
                     enum image_reason *reason, struct tt_error *err) TT_MUST;

#endif
