#include "image/source_vips.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/source.h"
#include "image/tiff_head.h"
#include "image/xmp.h"

enum { STRIP = 16 }; /* rows asked for at once */

struct state {
    VipsImage *image;
    VipsRegion *region;
    int from, end; /* rows that the region holds */
    void *row;     /* of samples that had to be converted; else NULL */
    int samples;   /* of a row */
    double white;  /* of samples that are converted */
};

/* libvips has no codes; its words tell what is wrong. The first that fits. */
struct phrase {
    const char *words;
    enum image_reason why;
    const char *plain; /* for people; NULL: the reason's own */
};

#define ODD_DEPTH "its samples have a depth that is not read here"
static const struct phrase phrases[] = {
    {"whole number of bytes", IMAGE_UNSUPPORTED, ODD_DEPTH},
    {"samples out of range", IMAGE_UNSUPPORTED, ODD_DEPTH},
    {"unsupported tiff image type", IMAGE_UNSUPPORTED, ODD_DEPTH},
    {"subsampled images", IMAGE_UNSUPPORTED, "its colours are subsampled"},
    {"unable to open source", IMAGE_UNREADABLE, NULL},
    {"read error", IMAGE_TRUNCATED, "a part is missing or damaged"},
    {"trunc", IMAGE_TRUNCATED, NULL},
    {"premature", IMAGE_TRUNCATED, NULL},
    {"end of", IMAGE_TRUNCATED, NULL},
    {"not enough", IMAGE_TRUNCATED, NULL},
    {"short read", IMAGE_TRUNCATED, NULL},
    {"unsupported", IMAGE_UNSUPPORTED, NULL},
    {"not supported", IMAGE_UNSUPPORTED, NULL},
};

/* The last line, which is the loader's own, without the loader's name. */
static void take_words(char *text, size_t size)
{
    const char *all = vips_error_buffer(), *line = all, *colon;
    size_t n = strlen(all);

    while (n && all[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n; i++)
        if (all[i] == '\n')
            line = all + i + 1;
    colon = strstr(line, ": ");
    if (colon && colon < all + n)
        line = colon + 2;
    snprintf(text, size, "%.*s", (int)(all + n - line), line);
    vips_error_clear();
}

/* Words that are in no phrase are passed on, if there are any. */
static int vips_failed(enum image_reason *reason, struct tt_error *err)
{
    bool words = false;
    char text[256];

    take_words(text, sizeof(text));
    for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++)
        if (strcasestr(text, phrases[i].words))
            return image_refuse(reason, phrases[i].why, err,
                                phrases[i].plain ? "%s" : NULL,
                                phrases[i].plain);
    for (const char *p = text; *p; p++)
        words |= isalpha((unsigned char)*p) != 0;
    return image_refuse(reason, IMAGE_UNREADABLE, err, words ? "%s" : NULL,
                        text);
}

/* Samples of other kinds become 16 bits. */
static void convert_row(const struct image_source *s, const void *in)
{
    const struct state *st = s->state;
    double scale = 65535 / st->white;
    uint16_t *out = st->row;

    for (int i = 0; i < st->samples; i++) {
        double x = 0;

        switch (st->image->BandFmt) {
        case VIPS_FORMAT_UINT:
            x = ((const unsigned *)in)[i];
            break;
        case VIPS_FORMAT_FLOAT:
            x = (double)((const float *)in)[i];
            break;
        case VIPS_FORMAT_DOUBLE:
            x = ((const double *)in)[i];
            break;
        default:
            break;
        }
        x *= scale;
        out[i] = x > 0 ? (uint16_t)lrint(fmin(x, 65535)) : 0;
    }
}

static int vips_row(struct image_source *s, int y, const void **row,
                    enum image_reason *reason, struct tt_error *err)
{
    struct state *st = s->state;

    if (y >= st->end) {
        int n = s->height - y < STRIP ? s->height - y : STRIP;
        VipsRect rect = {0, y, s->width, n};

        if (vips_region_prepare(st->region, &rect))
            return vips_failed(reason, err);
        st->from = y;
        st->end = y + n;
    }
    *row = VIPS_REGION_ADDR(st->region, 0, y);
    if (st->row) {
        convert_row(s, *row);
        *row = st->row;
    }
    return 0;
}

static void vips_close(struct image_source *s)
{
    struct state *st = s->state;

    if (!st)
        return;
    if (st->region)
        g_object_unref(st->region);
    if (st->image)
        g_object_unref(st->image);
    free(st->row);
    free(st);
}

VipsImage *image_source_vips_open(enum image_format format, const void *bytes,
                                  size_t size)
{
    void *p = (void *)(uintptr_t)bytes; /* libvips only reads it */
    VipsImage *image = NULL;
    int rc = -1;

#define HOW                                                                    \
    &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",                       \
        VIPS_FAIL_ON_TRUNCATED, NULL
    switch (format) {
    case IMAGE_PNG:
        rc = vips_pngload_buffer(p, size, HOW);
        break;
    case IMAGE_TIFF:
        rc = vips_tiffload_buffer(p, size, HOW);
        break;
    case IMAGE_WEBP:
        rc = vips_webpload_buffer(p, size, HOW);
        break;
    case IMAGE_GIF:
        rc = vips_gifload_buffer(p, size, HOW);
        break;
    case IMAGE_JPEG:
    case IMAGE_FORMAT_COUNT:
        break;
    }
#undef HOW
    return rc ? NULL : image;
}

/* Lab in any coding becomes floats. */
static int unpack_lab(struct state *st)
{
    VipsImage *lab = NULL;

    if (vips_colourspace(st->image, &lab, VIPS_INTERPRETATION_LAB, NULL))
        return -1;
    g_object_unref(st->image);
    st->image = lab;
    return 0;
}

static bool is_lab(VipsInterpretation i)
{
    return i == VIPS_INTERPRETATION_LAB || i == VIPS_INTERPRETATION_LABQ ||
           i == VIPS_INTERPRETATION_LABS;
}

/* Model and alpha from what libvips calls it and how many bands there are. */
static int find_model(struct image_source *s, enum image_reason *reason,
                      struct tt_error *err)
{
    const struct state *st = s->state;
    int bands = st->image->Bands, own;

    if (is_lab(st->image->Type))
        s->model = IMAGE_MODEL_LAB;
    else if (st->image->Type == VIPS_INTERPRETATION_CMYK && bands >= 4)
        s->model = IMAGE_MODEL_CMYK;
    else
        s->model = bands < 3 ? IMAGE_MODEL_GRAY : IMAGE_MODEL_RGB;
    own = image_model_bands(s->model);
    if (bands != own && bands != own + 1)
        return image_refuse(reason, IMAGE_UNSUPPORTED, err,
                            "a picture of %d bands", bands);
    s->alpha = bands > own;
    return 0;
}

/* Depth, and the range of samples that are not plain codes. */
static int find_depth(struct image_source *s, enum image_reason *reason,
                      struct tt_error *err)
{
    struct state *st = s->state;

    st->samples = s->width * st->image->Bands;
    s->bits = 16;
    switch (st->image->BandFmt) {
    case VIPS_FORMAT_UCHAR:
        s->bits = 8;
        return 0;
    case VIPS_FORMAT_USHORT:
        return 0;
    case VIPS_FORMAT_UINT:
        st->white = 4294967295.0;
        break;
    case VIPS_FORMAT_FLOAT:
    case VIPS_FORMAT_DOUBLE:
        if (s->model == IMAGE_MODEL_LAB) {
            s->bits = 32;
            return 0;
        }
        st->white = 1;
        break;
    default:
        return image_refuse(reason, IMAGE_UNSUPPORTED, err,
                            "signed or complex samples");
    }
    st->row = malloc((size_t)st->samples * sizeof(uint16_t));
    if (!st->row)
        return image_refuse(reason, IMAGE_NO_MEMORY, err, NULL);
    return 0;
}

static int take_profile(struct image_source *s, enum image_reason *reason,
                        struct tt_error *err)
{
    const struct state *st = s->state;
    const void *data;
    size_t size;

    if (!vips_image_get_typeof(st->image, VIPS_META_ICC_NAME) ||
        vips_image_get_blob(st->image, VIPS_META_ICC_NAME, &data, &size) ||
        !size)
        return 0;
    s->profile = malloc(size);
    if (!s->profile)
        return image_refuse(reason, IMAGE_NO_MEMORY, err, NULL);
    memcpy(s->profile, data, size);
    s->profile_size = size;
    return 0;
}

static bool is_marked(VipsImage *image)
{
    const void *packet;
    size_t size;

    return vips_image_get_typeof(image, VIPS_META_XMP_NAME) &&
           vips_image_get_blob(image, VIPS_META_XMP_NAME, &packet, &size) ==
               0 &&
           image_xmp_marks(packet, size);
}

/* 1 pixel a millimetre is what libvips says when the file says nothing. */
static double ppi(double per_mm)
{
    return per_mm == 1 ? 0 : per_mm * 25.4;
}

static int take_facts(const struct image_source *s, const uint8_t *bytes,
                      size_t size, struct image_facts *facts,
                      enum image_reason *reason, struct tt_error *err)
{
    const struct state *st = s->state;
    struct image_tiff_head tiff;

    facts->bands = st->image->Bands;
    facts->orientation = vips_image_get_orientation(st->image);
    facts->pages = vips_image_get_n_pages(st->image);
    facts->ppi_x = ppi(st->image->Xres);
    facts->ppi_y = ppi(st->image->Yres);
    facts->marked = is_marked(st->image);
    facts->stored_bits = 8;
    if (facts->format == IMAGE_PNG && size > 24)
        facts->stored_bits = bytes[24];
    if (facts->format == IMAGE_TIFF &&
        image_tiff_head_read(bytes, size, &tiff)) {
        facts->stored_bits = tiff.bits;
        if (tiff.ycbcr_planes)
            return image_refuse(reason, IMAGE_UNSUPPORTED, err,
                                "YCbCr in separate planes");
    }
    return 0;
}

int image_source_vips(struct image_source *s, const void *bytes, size_t size,
                      const struct image_limits *limits,
                      struct image_facts *facts, enum image_reason *reason,
                      struct tt_error *err)
{
    struct state *st = calloc(1, sizeof(*st));

    s->state = st;
    s->row = vips_row;
    s->close = vips_close;
    if (!st)
        return image_refuse(reason, IMAGE_NO_MEMORY, err, NULL);
    vips_error_clear();
    st->image = image_source_vips_open(facts->format, bytes, size);
    if (!st->image)
        return vips_failed(reason, err);
    facts->width = s->width = st->image->Xsize;
    facts->height = s->height = st->image->Ysize;
    if (image_source_admit(limits, s->width, s->height, reason, err) < 0)
        return -1;
    if (is_lab(st->image->Type) && unpack_lab(st) < 0)
        return vips_failed(reason, err);
    if (take_facts(s, bytes, size, facts, reason, err) < 0 ||
        find_model(s, reason, err) < 0 || take_profile(s, reason, err) < 0)
        return -1;
    if (find_depth(s, reason, err) < 0)
        return -1;
    st->region = vips_region_new(st->image);
    if (!st->region)
        return vips_failed(reason, err);
    return 0;
}
