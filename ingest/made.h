/**
 * made: what dataset.json says of its making: from what, by which rules, and
 * what became of the photos. From it a plan sees whether it was carried out
 * already.
 *
 * Owns:    nothing; what it returns is the caller's.
 * Threads: any; pure functions.
 * Fails:   TT_USAGE (a source's name is not UTF-8), TT_FORMAT, TT_NOMEM.
 */
#ifndef INGEST_MADE_H
#define INGEST_MADE_H

#include <jansson.h>

#include "base/error.h"
#include "ingest/ingest.h"
#include "ingest/source.h"

/** {"generator", "sources", "settings"} of a plan; a new reference. surveys:
 *  one a source. */
int ingest_made_plan(const struct ingest_plan *plan,
                     const struct ingest_survey *surveys, json_t **out,
                     struct tt_error *err) TT_MUST;

/** Add what came out. */
int ingest_made_finish(json_t *made, const struct ingest_outcome *out,
                       struct tt_error *err) TT_MUST;

/** The counts of a data set that is there. */
int ingest_made_read(const struct shard_dataset *ds, struct ingest_outcome *out,
                     struct tt_error *err) TT_MUST;

/** Do both judge a photo alike, and make the same record of it? */
bool ingest_made_judges_alike(const json_t *a, const json_t *b);

enum ingest_same {
    INGEST_OTHER,    /* other sources or other settings */
    INGEST_OUTDATED, /* the same, but what the sources hold has changed */
    INGEST_SAME
};

/** Was `made` made by what `plan` describes? */
enum ingest_same ingest_made_compare(const json_t *made, const json_t *plan);

/** A digest over all that decides what comes out, generator included. */
int ingest_made_digest(const json_t *plan, struct tt_sha256 *out,
                       struct tt_error *err) TT_MUST;

#endif
