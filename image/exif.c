#include "image/exif.h"

#include <stdlib.h>
#include <string.h>

#include <libexif/exif-data.h>

#define HEAD      "Exif\0" /* and its NUL */
#define HEAD_SIZE 6

int image_exif_text(unsigned tag)
{
#define X(number, name, kind) number,
    static const unsigned tags[] = {IMAGE_TEXTS(X)};
#undef X
    _Static_assert(sizeof(tags) / sizeof(*tags) == IMAGE_TEXT_COUNT,
                   "as many as the table has");

    for (int i = 0; i < IMAGE_TEXT_COUNT; i++)
        if (tags[i] == tag)
            return i;
    return -1;
}

/* No longer true, or not for a copy to tell. */
static bool goes(ExifTag tag)
{
    switch (tag) {
    case EXIF_TAG_MAKER_NOTE:
    case EXIF_TAG_BODY_SERIAL_NUMBER:
    case EXIF_TAG_LENS_SERIAL_NUMBER:
    case EXIF_TAG_IMAGE_UNIQUE_ID:
    case EXIF_TAG_XML_PACKET:
    case EXIF_TAG_IPTC_NAA:
    case EXIF_TAG_IMAGE_RESOURCES:
    case EXIF_TAG_INTER_COLOR_PROFILE:
    case EXIF_TAG_IMAGE_WIDTH:
    case EXIF_TAG_IMAGE_LENGTH:
    case EXIF_TAG_BITS_PER_SAMPLE:
    case EXIF_TAG_SAMPLES_PER_PIXEL:
    case EXIF_TAG_COMPRESSION:
    case EXIF_TAG_PHOTOMETRIC_INTERPRETATION:
    case EXIF_TAG_STRIP_OFFSETS:
    case EXIF_TAG_STRIP_BYTE_COUNTS:
    case EXIF_TAG_ROWS_PER_STRIP:
    case EXIF_TAG_PLANAR_CONFIGURATION:
    case EXIF_TAG_RELATED_IMAGE_WIDTH:
    case EXIF_TAG_RELATED_IMAGE_LENGTH:
        return true;
    default:
        return false;
    }
}

static void set_number(ExifData *data, ExifEntry *e, unsigned value)
{
    ExifByteOrder order = exif_data_get_byte_order(data);

    if (e->format == EXIF_FORMAT_LONG && e->size >= 4)
        exif_set_long(e->data, order, value);
    else if (e->format == EXIF_FORMAT_SHORT && e->size >= 2)
        exif_set_short(e->data, order, (ExifShort)value);
}

static void correct(ExifData *data, ExifEntry *e,
                    const struct image_facts *facts)
{
    switch (e->tag) {
    case EXIF_TAG_ORIENTATION:
        set_number(data, e, 1);
        break;
    case EXIF_TAG_PIXEL_X_DIMENSION:
        set_number(data, e, (unsigned)facts->width);
        break;
    case EXIF_TAG_PIXEL_Y_DIMENSION:
        set_number(data, e, (unsigned)facts->height);
        break;
    case EXIF_TAG_COLOR_SPACE: /* sRGB, or what the profile says */
        set_number(data, e, facts->coding.other ? 0xffff : 1);
        break;
    default:
        break;
    }
}

static void take_text(const ExifEntry *e, struct image_texts *texts)
{
    int i = image_exif_text(e->tag);
    size_t n = strnlen((const char *)e->data, e->size);

    if (i < 0 || e->format != EXIF_FORMAT_ASCII || n >= IMAGE_TEXT_SIZE)
        return;
    memcpy(texts->text[i], e->data, n);
    texts->text[i][n] = '\0';
}

/* One directory; the thumbnail's and that of places go as wholes. */
static void clean(ExifData *data, int ifd, const struct image_facts *facts,
                  struct image_texts *texts)
{
    bool whole = ifd == EXIF_IFD_1 || ifd == EXIF_IFD_GPS;
    ExifContent *content = data->ifd[ifd];

    for (unsigned i = content->count; i-- > 0;) {
        ExifEntry *e = content->entries[i];

        if (whole || !e->data || goes(e->tag)) {
            exif_content_remove_entry(content, e);
        } else {
            take_text(e, texts);
            correct(data, e, facts);
        }
    }
}

/* The size of the pixels, which readers of JPEG ask for. */
static void add_size(ExifData *data)
{
    static const ExifTag tags[] = {EXIF_TAG_PIXEL_X_DIMENSION,
                                   EXIF_TAG_PIXEL_Y_DIMENSION};
    ExifContent *content = data->ifd[EXIF_IFD_EXIF];

    for (int i = 0; i < 2 && content->count; i++) {
        ExifEntry *e = exif_content_get_entry(content, tags[i]);

        if (e)
            continue;
        e = exif_entry_new();
        if (!e)
            return;
        exif_content_add_entry(content, e);
        exif_entry_initialize(e, tags[i]);
        exif_entry_unref(e);
    }
}

static ExifData *parse(const uint8_t *bytes, size_t size)
{
    bool headed = size >= HEAD_SIZE && memcmp(bytes, HEAD, HEAD_SIZE) == 0;
    size_t head = headed ? 0 : HEAD_SIZE;
    uint8_t *whole = malloc(head + size);
    ExifData *data = whole ? exif_data_new() : NULL;

    if (data) {
        memcpy(whole, HEAD, head);
        memcpy(whole + head, bytes, size);
        /* it would enter today's date where there is none */
        exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
        exif_data_load_data(data, whole, (unsigned)(head + size));
    }
    free(whole);
    return data;
}

int image_exif_read(const void *bytes, size_t size,
                    const struct image_facts *facts, struct image_meta *meta,
                    struct image_texts *texts, struct tt_error *err)
{
    unsigned char *saved = NULL;
    unsigned n = 0, entries = 0;
    ExifData *data;
    int rc = 0;

    if (size > IMAGE_EXIF_MOST + HEAD_SIZE) {
        meta->dropped = true;
        return 0;
    }
    data = parse(bytes, size);
    if (!data)
        return tt_fail(err, TT_NOMEM, "no memory for EXIF");
    free(data->data); /* the thumbnail */
    data->data = NULL;
    data->size = 0;
    add_size(data);
    for (int i = 0; i < EXIF_IFD_COUNT; i++) {
        clean(data, i, facts, texts);
        entries += data->ifd[i]->count;
    }
    if (entries)
        exif_data_save_data(data, &saved, &n);
    if (n > HEAD_SIZE && n <= IMAGE_EXIF_MOST + HEAD_SIZE)
        rc = image_meta_put(meta, IMAGE_META_EXIF, saved + HEAD_SIZE,
                            n - HEAD_SIZE, err);
    else
        meta->dropped = true;
    free(saved);
    exif_data_unref(data);
    return rc;
}
