#include "image/source.h"

#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "image/jpeg_head.h"

/* All rows are decoded at once. */
static int jpeg_row(struct image_source *s, int y, const void **row,
                    enum image_reason *reason, struct tt_error *err)
{
    (void)reason;
    (void)err;
    *row = s->whole +
           (size_t)y * (size_t)s->width * (size_t)image_model_bands(s->model);
    return 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* TurboJPEG keeps the first warning only. These do not touch the picture. */
static bool harmless(const char *text)
{
    return strstr(text, "extraneous bytes") || begins(text, "Unknown Adobe") ||
           begins(text, "Warning") || begins(text, "Invalid SOS parameters");
}

/* Is there an end mark where the file ends, but for some padding? */
static bool has_end(const uint8_t *p, size_t size)
{
    size_t from = size > 65536 ? size - 65536 : 0;

    for (size_t i = size - 1; i > from; i--)
        if (p[i] == 0xd9 && p[i - 1] == 0xff)
            return true;
    return false;
}

static int decode_failed(const void *bytes, size_t size, tjhandle tj,
                         enum image_reason *reason, struct tt_error *err)
{
    const char *text = tjGetErrorStr2(tj);

    if (begins(text, "Premature end") || !has_end(bytes, size))
        return image_refuse(reason, IMAGE_TRUNCATED, err, NULL);
    if (tjGetErrorCode(tj) == TJERR_WARNING && harmless(text))
        return 0;
    if (begins(text, "Unsupported"))
        return image_refuse(reason, IMAGE_UNSUPPORTED, err, "JPEG: %s", text);
    return image_refuse(reason, IMAGE_UNREADABLE, err, "JPEG: %s", text);
}

/* The smallest of 1, 1/2, 1/4, 1/8 that leaves side pixels both ways: those
 * are the sizes that are decoded fast. 0: no reduction. */
static void reduce(struct image_source *s, int side)
{
    tjscalingfactor best = {1, 1};
    int least = s->width < s->height ? s->width : s->height;

    for (int d = 2; side && d <= 8; d *= 2) {
        tjscalingfactor f = {1, d};

        if (TJSCALED(least, f) >= side)
            best = f;
    }
    s->width = TJSCALED(s->width, best);
    s->height = TJSCALED(s->height, best);
}

static int decode(struct image_source *s, const void *bytes, size_t size,
                  bool inverted, tjhandle tj, enum image_reason *reason,
                  struct tt_error *err)
{
    static const int formats[] = {TJPF_GRAY, TJPF_RGB, TJPF_CMYK};
    size_t stride = (size_t)s->width * (size_t)image_model_bands(s->model);
    size_t n = stride * (size_t)s->height;

    s->row = jpeg_row;
    s->whole = malloc(n);
    if (!s->whole)
        return image_refuse(reason, IMAGE_NO_MEMORY, err, NULL);
    if (tjDecompress2(tj, bytes, (unsigned long)size, s->whole, s->width,
                      (int)stride, s->height, formats[s->model],
                      TJFLAG_LIMITSCANS) < 0 &&
        decode_failed(bytes, size, tj, reason, err) < 0)
        return -1;
    for (size_t i = 0; inverted && i < n; i++)
        s->whole[i] = (uint8_t)(255 - s->whole[i]);
    return 0;
}

static int check_head(const struct image_jpeg_head *head,
                      enum image_reason *reason, struct tt_error *err)
{
    if (head->lossless || (head->precision && head->precision != 8))
        return image_refuse(reason, IMAGE_UNSUPPORTED, err,
                            "a JPEG of %d bits%s", head->precision,
                            head->lossless ? ", lossless" : "");
    if (!head->to_scan && !head->precision && head->garbage)
        return image_refuse(reason, IMAGE_NOT_IMAGE, err,
                            "a JPEG's first bytes, then something else");
    if (!head->to_scan)
        return image_refuse(reason, IMAGE_TRUNCATED, err, NULL);
    return 0;
}

int image_source_jpeg(struct image_source *s, const void *bytes, size_t size,
                      const struct image_limits *limits, int side,
                      struct image_facts *facts, enum image_reason *reason,
                      struct tt_error *err)
{
    struct image_jpeg_head head;
    int width = 0, height = 0, subsampling, space = -1, rc = -1;
    tjhandle tj;

    image_jpeg_head_read(bytes, size, &head);
    s->profile = head.icc;
    s->profile_size = head.icc_size;
    facts->stored_bits = head.precision;
    facts->bands = head.components;
    facts->orientation = head.orientation;
    facts->pages = 1;
    facts->ppi_x = head.ppi_x;
    facts->ppi_y = head.ppi_y;
    facts->marked = head.marked;
    if (check_head(&head, reason, err) < 0)
        return -1;

    /* A handle keeps tables of the file before: one for each. */
    tj = tjInitDecompress();
    if (!tj)
        return image_refuse(reason, IMAGE_NO_MEMORY, err, NULL);
    /* It dislikes odd subsampling, but only after it has told the size. */
    if (tjDecompressHeader3(tj, bytes, (unsigned long)size, &width, &height,
                            &subsampling, &space) < 0 &&
        (width < 1 || height < 1)) {
        image_refuse(reason, IMAGE_UNREADABLE, err, "JPEG: %s",
                     tjGetErrorStr2(tj));
        goto out;
    }
    facts->width = s->width = width;
    facts->height = s->height = height;
    if (image_source_admit(limits, width, height, reason, err) < 0)
        goto out;
    if (head.progressive && limits->max_whole &&
        (uint64_t)width > limits->max_whole / (uint64_t)height) {
        image_refuse(reason, IMAGE_TOO_LARGE, err,
                     "a progressive JPEG of %d x %d pixels", width, height);
        goto out;
    }
    s->bits = 8;
    s->model = head.components == 1   ? IMAGE_MODEL_GRAY
               : head.components == 4 ? IMAGE_MODEL_CMYK
                                      : IMAGE_MODEL_RGB;
    reduce(s, side);
    rc = decode(s, bytes, size, s->model == IMAGE_MODEL_CMYK && head.adobe, tj,
                reason, err);

out:
    tjDestroy(tj);
    return rc;
}
