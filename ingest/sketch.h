/**
 * sketch: a photo in so few numbers that thousands can be compared: is this
 * the picture of that one, encoded anew, resized, brightened or cropped a
 * little?
 *
 * A hash of 63 bits (signs of the lowest 8 x 8 cosine waves of 32 x 32 means of
 * L*, against their median) finds candidates; a 32 x 32 thumbnail, compared
 * with a few croppings of the other, decides.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Fails:   never.
 */
#ifndef INGEST_SKETCH_H
#define INGEST_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shard/format.h"

#define INGEST_SKETCH_SIDE 32

struct ingest_sketch {
    uint64_t hash;
    uint8_t thumb[INGEST_SKETCH_SIDE * INGEST_SKETCH_SIDE]; /* means of L8 */
};

/** From a record's L plane. */
void ingest_sketch_draw(struct ingest_sketch *out, const uint8_t *L8);

/** The first of hashes[from..n) that could be of the same picture; n: none. */
size_t ingest_sketch_scan(const uint64_t *hashes, size_t from, size_t n,
                          uint64_t hash);

/** Are they the same picture? */
bool ingest_sketch_same(const struct ingest_sketch *a,
                        const struct ingest_sketch *b);

#endif
