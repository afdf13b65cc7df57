/**
 * strip: the gradient of a sweep's weights: for each tap, the sum of products
 * of all pixels of the source with those of the results that they went into.
 * Private to direct.c.
 *
 * It goes by strips of rows. Their pixels, and those of the source, are first
 * laid out in panels of 16 channels: two panels fit the nearest cache, where
 * pixels as far apart as all channels would fall on each other's lines.
 *
 * Owns:    nothing.
 * Threads: the calling thread's OpenMP threads; a sum belongs to one of them,
 *          so the bits do not depend on how many they are.
 * Fails:   never.
 */
#ifndef BACKEND_STRIP_H
#define BACKEND_STRIP_H

#include "model/backend/sweep.h"

/** Bytes that strip_gradient() needs for its own use. */
size_t strip_scratch(const struct sweep *s);

/** packed: as the sweep's weights; scratch is aligned as BACKEND_ALIGN. */
void strip_gradient(const struct sweep *s, struct sweep_place src,
                    struct sweep_place ddst, void *scratch, float *packed);

#endif
