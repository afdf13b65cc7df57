/**
 * iptc: IPTC's older form, records of IIM, out of and into the resource block
 * that Photoshop gave it in a JPEG. What the records say is not read.
 *
 * For the files of this room only.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_IPTC_H
#define IMAGE_IPTC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_IPTC_HEAD 26    /* bytes before records in an APP13 */
#define IMAGE_IPTC_MOST 65500 /* of records, that an APP13 holds */

/** Bytes of a file; size 0: none. */
struct image_span {
    const uint8_t *data;
    size_t size;
};

/** The records within an APP13's data; false: none, or cut. */
bool image_iptc_find(const uint8_t *app13, size_t size,
                     struct image_span *records);

/** How many of n bytes are whole records: what follows them goes. */
size_t image_iptc_length(const uint8_t *records, size_t n);

/** What stands before n records in an APP13; an odd n asks for a 0 behind. */
void image_iptc_head(size_t n, uint8_t out[IMAGE_IPTC_HEAD]);

#endif
