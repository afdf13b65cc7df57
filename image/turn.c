#include "image/turn.h"

#include <stdint.h>
#include <string.h>

bool image_turn_swaps(int orientation)
{
    return orientation >= 5;
}

void image_turn_row(const void *row, int y, int width, int height,
                    int orientation, size_t bytes, void *upright)
{
    /* Orientation says where the stored picture's first row and column are:
     * (x, y) goes to (x or y, from the left or right, …). */
    bool swaps = image_turn_swaps(orientation);
    bool right = orientation == 2 || orientation == 3 || orientation == 6 ||
                 orientation == 7;
    bool below = orientation == 3 || orientation == 4 || orientation == 7 ||
                 orientation == 8;
    ptrdiff_t across = swaps ? height : width;
    ptrdiff_t down = swaps ? width : height;
    ptrdiff_t x0 = swaps ? y : 0, y0 = swaps ? 0 : y;
    ptrdiff_t step = swaps ? across : 1;
    const uint8_t *in = row;
    uint8_t *out;

    if (right) {
        x0 = across - 1 - x0;
        step = swaps ? step : -step;
    }
    if (below) {
        y0 = down - 1 - y0;
        step = swaps ? -step : step;
    }
    out = (uint8_t *)upright + (y0 * across + x0) * (ptrdiff_t)bytes;
    if (step == 1) {
        memcpy(out, in, (size_t)width * bytes);
        return;
    }
    step *= (ptrdiff_t)bytes;
    for (int x = 0; x < width; x++, in += bytes, out += step)
        memcpy(out, in, bytes);
}
