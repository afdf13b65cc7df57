/**
 * again: photos read once more from the sources that they came from, by the
 * paths that the report tells. From a folder each is opened by its name;
 * another source is read from its beginning until all are found.
 *
 * Owns:    photos belong to the caller: ingest_photo_release.
 * Threads: any; one thread per call.
 * Fails:   as source.h. A photo that is not there any more, or cannot be read,
 *          is no failure: it has no bytes.
 */
#ifndef INGEST_AGAIN_H
#define INGEST_AGAIN_H

#include "ingest/source.h"

struct ingest_again {
    unsigned source;           /* number of its source */
    const char *path;          /* within it */
    struct ingest_photo photo; /* to be filled; zeroed before */
};

/** specs: as in the plan of the ingest. Photos above max_bytes stay unread. */
int ingest_again_read(const char *const *specs, size_t n_specs,
                      uint64_t max_bytes, struct ingest_again *want, size_t n,
                      struct tt_error *err) TT_MUST;

#endif
