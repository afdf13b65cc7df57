/**
 * meta: what an original says of itself, made fit for what comes of it.
 *
 * EXIF, IPTC (IIM) and XMP are found in JPEG, PNG, TIFF and WebP and parsed
 * here, by libexif and libxml2; what is handed over is parts that image_save
 * writes as they are, parsing nothing. So parse strangers' files where they
 * are decoded, in a process that may die.
 *
 * What is no longer true goes: the orientation (pixels are upright), thumbnails
 * (they are grey), sizes and depths. What a copy had better not tell goes as
 * well: places, serial numbers, makers' notes. Texts of EXIF that XMP lacks
 * are put into it, since not every format holds EXIF. Everything else is kept.
 *
 * Owns:    parts of a read, until image_meta_release.
 * Threads: any, between image_start and image_stop.
 * Fails:   TT_NOMEM. What is damaged or too large is left out.
 */
#ifndef IMAGE_META_H
#define IMAGE_META_H

#include "image/image.h"

enum image_meta_part {
    IMAGE_META_EXIF,     /* a TIFF, without "Exif\0\0" before it */
    IMAGE_META_IPTC,     /* records of IIM */
    IMAGE_META_XMP,      /* rdf:Description elements, but for the next ones */
    IMAGE_META_HISTORY,  /* rdf:li elements of xmpMM:History */
    IMAGE_META_DOCUMENT, /* xmpMM:DocumentID: text, UTF-8, as all below */
    IMAGE_META_INSTANCE, /* xmpMM:InstanceID */
    IMAGE_META_TOOL,     /* xmp:CreatorTool */
    IMAGE_META_SOURCE,   /* dc:source */
    IMAGE_META_PARTS
};

struct image_meta {
    struct {
        uint8_t *bytes; /* NULL: none */
        size_t size;
    } part[IMAGE_META_PARTS];
    bool dropped; /* something to be kept was damaged or too large */
};

/** Of the file that image_load made facts of. */
int image_meta_read(const void *bytes, size_t size,
                    const struct image_facts *facts, struct image_meta *out,
                    struct tt_error *err) TT_MUST;

/** Bytes that a part may have at most. */
size_t image_meta_most(enum image_meta_part part);

/** A part from bytes that are copied; too large: dropped. For this room. */
int image_meta_put(struct image_meta *meta, enum image_meta_part part,
                   const void *bytes, size_t size,
                   struct tt_error *err) TT_MUST;

void image_meta_release(struct image_meta *meta);

#endif
