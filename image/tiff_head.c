#include "image/tiff_head.h"

#include <stdint.h>
#include <string.h>

enum { BYTE = 1, SHORT = 3, LONG = 4, RATIONAL = 5, LONG8 = 16 };

struct reader {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
    bool big_tiff;
};

/* Bytes outside of the file are 0: a damaged directory says little, but never
 * harms. */
static uint64_t number(const struct reader *r, uint64_t at, int width)
{
    uint64_t value = 0;

    if (at > r->size || r->size - at < (uint64_t)width)
        return 0;
    for (int i = 0; i < width; i++) {
        int from = r->big_endian ? i : width - 1 - i;

        value = value << 8 | r->bytes[at + (uint64_t)from];
    }
    return value;
}

static int type_width(uint64_t type)
{
    return type == BYTE ? 1 : type == SHORT ? 2 : type == LONG ? 4 : 8;
}

/* Where the values of the entry at `at` lie: in it, if they fit. */
static uint64_t values_at(const struct reader *r, uint64_t at, uint64_t type)
{
    uint64_t count = number(r, at + 4, r->big_tiff ? 8 : 4);
    uint64_t room = r->big_tiff ? 8 : 4, here = at + (r->big_tiff ? 12 : 8);

    if (count <= room / (uint64_t)type_width(type))
        return here;
    return number(r, here, (int)room);
}

static double rational(const struct reader *r, uint64_t at)
{
    double above = (double)number(r, at, 4);
    double below = (double)number(r, at + 4, 4);

    return below > 0 ? above / below : 0;
}

struct resolution {
    double x, y;
    int unit; /* 2 inch, 3 centimetre */
};

static void entry(const struct reader *r, uint64_t at,
                  struct image_tiff_head *out, struct resolution *res)
{
    uint64_t type = number(r, at + 2, 2), where = values_at(r, at, type);
    int value = (int)(number(r, where, type_width(type)) & 0x7fffffff);

    switch (number(r, at, 2)) {
    case 258:
        out->bits = value;
        break;
    case 262:
        out->photometric = value;
        break;
    case 274:
        out->orientation = value >= 1 && value <= 8 ? value : 1;
        break;
    case 277:
        out->samples = value;
        break;
    case 282:
        res->x = rational(r, where);
        break;
    case 283:
        res->y = rational(r, where);
        break;
    case 296:
        res->unit = value;
        break;
    case 339:
        out->sample_format = value;
        break;
    default:
        break;
    }
}

bool image_tiff_head_read(const void *bytes, size_t size,
                          struct image_tiff_head *out)
{
    struct reader r = {bytes, size, false, false};
    struct resolution res = {0, 0, 2};
    uint64_t at, count, step;

    *out = (struct image_tiff_head){1, 1, -1, 1, 1, 0, 0};
    if (size < 8 || (memcmp(bytes, "II", 2) && memcmp(bytes, "MM", 2)))
        return false;
    r.big_endian = r.bytes[0] == 'M';
    r.big_tiff = number(&r, 2, 2) == 43;
    if (!r.big_tiff && number(&r, 2, 2) != 42)
        return false;
    at = r.big_tiff ? number(&r, 8, 8) : number(&r, 4, 4);
    count = number(&r, at, r.big_tiff ? 8 : 2);
    step = r.big_tiff ? 20 : 12;
    at += r.big_tiff ? 8 : 2;
    for (uint64_t i = 0; i < count && at < size; i++, at += step)
        entry(&r, at, out, &res);
    if (res.unit == 2 || res.unit == 3) {
        out->ppi_x = res.unit == 3 ? res.x * 2.54 : res.x;
        out->ppi_y = res.unit == 3 ? res.y * 2.54 : res.y;
    }
    return true;
}
