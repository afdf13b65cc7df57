/**
 * settle: the last code of a triple: its grey code becomes the one asked for.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never: gray itself always has the right grey code.
 */
#ifndef IMAGE_SETTLE_H
#define IMAGE_SETTLE_H

#include <stddef.h>

#include "image/grey.h"

/** Move each of n triples (type by bits: 8 or 16) by as few codes as need be
 *  until image_grey_row gives grey. */
void image_settle_row(const void *grey, size_t n, int bits, void *rgb);

#endif
