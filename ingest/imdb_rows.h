/**
 * imdb_rows: the metadata of IMDB-WIKI in memory, found by a photo's path.
 *
 * About 100 bytes a row with its path: 50 MB for all 523,051.
 *
 * Owns:    what open() made; close() frees it.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM.
 */
#ifndef INGEST_IMDB_ROWS_H
#define INGEST_IMDB_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ingest/face.h"

struct ingest_imdb_row {
    size_t path; /* where its path begins in the table's text */
    struct ingest_face face;
    bool seen; /* a photo of that path has come */
};

struct ingest_imdb_rows; /* opaque */

int ingest_imdb_rows_open(struct ingest_imdb_rows **out,
                          struct tt_error *err) TT_MUST;

/** path is as the metadata have it: "17/10000217_1981-05-05_2009.jpg". Of two
 *  rows of one path the first is found. */
int ingest_imdb_rows_add(struct ingest_imdb_rows *rows, const char *path,
                         const struct ingest_face *face,
                         struct tt_error *err) TT_MUST;

size_t ingest_imdb_rows_count(const struct ingest_imdb_rows *rows);

/** Row i in the order of adding, and its path. */
struct ingest_imdb_row *ingest_imdb_rows_at(struct ingest_imdb_rows *rows,
                                            size_t i, const char **path);

/** The row of a photo, whatever folders its path has before those that the
 *  metadata name: the last two parts decide. NULL: there is none. */
struct ingest_imdb_row *ingest_imdb_rows_find(struct ingest_imdb_rows *rows,
                                              const char *path);

/** NULL is allowed. */
void ingest_imdb_rows_close(struct ingest_imdb_rows *rows);

#endif
