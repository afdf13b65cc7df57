#include "image/load.h"

#include <stdlib.h>
#include <string.h>

#include "image/measure.h"
#include "image/shrink.h"
#include "image/source.h"
#include "image/tone.h"
#include "image/turn.h"

/* What the colours are measured on: no less than this both ways. */
enum { MEASURE_SIDE = 192 };

/* First bytes; '.' stands for any. The first that fits is it. */
struct magic {
    const char *bytes;
    size_t size;
    int format;       /* enum image_format; -1: not read here */
    const char *name; /* for people */
};

#define MAGIC(text) text, sizeof(text) - 1
static const struct magic magics[] = {
    {MAGIC("\xff\xd8\xff"), IMAGE_JPEG, "JPEG"},
    {MAGIC("\x89PNG\r\n\x1a\n"), IMAGE_PNG, "PNG"},
    {MAGIC("II*\0"), IMAGE_TIFF, "TIFF"},
    {MAGIC("MM\0*"), IMAGE_TIFF, "TIFF"},
    {MAGIC("II+\0"), IMAGE_TIFF, "BigTIFF"},
    {MAGIC("MM\0+"), IMAGE_TIFF, "BigTIFF"},
    {MAGIC("RIFF....WEBP"), IMAGE_WEBP, "WebP"},
    {MAGIC("GIF8"), IMAGE_GIF, "GIF"},
    {MAGIC("BM....\0\0\0\0"), -1, "BMP"},
    {MAGIC("\0\0\0\x0cjP  \r\n\x87\n"), -1, "JPEG 2000"},
    {MAGIC("\xff\x4f\xff\x51"), -1, "JPEG 2000"},
    {MAGIC("....ftyphei"), -1, "HEIF"},
    {MAGIC("....ftypmif1"), -1, "HEIF"},
    {MAGIC("....ftypavif"), -1, "AVIF"},
    {MAGIC("\xff\x0a"), -1, "JPEG XL"},
    {MAGIC("\0\0\0\x0cJXL \r\n\x87\n"), -1, "JPEG XL"},
    {MAGIC("8BPS"), -1, "Photoshop"},
    {MAGIC("P5\n"), -1, "PGM"},
    {MAGIC("P6\n"), -1, "PPM"},
};

void image_limits_init(struct image_limits *limits)
{
    memset(limits, 0, sizeof(*limits));
    limits->max_pixels = 300000000;
}

static bool has_magic(const struct magic *m, const char *bytes, size_t size)
{
    if (size < m->size)
        return false;
    for (size_t i = 0; i < m->size; i++)
        if (m->bytes[i] != '.' && m->bytes[i] != bytes[i])
            return false;
    return true;
}

static int recognise(const void *bytes, size_t size, enum image_format *out,
                     enum image_reason *reason, struct tt_error *err)
{
    if (!size)
        return image_refuse(reason, IMAGE_EMPTY, err, NULL);
    for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
        if (!has_magic(&magics[i], bytes, size))
            continue;
        if (magics[i].format < 0)
            return image_refuse(reason, IMAGE_UNSUPPORTED, err,
                                "%s is not read here", magics[i].name);
        *out = (enum image_format)magics[i].format;
        return 0;
    }
    return image_refuse(reason, IMAGE_NOT_IMAGE, err, NULL);
}

/* One loading: from the bytes to a grey plane, or to a small RGB. */
struct load {
    const struct image_limits *limits;
    struct image_facts *facts;
    enum image_reason *reason;
    struct image_source source;
    struct image_tone tone;
    struct image_shrink shrink;
    void *grey;     /* upright; NULL: not wanted */
    void *row;      /* a row of grey codes that must be turned */
    uint8_t *rgb;   /* a row */
    uint8_t *small; /* as stored */
};

static void load_release(struct load *l)
{
    free(l->row);
    free(l->rgb);
    free(l->small);
    image_shrink_release(&l->shrink);
    image_tone_release(&l->tone);
    image_source_close(&l->source);
}

/* Where memory ran out below, the reason says so as well. */
static int no_memory(struct load *l, struct tt_error *err)
{
    return image_refuse(l->reason, IMAGE_NO_MEMORY, err, NULL);
}

static int load_open(struct load *l, const void *bytes, size_t size,
                     int jpeg_side, int shrink_side, struct tt_error *err)
{
    struct image_source *s = &l->source;
    struct image_facts *facts = l->facts;
    int swap;

    if (recognise(bytes, size, &facts->format, l->reason, err) < 0)
        return -1;
    if (facts->format == IMAGE_JPEG
            ? image_source_jpeg(s, bytes, size, l->limits, jpeg_side, facts,
                                l->reason, err) < 0
            : image_source_vips(s, bytes, size, l->limits, facts, l->reason,
                                err) < 0)
        return -1;
    if (image_turn_swaps(facts->orientation)) {
        swap = facts->width;
        facts->width = facts->height;
        facts->height = swap;
    }
    if (image_tone_init(&l->tone, s, facts, err) < 0 ||
        image_shrink_init(&l->shrink, s->width, s->height, shrink_side, err) <
            0)
        return no_memory(l, err);
    l->rgb = malloc((size_t)s->width * 3);
    l->row = malloc((size_t)s->width * 2);
    l->small = l->shrink.out =
        malloc((size_t)l->shrink.out_width * (size_t)l->shrink.out_height * 3);
    if (!l->rgb || !l->row || !l->small)
        return no_memory(l, err);
    return 0;
}

static int load_rows(struct load *l, struct tt_error *err)
{
    struct image_source *s = &l->source;
    size_t bytes = (size_t)l->tone.out_bits / 8;

    for (int y = 0; y < s->height; y++) {
        const void *row;

        if (s->row(s, y, &row, l->reason, err) < 0)
            return -1;
        image_shrink_row(
            &l->shrink, y,
            image_tone_row(&l->tone, row, l->grey ? l->row : NULL, l->rgb));
        if (l->grey)
            image_turn_row(l->row, y, s->width, s->height,
                           l->facts->orientation, bytes, l->grey);
    }
    return 0;
}

/* What is small and RGB already needs no row moved. */
static int load_small_rows(struct load *l, struct tt_error *err)
{
    if (!l->source.whole || l->shrink.factor > 1 ||
        !image_tone_is_plain(&l->tone))
        return load_rows(l, err);
    free(l->small);
    l->small = l->source.whole;
    l->source.whole = NULL;
    return 0;
}

static int load_measure(struct load *l, struct tt_error *err)
{
    struct image_small small = {l->shrink.out_width, l->shrink.out_height,
                                l->small};

    if (image_measure(&small, NULL, &l->facts->measure, err) < 0)
        return no_memory(l, err);
    return 0;
}

static void *allocate(const struct image_limits *limits, size_t size)
{
    return limits->alloc ? limits->alloc(limits->alloc_ctx, size)
                         : malloc(size);
}

int image_load(const void *bytes, size_t size,
               const struct image_limits *limits, struct image_grey *out,
               struct image_facts *facts, enum image_reason *reason,
               struct tt_error *err)
{
    struct load l = {.limits = limits, .facts = facts, .reason = reason};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    memset(facts, 0, sizeof(*facts));
    *reason = IMAGE_FINE;
    if (load_open(&l, bytes, size, 0, MEASURE_SIDE, err) < 0)
        goto fail;
    l.grey = allocate(limits, (size_t)facts->width * (size_t)facts->height *
                                  (size_t)facts->bits / 8);
    if (!l.grey) {
        no_memory(&l, err);
        goto fail;
    }
    if (load_rows(&l, err) < 0 || load_measure(&l, err) < 0)
        goto fail;
    *out =
        (struct image_grey){facts->width, facts->height, facts->bits, l.grey};
    rc = 0;

fail:
    if (rc < 0 && !limits->alloc)
        free(l.grey);
    load_release(&l);
    return rc;
}

static int take_small(struct load *l, struct image_small *out,
                      struct tt_error *err)
{
    int width = l->shrink.out_width, height = l->shrink.out_height;
    bool swaps = image_turn_swaps(l->facts->orientation);

    out->width = swaps ? height : width;
    out->height = swaps ? width : height;
    if (l->facts->orientation <= 1 && !l->limits->alloc) {
        out->rgb = l->small;
        l->small = NULL;
        return 0;
    }
    out->rgb = allocate(l->limits, (size_t)width * (size_t)height * 3);
    if (!out->rgb)
        return no_memory(l, err);
    for (int y = 0; y < height; y++)
        image_turn_row(l->small + (size_t)y * (size_t)width * 3, y, width,
                       height, l->facts->orientation, 3, out->rgb);
    return 0;
}

int image_load_small(const void *bytes, size_t size,
                     const struct image_limits *limits, int side,
                     struct image_small *out, struct image_facts *facts,
                     enum image_reason *reason, struct tt_error *err)
{
    struct load l = {.limits = limits, .facts = facts, .reason = reason};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    memset(facts, 0, sizeof(*facts));
    *reason = IMAGE_FINE;
    if (load_open(&l, bytes, size, side, side, err) < 0 ||
        load_small_rows(&l, err) < 0 || load_measure(&l, err) < 0 ||
        take_small(&l, out, err) < 0)
        goto fail;
    rc = 0;

fail:
    load_release(&l);
    return rc;
}
