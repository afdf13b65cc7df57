/**
 * ingest: photos from sources into the shards of a data set.
 *
 *   reader ──► queue ──► decoder, decoder, … ──► ring in source order ──►
 * writer bytes                load, judge, Lab          verdicts, duplicates,
 * shards
 *
 * The order of the sources decides everything, so the shards are the same,
 * byte for byte, whatever the number of threads. Memory does not grow with the
 * pictures, but for the digests of what was kept.
 *
 * A photo's record is the whole photo, squeezed into a square: what the network
 * is shown when it colours (image/resize.h).
 *
 * The folder holds NAME.h5 shards, report.jsonl (one object a photo, in source
 * order) and, last of all, dataset.json, whose member "made" is
 *   {"generator", "sources": [{"spec", "digest", "seen"}, …], "settings": {…},
 *    "verdicts": {"kept": n, "grayscale": n, …}, "bytes": n}
 * The same plan on the same sources finds dataset.json and ends at once. A run
 * that was interrupted goes on from its journal (.tt-journal): what was judged
 * is not decoded again, except for photos whose shard was not finished.
 *
 * Owns:    outcome's lists: ingest_outcome_release.
 * Threads: any; watch is called from the calling thread.
 * Fails:   TT_USAGE, TT_MISSING, TT_INPUT (a source), TT_OUTPUT (a full disk),
 *          TT_BUSY (another ingest works in that folder), TT_CANCEL, TT_NOMEM.
 *          A photo that cannot be read is a verdict, not a failure.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/watch.h"
#include "ingest/split.h"
#include "ingest/verdict.h"
#include "shard/dataset.h"

#define INGEST_REPORT_FILE "report.jsonl"

struct ingest_plan {
    const char *const *sources; /* specs, see ingest/source.h */
    size_t n_sources;
    const char *out; /* folder of the data set; made if missing */
    struct ingest_gate gate;
    struct ingest_split split;
    uint64_t first, count;  /* photos of all sources; count 0: to the end */
    uint64_t part_photos;   /* helpers judge so many at a time, see
                               ingest/parts.h; 0: there are none */
    uint64_t shard_records; /* in one file */
    int threads;            /* decoders; 0: one a processor */
    bool dry_run;           /* judge and count, write nothing but report */
    const char *report;     /* a second copy of the report; NULL: none */
};

/** Everything but sources and out. */
void ingest_plan_init(struct ingest_plan *plan);

struct ingest_outcome {
    uint64_t seen;
    uint64_t verdicts[INGEST_VERDICT_COUNT];
    uint64_t told;                        /* photos with metadata */
    uint64_t faces[INGEST_VERDICT_COUNT]; /* of these, by each rule alone */
    uint64_t records[SHARD_SPLITS];
    struct shard_file *shards;
    size_t n_shards;
    uint64_t bytes;          /* of all shards */
    struct tt_sha256 sha256; /* of dataset.json; zero after a dry run */
    double seconds;
    bool was_there; /* the data set existed already; nothing was done */
};

/** Run the plan. Progress is in photos; total 0 if sources cannot tell. */
int ingest_run(const struct ingest_plan *plan, const struct tt_watch *watch,
               struct ingest_outcome *out, struct tt_error *err) TT_MUST;

void ingest_outcome_release(struct ingest_outcome *out);

/** Why one file would be kept or refused, alone: finding and measures. With
 *  "imdb:" or "wiki:" before its path, metadata count (ingest_source_face). */
int ingest_explain(const char *spec, const struct ingest_gate *gate,
                   struct ingest_finding *finding, struct image_facts *facts,
                   struct tt_error *err) TT_MUST;

#endif
