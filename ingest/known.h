/**
 * known: photos that were judged before, found again by what is in their files:
 * the same bytes under the same rules get the same verdict and the same record,
 * whatever they are called and wherever they lie now.
 *
 * A report tells the verdicts, the shards beside it hold the records. Verdicts
 * that come from elsewhere (copies, metadata) are not taken from it, and a
 * photo is unknown if its record cannot be read.
 *
 * Owns:    what new() made; free() frees it.
 * Threads: any.
 * Fails:   TT_IO, TT_NOMEM.
 */
#ifndef INGEST_KNOWN_H
#define INGEST_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ingest/judge.h"
#include "shard/dataset.h"

struct ingest_known;

int ingest_known_new(struct ingest_known **out, struct tt_error *err) TT_MUST;

/** Learn from a report in folder (none there: nothing to learn) and from these
 *  shards, which lie beside it; photos in others are unknown. The report's last
 *  line may be cut. */
int ingest_known_add(struct ingest_known *k, const char *folder,
                     const char *report, const struct shard_file *shards,
                     size_t n_shards, struct tt_error *err) TT_MUST;

/** By item->sha256: true, and what follows it, but for the sketch, is as it was
 *  judged. */
bool ingest_known_find(struct ingest_known *k, struct ingest_item *item,
                       const struct ingest_gate *gate);

/** NULL is allowed. */
void ingest_known_free(struct ingest_known *k);

#endif
