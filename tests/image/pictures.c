#include "tests/image/pictures.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "tests/check.h"

void picture_fill8(uint8_t *codes, size_t n, unsigned most)
{
    unsigned seed = 17;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        codes[i] = (uint8_t)((seed >> 16) % most);
    }
}

void picture_fill16(uint16_t *codes, size_t n)
{
    unsigned seed = 23;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        codes[i] = (uint16_t)(seed >> 16);
    }
}

VipsImage *picture_image(const void *codes, int width, int height, int bands,
                         VipsBandFormat format, VipsInterpretation type)
{
    size_t size = (size_t)width * (size_t)height * (size_t)bands *
                  vips_format_sizeof(format);
    VipsImage *in =
        vips_image_new_from_memory(codes, size, width, height, bands, format);
    VipsImage *out = NULL;

    CHECK(in);
    CHECK(!vips_copy(in, &out, "interpretation", type, NULL));
    g_object_unref(in);
    return out;
}

struct picture picture_save(VipsImage *image, const char *suffix)
{
    struct picture p = {NULL, 0};
    void *bytes = NULL;
    size_t size = 0;

    if (vips_image_write_to_buffer(image, suffix, &bytes, &size, NULL))
        check_failed(__FILE__, __LINE__, vips_error_buffer());
    p.bytes = malloc(size);
    CHECK(p.bytes);
    memcpy(p.bytes, bytes, size);
    p.size = size;
    g_free(bytes);
    g_object_unref(image);
    return p;
}

struct picture picture_jpeg(const uint8_t *codes, int width, int height,
                            int format, int quality)
{
    tjhandle tj = tjInitCompress();
    struct picture p = {NULL, 0};
    unsigned char *bytes = NULL;
    unsigned long size = 0;

    CHECK(tj);
    CHECK(!tjCompress2(tj, codes, width, 0, height, format, &bytes, &size,
                       format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444, quality,
                       0));
    p.bytes = malloc(size);
    CHECK(p.bytes);
    memcpy(p.bytes, bytes, size);
    p.size = size;
    tjFree(bytes);
    tjDestroy(tj);
    return p;
}

void picture_insert(struct picture *p, int marker, const void *data,
                    size_t size)
{
    uint8_t *bytes = malloc(p->size + size + 4);

    CHECK(bytes);
    memcpy(bytes, p->bytes, 2);
    bytes[2] = 0xff;
    bytes[3] = (uint8_t)marker;
    bytes[4] = (uint8_t)((size + 2) >> 8);
    bytes[5] = (uint8_t)(size + 2);
    memcpy(bytes + 6, data, size);
    memcpy(bytes + 6 + size, p->bytes + 2, p->size - 2);
    free(p->bytes);
    p->bytes = bytes;
    p->size += size + 4;
}

void picture_turn(struct picture *p, int orientation)
{
    uint8_t exif[] = {'E', 'x',
                      'i', 'f',
                      0,   0,
                      'M', 'M',
                      0,   42,
                      0,   0,
                      0,   8,
                      0,   1, /* one entry: */
                      1,   0x12,
                      0,   3,
                      0,   0,
                      0,   1, /* 274, SHORT, 1 */
                      0,   (uint8_t)orientation,
                      0,   0,
                      0,   0,
                      0,   0};

    picture_insert(p, 0xe1, exif, sizeof(exif));
}
