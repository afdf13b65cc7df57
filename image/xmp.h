/**
 * xmp: the packet that says what a model has made, XMP in its wrapper, and what
 * of the original's own packet stays true.
 *
 * Iptc4xmpExt:DigitalSourceType is compositeWithTrainedAlgorithmicMedia ("a
 * photo edited using generative AI"): the lightness is the original's, the
 * colours are the model's. AISystemUsed, AISystemVersionUsed: IPTC Photo
 * Metadata 2025.1.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_USAGE (our own texts are too long for a JPEG), TT_NOMEM.
 */
#ifndef IMAGE_XMP_H
#define IMAGE_XMP_H

#include <glib.h>

#include "image/exif.h"
#include "image/save.h"

#define IMAGE_XMP_MOST 65502 /* bytes that fit into a JPEG's APP1 */

/** *packet is the caller's to free(); of at most `most` bytes: if those of the
 *  original (meta, or NULL) have no room, they are left out and *cut is set. */
int image_xmp_make(const struct image_marks *marks,
                   const struct image_meta *meta, size_t most, char **packet,
                   size_t *size, bool *cut, struct tt_error *err) TT_MUST;

/** A property as an element; nothing if there is no text, or a date that is
 *  none. */
void image_xmp_put(GString *out, const char *name, const char *text,
                   enum image_text_kind kind);

/** Whether a packet says what ours say: a model made the colours. */
bool image_xmp_marks(const void *packet, size_t size);

#endif
