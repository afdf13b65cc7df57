/**
 * exif: the door to libexif: EXIF made fit for a derivative, and its texts.
 *
 * Orientation 1, the size and colour space of the pixels that go out; without
 * thumbnail, places, maker's note, serial numbers, what names the original's
 * own file, and what libexif does not know.
 *
 * For the files of this room only.
 *
 * Owns:    nothing between calls.
 * Threads: any.
 * Fails:   TT_NOMEM. Damaged entries are left out.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include "image/meta.h"

/* tag, name in XMP, how XMP holds it; the first of a name is it */
// clang-format off
#define IMAGE_TEXTS(X)                                                         \
    X(0x010e, "dc:description",         IMAGE_TEXT_ALT)                        \
    X(0x010f, "tiff:Make",              IMAGE_TEXT_PLAIN)                      \
    X(0x0110, "tiff:Model",             IMAGE_TEXT_PLAIN)                      \
    X(0x013b, "dc:creator",             IMAGE_TEXT_SEQ)                        \
    X(0x8298, "dc:rights",              IMAGE_TEXT_ALT)                        \
    X(0x9003, "exif:DateTimeOriginal",  IMAGE_TEXT_DATE)                       \
    X(0x9004, "exif:DateTimeDigitized", IMAGE_TEXT_DATE)
// clang-format on

#define IMAGE_EXIF_MOST 65527 /* bytes that fit into a JPEG's APP1 */

enum image_text_kind {
    IMAGE_TEXT_PLAIN,
    IMAGE_TEXT_SEQ, /* rdf:Seq of one */
    IMAGE_TEXT_ALT, /* rdf:Alt of languages, x-default alone */
    IMAGE_TEXT_DATE /* EXIF's "2024:05:01 12:00:00" becomes ISO 8601 */
};

#define IMAGE_TEXT_COUNT 7
#define IMAGE_TEXT_SIZE  2000

/** Texts in the order of the table, cut to size; "" if there is none. */
struct image_texts {
    char text[IMAGE_TEXT_COUNT][IMAGE_TEXT_SIZE];
};

/** bytes: a TIFF, "Exif\0\0" may stand before it. Sets IMAGE_META_EXIF. */
int image_exif_read(const void *bytes, size_t size,
                    const struct image_facts *facts, struct image_meta *meta,
                    struct image_texts *texts, struct tt_error *err) TT_MUST;

/** Which text a tag is: its place in the table, or -1. */
int image_exif_text(unsigned tag);

#endif
