/**
 * report: one line a photo, a JSON object, in the order of the sources:
 *
 *   {"source":0,"path":"lfw/A/1.jpg","verdict":"kept","sha256":hex,
 *    "width":250,"height":250,"shard":"train-00000.h5","index":17}
 *   {"source":0,"path":…,"verdict":"toned","value":3.2,"threshold":5.5,…}
 *   {"source":0,"path":…,"verdict":"duplicate",…,"of":"lfw/A/1.jpg"}
 *
 * value and threshold stand where something was measured, width and height
 * where they were learnt, detail where the loader had something to say. A path
 * that is not UTF-8 has U+FFFD in place of what is not, and "path_bytes" in
 * hexadecimal beside it.
 *
 * Owns:    what open() made; finish() or abandon() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_OUTPUT, TT_NOMEM.
 */
#ifndef INGEST_REPORT_H
#define INGEST_REPORT_H

#include <stdint.h>

#include "base/error.h"
#include "ingest/judge.h"

/** What became of a photo. */
struct ingest_line {
    const struct ingest_item *item;
    struct ingest_finding finding; /* the last word; item's may differ */
    const char *of;                /* of which photo it is a copy, or NULL */
    const char *shard;             /* if kept; NULL in a dry run */
    uint64_t index;                /* in shard */
};

/** The line without its end, malloc'ed. */
int ingest_report_line(const struct ingest_line *line, char **text,
                       struct tt_error *err) TT_MUST;

#endif
