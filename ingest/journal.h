/**
 * journal: what an ingest has done so far, kept in its folder, so that one that
 * was interrupted goes on.
 *
 *   .tt-ingest-plan        {"plan": digest, "shards": [finished ones]}
 *   .tt-ingest-report      the report so far; report.jsonl in the end
 *   .tt-ingest-report-old  that of the run before, being read
 *
 * A line of the old report spares a photo's decoding if it was refused, or if
 * its shard was finished. Everything else is done again, which gives the same
 * bytes again: nothing in the new report comes from trust in the old run's
 * writer, only from its verdicts on unchanged files.
 *
 * Owns:    what open() made; finish() or close() frees it. The folder itself is
 *          locked from open() to the end.
 * Threads: recall() on the reading thread, everything else on the writing one.
 * Fails:   TT_BUSY (another ingest is at work there), TT_OUTPUT, TT_NOMEM.
 */
#ifndef INGEST_JOURNAL_H
#define INGEST_JOURNAL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hash.h"
#include "ingest/judge.h"
#include "shard/dataset.h"

struct ingest_journal;

/** Lock the folder. Nothing in it changes yet. */
int ingest_journal_open(struct ingest_journal **out, const char *folder,
                        struct tt_error *err) TT_MUST;

/** Begin, or go on if a run by the same plan has left something; remnants of
 *  others are removed. pictures: verdicts need the pictures of what was kept,
 *  so that these cannot be spared. */
int ingest_journal_begin(struct ingest_journal *j, const struct tt_sha256 *plan,
                         bool pictures, struct tt_error *err) TT_MUST;

/** Shards that are finished already. */
const struct shard_file *ingest_journal_shard(const struct ingest_journal *j,
                                              const char *name);

/** Called for each photo in order, item->photo and source being set: true and
 *  the rest of the item is as it was judged, but for record and sketch. */
bool ingest_journal_recall(struct ingest_journal *j, struct ingest_item *item);

/** Add a line to the report. */
int ingest_journal_line(struct ingest_journal *j, const char *text,
                        struct tt_error *err) TT_MUST;

/** A shard is in place. */
int ingest_journal_finished(struct ingest_journal *j,
                            const struct shard_file *file,
                            struct tt_error *err) TT_MUST;

/** Put the report into place, before dataset.json is written. */
int ingest_journal_publish(struct ingest_journal *j,
                           struct tt_error *err) TT_MUST;

/** Remove what is left over, after dataset.json was written. */
void ingest_journal_clear(struct ingest_journal *j);

/** Unlock and free; what was not cleared stays for the next run. NULL is
 *  allowed. */
void ingest_journal_close(struct ingest_journal *j);

#endif
