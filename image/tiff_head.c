#include "image/tiff_head.h"

#include <stdint.h>
#include <string.h>

enum {
    BYTE = 1,
    ASCII = 2,
    SHORT = 3,
    LONG = 4,
    RATIONAL = 5,
    UNDEFINED = 7,
    LONG8 = 16
};

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
    return type == BYTE || type == ASCII ? 1
           : type == SHORT               ? 2
           : type == LONG                ? 4
                                         : 8;
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

/* What is not handed over as it is. */
struct rest {
    double x, y; /* pixels a unit */
    int unit;    /* 2 inch, 3 centimetre */
    int compression, photometric, planar;
};

enum { YCBCR = 6, JPEG = 7, PLANES = 2 };

static void entry(const struct reader *r, uint64_t at,
                  struct image_tiff_head *out, struct rest *rest)
{
    uint64_t type = number(r, at + 2, 2), where = values_at(r, at, type);
    int value = (int)(number(r, where, type_width(type)) & 0x7fffffff);

    switch (number(r, at, 2)) {
    case 258:
        out->bits = value;
        break;
    case 259:
        rest->compression = value;
        break;
    case 262:
        rest->photometric = value;
        break;
    case 274:
        out->orientation = value >= 1 && value <= 8 ? value : 1;
        break;
    case 282:
        rest->x = rational(r, where);
        break;
    case 283:
        rest->y = rational(r, where);
        break;
    case 284:
        rest->planar = value;
        break;
    case 296:
        rest->unit = value;
        break;
    default:
        break;
    }
}

static bool reader_init(struct reader *r, const void *bytes, size_t size)
{
    *r = (struct reader){bytes, size, false, false};
    if (size < 8 ||
        (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0))
        return false;
    r->big_endian = r->bytes[0] == 'M';
    r->big_tiff = number(r, 2, 2) == 43;
    return r->big_tiff || number(r, 2, 2) == 42;
}

static uint64_t first_directory(const struct reader *r)
{
    return r->big_tiff ? number(r, 8, 8) : number(r, 4, 4);
}

/* The entries of the directory at *at: how many there are, where the first
 * is; how far it is from one to the next. */
static uint64_t directory(const struct reader *r, uint64_t *at, uint64_t *step)
{
    uint64_t count = number(r, *at, r->big_tiff ? 8 : 2);

    *step = r->big_tiff ? 20 : 12;
    *at += r->big_tiff ? 8 : 2;
    return count;
}

bool image_tiff_head_read(const void *bytes, size_t size,
                          struct image_tiff_head *out)
{
    struct rest rest = {0, 0, 2, 1, 0, 1};
    struct reader r;
    uint64_t at, count, step;

    *out = (struct image_tiff_head){.bits = 1, .orientation = 1};
    if (!reader_init(&r, bytes, size))
        return false;
    at = first_directory(&r);
    count = directory(&r, &at, &step);
    for (uint64_t i = 0; i < count && at < size; i++, at += step)
        entry(&r, at, out, &rest);
    out->ycbcr_planes = rest.photometric == YCBCR && rest.planar == PLANES &&
                        rest.compression != JPEG;
    if (rest.unit == 2 || rest.unit == 3) {
        out->ppi_x = rest.unit == 3 ? rest.x * 2.54 : rest.x;
        out->ppi_y = rest.unit == 3 ? rest.y * 2.54 : rest.y;
    }
    return true;
}

static void text(const struct reader *r, uint64_t at, struct image_texts *out)
{
    uint64_t count = number(r, at + 4, r->big_tiff ? 8 : 4);
    uint64_t where = values_at(r, at, ASCII);
    int i = image_exif_text((unsigned)number(r, at, 2));

    if (i < 0 || number(r, at + 2, 2) != ASCII || count >= IMAGE_TEXT_SIZE ||
        where > r->size || count > r->size - where)
        return;
    memcpy(out->text[i], r->bytes + where, count);
    out->text[i][count] = '\0';
}

/* Words of 4 bytes mostly, but what they are made of is bytes. */
static struct image_span iptc_at(const struct reader *r, uint64_t at)
{
    uint64_t type = number(r, at + 2, 2);
    uint64_t size = number(r, at + 4, r->big_tiff ? 8 : 4);
    uint64_t where = values_at(r, at, type);

    if (type == LONG && size <= r->size)
        size *= 4;
    if (where > r->size || size > r->size - where)
        return (struct image_span){NULL, 0};
    return (struct image_span){r->bytes + where, (size_t)size};
}

enum { IPTC = 0x83bb, EXIF_DIRECTORY = 0x8769 };

void image_tiff_head_meta(const void *bytes, size_t size,
                          struct image_texts *texts, struct image_span *iptc)
{
    struct reader r;
    uint64_t at, count, step, exif = 0;

    if (!reader_init(&r, bytes, size))
        return;
    at = first_directory(&r);
    for (int directories = 0; directories < 2 && at; directories++, at = exif) {
        count = directory(&r, &at, &step);
        for (uint64_t i = 0; i < count && at < size; i++, at += step) {
            text(&r, at, texts);
            if (number(&r, at, 2) == EXIF_DIRECTORY)
                exif = number(&r, at + (r.big_tiff ? 12 : 8), 4);
            else if (number(&r, at, 2) == IPTC && !iptc->size)
                *iptc = iptc_at(&r, at);
        }
    }
}
