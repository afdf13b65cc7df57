#include "image/save_jpeg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

enum { JFIF_END = 20, APP1 = 0xe1, APP2 = 0xe2 };

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

static uint8_t *put_segment(uint8_t *p, int marker, const void *name,
                            size_t name_size, const void *data, size_t size)
{
    size_t length = 2 + name_size + size;

    *p++ = 0xff;
    *p++ = (uint8_t)marker;
    *p++ = (uint8_t)(length >> 8);
    *p++ = (uint8_t)length;
    memcpy(p, name, name_size);
    memcpy(p + name_size, data, size);
    return p + name_size + size;
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
    *bytes = p = malloc(jpeg_size + extras->xmp_size + extras->icc_size + 128);
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a JPEG");
    memcpy(p, jpeg, JFIF_END);
    put_density(p, opt);
    p += JFIF_END;
    if (extras->xmp)
        p = put_segment(p, APP1, xmp_name, sizeof(xmp_name), extras->xmp,
                        extras->xmp_size);
    memcpy(icc_head, icc_name, sizeof(icc_name) - 1);
    icc_head[12] = 1;
    icc_head[13] = 1;
    p = put_segment(p, APP2, icc_head, 14, extras->icc, extras->icc_size);
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
