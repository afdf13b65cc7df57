#include "image/save_jpeg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "image/iptc.h"

enum { JFIF_END = 20, APP1 = 0xe1, APP2 = 0xe2, APP13 = 0xed };

static const char exif_name[] = "Exif\0";                      /* and its NUL */
static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/"; /* and its NUL */
static const char icc_name[] = "ICC_PROFILE\0\1"; /* part 1 of 1: NUL is 1 */

/* 8-bit codes; *own is memory made for them, to be freed. */
static const uint8_t *codes8(const struct image_rgb *rgb, uint8_t **own)
{
    size_t n = 3 * (size_t)rgb->width * (size_t)rgb->height;
    const uint16_t *wide = rgb->codes;

    *own = NULL;
    if (rgb->bits == 8)
        return rgb->codes;
    *own = malloc(n);
    for (size_t i = 0; *own && i < n; i++)
        (*own)[i] = (uint8_t)((wide[i] * 255u + 32767) / 65535);
    return *own;
}

static uint8_t *put(uint8_t *p, const void *data, size_t size)
{
    memcpy(p, data, size);
    return p + size;
}

/* What a segment of size bytes begins with. */
static uint8_t *put_head(uint8_t *p, int marker, size_t size)
{
    *p++ = 0xff;
    *p++ = (uint8_t)marker;
    *p++ = (uint8_t)((2 + size) >> 8);
    *p++ = (uint8_t)(2 + size);
    return p;
}

static uint8_t *put_segment(uint8_t *p, int marker, const void *name,
                            size_t name_size, const void *data, size_t size)
{
    p = put_head(p, marker, name_size + size);
    return put(put(p, name, name_size), data, size);
}

/* A block of an odd size is followed by a byte that belongs to none. */
static uint8_t *put_iptc(uint8_t *p, const struct image_extras *extras)
{
    uint8_t head[IMAGE_IPTC_HEAD];
    size_t n = extras->iptc_size;

    image_iptc_head(n, head);
    p = put_head(p, APP13, IMAGE_IPTC_HEAD + n + (n & 1));
    p = put(put(p, head, IMAGE_IPTC_HEAD), extras->iptc, n);
    return put(p, "", n & 1);
}

/* The resolution, dots per inch, in the JFIF segment at the file's head. */
static void put_density(uint8_t *jfif, const struct image_save_options *opt)
{
    unsigned x = (unsigned)lrint(fmin(fmax(opt->ppi_x, 0), 65535));
    unsigned y = (unsigned)lrint(fmin(fmax(opt->ppi_y, 0), 65535));

    if (!x || !y)
        return;
    jfif[13] = 1;
    jfif[14] = (uint8_t)(x >> 8);
    jfif[15] = (uint8_t)x;
    jfif[16] = (uint8_t)(y >> 8);
    jfif[17] = (uint8_t)y;
}

/* TurboJPEG's file, with our segments behind its JFIF segment. */
static int join(const uint8_t *jpeg, size_t jpeg_size,
                const struct image_save_options *opt,
                const struct image_extras *extras, uint8_t **bytes,
                size_t *size, struct tt_error *err)
{
    uint8_t icc_head[sizeof(icc_name) + 1];
    uint8_t *p;

    if (jpeg_size < JFIF_END || memcmp(jpeg + 2, "\xff\xe0\0\x10JFIF", 8) != 0)
        return tt_fail(err, TT_OUTPUT, "a JPEG that begins otherwise");
    *bytes = p = malloc(jpeg_size + extras->exif_size + extras->xmp_size +
                        extras->icc_size + extras->iptc_size + 256);
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a JPEG");
    memcpy(p, jpeg, JFIF_END);
    put_density(p, opt);
    p += JFIF_END;
    if (extras->exif)
        p = put_segment(p, APP1, exif_name, sizeof(exif_name), extras->exif,
                        extras->exif_size);
    if (extras->xmp)
        p = put_segment(p, APP1, xmp_name, sizeof(xmp_name), extras->xmp,
                        extras->xmp_size);
    memcpy(icc_head, icc_name, sizeof(icc_name) - 1);
    icc_head[12] = 1;
    icc_head[13] = 1;
    p = put_segment(p, APP2, icc_head, 14, extras->icc, extras->icc_size);
    if (extras->iptc)
        p = put_iptc(p, extras);
    memcpy(p, jpeg + JFIF_END, jpeg_size - JFIF_END);
    *size = (size_t)(p - *bytes) + jpeg_size - JFIF_END;
    return 0;
}

int image_save_jpeg(const struct image_rgb *rgb,
                    const struct image_save_options *opt,
                    const struct image_extras *extras, uint8_t **bytes,
                    size_t *size, struct tt_error *err)
{
    tjhandle tj = tjInitCompress();
    uint8_t *own = NULL, *jpeg = NULL;
    const uint8_t *codes = codes8(rgb, &own);
    unsigned long jpeg_size = 0;
    int rc = -1;

    *bytes = NULL;
    if (!tj || !codes) {
        tt_fail(err, TT_NOMEM, "no memory for a JPEG");
        goto out;
    }
    if (tjCompress2(tj, codes, rgb->width, 0, rgb->height, TJPF_RGB, &jpeg,
                    &jpeg_size, TJSAMP_444, opt->quality,
                    TJFLAG_ACCURATEDCT) < 0) {
        tt_fail(err, TT_OUTPUT, "JPEG: %s", tjGetErrorStr2(tj));
        goto out;
    }
    rc = join(jpeg, jpeg_size, opt, extras, bytes, size, err);

out:
    tjFree(jpeg);
    free(own);
    if (tj)
        tjDestroy(tj);
    return rc;
}
