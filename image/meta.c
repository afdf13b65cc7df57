#include "image/meta.h"

#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/iptc.h"
#include "image/jpeg_head.h"
#include "image/packet.h"
#include "image/source_vips.h"
#include "image/tiff_head.h"

/* What was found in a file: borrowed from it or from libvips. */
struct found {
    struct image_span exif, iptc, xmp;
};

size_t image_meta_most(enum image_meta_part part)
{
    return part < IMAGE_META_DOCUMENT ? 1u << 20 : 1000;
}

int image_meta_put(struct image_meta *meta, enum image_meta_part part,
                   const void *bytes, size_t size, struct tt_error *err)
{
    uint8_t *copy;

    if (size > image_meta_most(part)) {
        meta->dropped = true;
        return 0;
    }
    if (!bytes || !size || meta->part[part].bytes)
        return 0; /* the first one counts */
    copy = malloc(size);
    if (!copy)
        return tt_fail(err, TT_NOMEM, "no memory for metadata");
    memcpy(copy, bytes, size);
    meta->part[part].bytes = copy;
    meta->part[part].size = size;
    return 0;
}

void image_meta_release(struct image_meta *meta)
{
    for (int i = 0; i < IMAGE_META_PARTS; i++)
        free(meta->part[i].bytes);
    memset(meta, 0, sizeof(*meta));
}

/* From what was found to parts that are fit. */
static int refine(const struct found *f, const struct image_facts *facts,
                  struct image_texts *texts, struct image_meta *out,
                  struct tt_error *err)
{
    size_t iptc;

    if (f->exif.size &&
        image_exif_read(f->exif.data, f->exif.size, facts, out, texts, err) < 0)
        return -1;
    iptc = image_iptc_length(f->iptc.data, f->iptc.size);
    out->dropped |= f->iptc.size && !iptc;
    if (image_meta_put(out, IMAGE_META_IPTC, f->iptc.data, iptc, err) < 0)
        return -1;
    return image_packet_read(f->xmp.data, f->xmp.size, texts, out, err);
}

static int read_jpeg(const void *bytes, size_t size,
                     const struct image_facts *facts, struct image_texts *texts,
                     struct image_meta *out, struct tt_error *err)
{
    struct image_jpeg_head head;
    struct found f;

    image_jpeg_head_read(bytes, size, &head);
    free(head.icc);
    f = (struct found){head.exif, head.iptc, head.xmp};
    return refine(&f, facts, texts, out, err);
}

static struct image_span find_blob(VipsImage *image, const char *name)
{
    const void *data;
    size_t size;

    if (!vips_image_get_typeof(image, name) ||
        vips_image_get_blob(image, name, &data, &size))
        return (struct image_span){NULL, 0};
    return (struct image_span){data, size};
}

static int read_vips(const void *bytes, size_t size,
                     const struct image_facts *facts, struct image_texts *texts,
                     struct image_meta *out, struct tt_error *err)
{
    VipsImage *image = image_source_vips_open(facts->format, bytes, size);
    struct found f = {0};
    int rc;

    if (!image) { /* it was opened a moment ago */
        vips_error_clear();
        return tt_fail(err, TT_NOMEM, "no memory for metadata");
    }
    f.exif = find_blob(image, VIPS_META_EXIF_NAME);
    f.xmp = find_blob(image, VIPS_META_XMP_NAME);
    /* libvips hands over a quarter of a TIFF's IPTC */
    if (facts->format == IMAGE_TIFF)
        image_tiff_head_meta(bytes, size, texts, &f.iptc);
    rc = refine(&f, facts, texts, out, err);
    g_object_unref(image);
    return rc;
}

int image_meta_read(const void *bytes, size_t size,
                    const struct image_facts *facts, struct image_meta *out,
                    struct tt_error *err)
{
    struct image_texts *texts = calloc(1, sizeof(*texts));
    int rc;

    memset(out, 0, sizeof(*out));
    if (!texts)
        return tt_fail(err, TT_NOMEM, "no memory for metadata");
    rc = facts->format == IMAGE_JPEG
             ? read_jpeg(bytes, size, facts, texts, out, err)
             : read_vips(bytes, size, facts, texts, out, err);
    free(texts);
    if (rc < 0)
        image_meta_release(out);
    return rc;
}
