#include "image/shrink.h"

#include <stdlib.h>
#include <string.h>

int image_shrink_init(struct image_shrink *s, int width, int height, int side,
                      struct tt_error *err)
{
    int least = width < height ? width : height;

    memset(s, 0, sizeof(*s));
    s->width = width;
    s->height = height;
    s->factor = side > 0 && least > side ? least / side : 1;
    s->factor = s->factor < 2048 ? s->factor : 2048; /* the sum's 32 bits */
    s->out_width = (width + s->factor - 1) / s->factor;
    s->out_height = (height + s->factor - 1) / s->factor;
    s->sum = calloc((size_t)s->out_width * 3, sizeof(*s->sum));
    if (!s->sum)
        return tt_fail(err, TT_NOMEM, "no memory to reduce a picture");
    return 0;
}

static void finish(struct image_shrink *s, int y)
{
    int rows = y % s->factor + 1;
    uint8_t *out = s->out + (size_t)(y / s->factor) * (size_t)s->out_width * 3;

    for (int x = 0; x < s->out_width; x++) {
        int left = s->width - x * s->factor;
        uint32_t n =
            (uint32_t)rows * (uint32_t)(left < s->factor ? left : s->factor);

        for (int c = 0; c < 3; c++)
            *out++ = (uint8_t)((s->sum[3 * x + c] + n / 2) / n);
    }
    memset(s->sum, 0, (size_t)s->out_width * 3 * sizeof(*s->sum));
}

void image_shrink_row(struct image_shrink *s, int y, const uint8_t *rgb)
{
    uint32_t *sum = s->sum;

    if (s->factor == 1) {
        memcpy(s->out + (size_t)y * (size_t)s->width * 3, rgb,
               (size_t)s->width * 3);
        return;
    }
    for (int x = 0; x < s->width; x += s->factor, sum += 3) {
        int end = x + s->factor < s->width ? x + s->factor : s->width;

        for (int i = x; i < end; i++, rgb += 3) {
            sum[0] += rgb[0];
            sum[1] += rgb[1];
            sum[2] += rgb[2];
        }
    }
    if ((y + 1) % s->factor == 0 || y + 1 == s->height)
        finish(s, y);
}

void image_shrink_release(struct image_shrink *s)
{
    free(s->sum);
    s->sum = NULL;
}
