/** Data sets for tests: made, and compared. */
#ifndef TESTS_INGEST_SET_H
#define TESTS_INGEST_SET_H

#include "ingest/ingest.h"

/** One source, two threads, shards of five records. */
struct ingest_plan set_plan(const char *const *source, const char *out);

/** It must go well. */
struct ingest_outcome set_run(const struct ingest_plan *plan);

/** The image library, once a test. */
void set_start(void);

/** Two folders hold the same files, byte for byte, but for one that may differ
 *  (dataset.json names its sources). Nothing else lies there. */
void set_check_same(const char *a, const char *b, const char *but);

#endif
