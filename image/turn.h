/**
 * turn: EXIF orientation: where the pixels of a stored row lie in the upright
 * picture.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_TURN_H
#define IMAGE_TURN_H

#include <stdbool.h>
#include <stddef.h>

/** Does it change width for height? */
bool image_turn_swaps(int orientation);

/** Put stored row y of a width * height picture of `bytes` a pixel (1, 2, 3)
 *  where it belongs in the upright one. */
void image_turn_row(const void *row, int y, int width, int height,
                    int orientation, size_t bytes, void *upright);

#endif
