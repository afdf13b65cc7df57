/**
 * imdb_mat: the metadata file of IMDB-WIKI, a MATLAB level 5 file with one
 * variable `imdb` or `wiki`: a struct of 1 x N fields, of which full_path, dob,
 * photo_taken, face_score and second_face_score are read. The others may be
 * missing; a field that is there must have N values.
 *
 * Numbers may be stored narrower than their class, text in 8, 16 or 32 bits, a
 * cell may hold an empty array: libmatio sees to the first, this room to the
 * rest.
 *
 * A strange file can bring libmatio down: ingest_imdb_read opens it in a child
 * process that has bounds on memory and time, and takes rows from a pipe. The
 * child needs about 1 kB a row, and gives it back with its end.
 *
 * Owns:    nothing between calls.
 * Threads: any; the child is forked from the calling thread, which waits.
 * Fails:   TT_MISSING, TT_IO, TT_INPUT (another form of file; damaged),
 *          TT_NOMEM. Which file it is, the caller says.
 */
#ifndef INGEST_IMDB_MAT_H
#define INGEST_IMDB_MAT_H

#include <stdbool.h>

#include "base/error.h"
#include "ingest/face.h"
#include "ingest/imdb_rows.h"

/** Do the first bytes say that it is a MATLAB level 5 file? */
bool ingest_imdb_mat_is(const char *file);

/** Give every row to take(), which may fail; in this very process. */
int ingest_imdb_mat_walk(const char *file,
                         int (*take)(void *ctx, const char *path,
                                     const struct ingest_face *face,
                                     struct tt_error *err),
                         void *ctx, struct tt_error *err) TT_MUST;

/** Add all rows of the file; by a child. */
int ingest_imdb_read(const char *file, struct ingest_imdb_rows *rows,
                     struct tt_error *err) TT_MUST;

#endif
