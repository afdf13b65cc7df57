#include "image/iptc.h"

#include <string.h>

enum { NAME_SIZE = 14, IPTC = 0x0404, TAG = 0x1c };

static const char name[] = "Photoshop 3.0"; /* and its NUL */

static size_t even(size_t n)
{
    return n + (n & 1);
}

/* 0x1c, two bytes of number, two of size, or of the size of a size. */
size_t image_iptc_length(const uint8_t *records, size_t n)
{
    size_t at = 0;

    while (n - at >= 5 && records[at] == TAG) {
        size_t head = 5, size = (size_t)records[at + 3] << 8 | records[at + 4];

        if (size & 0x8000) {
            size_t width = size & 0x7fff;

            if (width > 4 || width > n - at - head)
                break;
            size = 0;
            for (; width; width--)
                size = size << 8 | records[at + head++];
        }
        if (size > n - at - head)
            break;
        at += head + size;
    }
    return at;
}

/* Blocks: "8BIM", number, a name with its length, both padded to an even
 * size, the data's size, the data, padded likewise. */
bool image_iptc_find(const uint8_t *app13, size_t size,
                     struct image_span *records)
{
    size_t at = NAME_SIZE;

    if (size < NAME_SIZE || memcmp(app13, name, NAME_SIZE) != 0)
        return false;
    while (size - at >= 12 && memcmp(app13 + at, "8BIM", 4) == 0) {
        const uint8_t *p = app13 + at;
        size_t head = 6 + even(1 + (size_t)p[6]) + 4, length;

        if (head > size - at)
            return false;
        length = (size_t)p[head - 4] << 24 | (size_t)p[head - 3] << 16 |
                 (size_t)p[head - 2] << 8 | p[head - 1];
        if (length > size - at - head)
            return false;
        if ((p[4] << 8 | p[5]) == IPTC) {
            *records = (struct image_span){p + head, length};
            return true;
        }
        if (even(length) > size - at - head)
            return false;
        at += head + even(length);
    }
    return false;
}

void image_iptc_head(size_t n, uint8_t out[IMAGE_IPTC_HEAD])
{
    static const uint8_t block[] = {'8', 'B', 'I', 'M', 4, 4, 0, 0};

    memcpy(out, name, NAME_SIZE);
    memcpy(out + NAME_SIZE, block, sizeof(block));
    out += NAME_SIZE + sizeof(block);
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
}
