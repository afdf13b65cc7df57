/**
 * xmp: the packet that says what a model has made, XMP in its wrapper.
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
 * Fails:   TT_USAGE (texts too long for a JPEG), TT_NOMEM.
 */
#ifndef IMAGE_XMP_H
#define IMAGE_XMP_H

#include "image/save.h"

#define IMAGE_XMP_MOST 65502 /* bytes that fit into a JPEG's APP1 */

/** *packet is the caller's to free(). */
int image_xmp_make(const struct image_marks *marks, char **packet, size_t *size,
                   struct tt_error *err) TT_MUST;

/** Whether a packet says what ours say: a model made the colours. */
bool image_xmp_marks(const void *packet, size_t size);

#endif
