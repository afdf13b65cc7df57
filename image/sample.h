/**
 * sample: a picture reduced for measuring, and the pixels of it that count, in
 * groups by their lightness: image/measure.h says which.
 *
 * For the files of this room only.
 *
 * Owns:    what init made; release frees it.
 * Threads: one thread per struct image_sample.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_SAMPLE_H
#define IMAGE_SAMPLE_H

#include "image/image.h"

/* Bins at quantiles of L*; and how few pixels are too few. */
enum { IMAGE_SAMPLE_BINS = 12, IMAGE_SAMPLE_ENOUGH = 50 };

/* Pixels lie in groups: those of a bin side by side, those of the middle of
 * the photo in front; at the end, as if in a bin, those that do not count. Of
 * each part even and odd pixels lie apart, as neighbours mostly fall into the
 * same group and one counter would have to wait for itself. */
enum { IMAGE_SAMPLE_MIDDLE = 0, IMAGE_SAMPLE_REST = 2, IMAGE_SAMPLE_PARTS = 4 };

struct image_sample {
    int width, height;
    int margin_x, margin_y;
    int rows; /* that are looked at: from margin_y on, every second */
    size_t n; /* pixels that count */
    size_t start[IMAGE_SAMPLE_BINS + 2][IMAGE_SAMPLE_PARTS];
    float *lightness; /* height, width: L* as reduced */
    float *L, *a,
        *b;      /* of the pixels that are looked at, softened, in groups */
    float *work; /* 2 * width * height, for the measuring */
    void *memory;
};

int image_sample_init(struct image_sample *s, const struct image_small *small,
                      struct tt_error *err) TT_MUST;
void image_sample_release(struct image_sample *s);

#endif
