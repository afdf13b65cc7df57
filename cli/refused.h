/**
 * refused: examples of the photos that an ingest refused, some of each reason,
 * from the report in the dataset's folder; and their pictures, read again from
 * where they came from.
 *
 * Owns:    cli_refused_open fills it, cli_refused_release frees it, also after
 *          a failure.
 * Threads: one.
 * Fails:   TT_MISSING (no report), TT_FORMAT (one that cannot be read), what
 *          sources fail with, TT_NOMEM.
 */
#ifndef CLI_REFUSED_H
#define CLI_REFUSED_H

#include <stdint.h>

#include "base/error.h"
#include "image/image.h"
#include "ingest/again.h"
#include "ingest/verdict.h"

struct cli_refused_photo {
    enum ingest_verdict verdict;
    double value, threshold; /* 0, 0: nothing was measured */
    unsigned source;
    char *path;
    struct image_small small; /* rgb NULL: it cannot be shown */
};

struct cli_refused {
    uint64_t count[INGEST_VERDICT_COUNT]; /* refused in all */
    struct cli_refused_photo *photos;     /* by verdict, then as drawn */
    size_t n;
};

/** At most `each` of each reason, drawn by the seed. */
int cli_refused_open(struct cli_refused *r, const char *folder, int each,
                     uint64_t seed, struct tt_error *err) TT_MUST;

/** Read their pictures at about that side. */
int cli_refused_look(struct cli_refused *r, const char *folder, int side,
                     struct tt_error *err) TT_MUST;

void cli_refused_release(struct cli_refused *r);

#endif
