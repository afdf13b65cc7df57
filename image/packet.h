/**
 * packet: the door to libxml2: an original's XMP made fit for a derivative.
 *
 * XMP's properties stand in rdf:Description elements, as attributes or as
 * elements. Those that are no longer true or that a copy had better not tell
 * go; those that the writer speaks of itself become parts of their own; texts
 * of EXIF are put in where XMP has none. A packet that is no XML, has a
 * document type (so entities) or no rdf:RDF is dropped.
 *
 * For the files of this room only.
 *
 * Owns:    nothing between calls.
 * Threads: any, between image_start and image_stop.
 * Fails:   TT_NOMEM.
 */
#ifndef IMAGE_PACKET_H
#define IMAGE_PACKET_H

#include "image/exif.h"

/** packet may be NULL. Sets IMAGE_META_XMP and what follows it. */
int image_packet_read(const void *packet, size_t size,
                      const struct image_texts *texts, struct image_meta *meta,
                      struct tt_error *err) TT_MUST;

#endif
