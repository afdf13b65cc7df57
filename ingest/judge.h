/**
 * judge: one photo's bytes into a verdict and, if it is fit, a record. All
 * that can be said of a photo alone.
 *
 * Owns:    nothing; the photo in the item stays the caller's.
 * Threads: any, between image_start and image_stop.
 * Fails:   TT_NOMEM. A bad photo is a verdict.
 */
#ifndef INGEST_JUDGE_H
#define INGEST_JUDGE_H

#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "image/image.h"
#include "ingest/sketch.h"
#include "ingest/source.h"
#include "ingest/verdict.h"
#include "shard/format.h"

struct ingest_item {
    unsigned source;           /* number of the source */
    struct ingest_photo photo; /* given */
    struct tt_sha256 sha256;   /* of the file; zero if it was not read */
    struct ingest_finding finding;
    struct image_facts facts;
    char detail[96];                /* why, in the loader's words, or empty */
    struct ingest_sketch sketch;    /* if kept and gate->near */
    uint8_t record[SHARD_RECORD];   /* if kept */
    struct tt_sha256 record_sha256; /* likewise: many can take it, but one
                                       writes */
};

struct ingest_known;

/** Fill what follows photo; from what is known (NULL: nothing) if it is. */
int ingest_judge_photo(struct ingest_item *item, const struct ingest_gate *gate,
                       struct ingest_known *known,
                       struct tt_error *err) TT_MUST;

#endif
