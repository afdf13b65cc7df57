/**
 * journal: what an ingest has done so far, kept in its folder, so that one that
 * was interrupted goes on.
 *
 *   .tt-ingest-plan        {"plan": digest, "shards": [finished ones]}
 *   .tt-ingest-report      the report so far; report.jsonl in the end
 *   .tt-ingest-report-old  that of the run before, being read
 *   .tt-ingest-was/        a data set of the same sources that have changed
 *                          since; read for what is still the same
 *
 * The old reports and shards spare photos their decoding (ingest/known.h).
 * Everything else is done again, which gives the same bytes again: nothing in
 * the new report comes from trust in the old run's writer, only from its
 * verdicts on the same bytes.
 *
 * Owns:    what open() made; finish() or close() frees it. The folder itself is
 *          locked from open() to the end.
 * Threads: all calls on the writing thread.
 * Fails:   TT_BUSY (another ingest is at work there), TT_OUTPUT, TT_NOMEM.
 */
#ifndef INGEST_JOURNAL_H
#define INGEST_JOURNAL_H

#include <jansson.h>

#include "base/error.h"
#include "ingest/known.h"
#include "shard/dataset.h"

/* Where this lies a data set is being made. */
#define INGEST_JOURNAL_PLAN ".tt-ingest-plan"

struct ingest_journal;

/** Lock the folder. Nothing in it changes yet. */
int ingest_journal_open(struct ingest_journal **out, const char *folder,
                        struct tt_error *err) TT_MUST;

/** A data set by the same rules whose sources have changed: put it aside, for
 *  begin() to learn from. From here on the folder holds no data set. */
int ingest_journal_set_aside(struct ingest_journal *j,
                             const struct shard_dataset *ds,
                             struct tt_error *err) TT_MUST;

/** Begin, or go on if a run by the same plan has left something; remnants of
 *  others are removed. made: as ingest_made_plan has it. */
int ingest_journal_begin(struct ingest_journal *j, const json_t *made,
                         struct tt_error *err) TT_MUST;

/** What was judged before, from begin() on; the journal's. */
struct ingest_known *ingest_journal_known(struct ingest_journal *j);

/** Shards that are finished already. */
const struct shard_file *ingest_journal_shard(const struct ingest_journal *j,
                                              const char *name);

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
