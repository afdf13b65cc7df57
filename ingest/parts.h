/**
 * parts: an ingest shared among processes that see the same folder.
 *
 *   photos   0 ……………………………………………………………………………………… last
 *   the one  ──────► makes the data set, in order
 *   helpers                    ◄── part 3 ◄── part 4 ◄── part 5
 *
 * The one makes the data set from the first photo on. Helpers judge parts of
 * `size` photos, the last part first, each into a small data set of its own.
 * Where the one comes to a part that is there, it finds its photos judged
 * (ingest/known.h); a part that it has come to is of no use any more. So parts
 * are a help only: what comes out does not depend on them.
 *
 *   .tt-ingest-at        the photo that the one has come to
 *   .tt-ingest-part-N/   of the photos from N * size on
 *
 * Owns:    what open() made; close() frees it.
 * Threads: reach() on one thread, while known is used on others.
 * Fails:   as ingest.h.
 */
#ifndef INGEST_PARTS_H
#define INGEST_PARTS_H

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/watch.h"
#include "ingest/ingest.h"
#include "ingest/known.h"

struct ingest_parts;

/** For the one. made: as ingest_made_plan has it; borrowed, as known is. */
int ingest_parts_open(struct ingest_parts **out, const char *folder,
                      uint64_t size, const json_t *made,
                      struct ingest_known *known, struct tt_error *err) TT_MUST;

/** It comes to this photo (from 0, rising): learn from its part. */
void ingest_parts_reach(struct ingest_parts *p, uint64_t photo);

/** NULL is allowed. */
void ingest_parts_close(struct ingest_parts *p);

/** Remove all parts, after dataset.json was written. */
void ingest_parts_clear(const char *folder);

/** For a helper: judge part `number` of plan (its part_photos is the size),
 *  unless the one has come to it or is done. */
int ingest_parts_make(const struct ingest_plan *plan, uint64_t number,
                      const struct tt_watch *watch,
                      struct tt_error *err) TT_MUST;

#endif
