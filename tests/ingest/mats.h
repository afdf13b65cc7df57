/** Metadata files for tests, written by libmatio. */
#ifndef TESTS_INGEST_MATS_H
#define TESTS_INGEST_MATS_H

#include <stdbool.h>
#include <stddef.h>

struct mat_row {
    const char *path; /* NULL: an empty array in its cell */
    int dob;          /* MATLAB's number of the day */
    int taken;
    double score, second;
    bool wide; /* the path in 16-bit letters */
};

/** variable: "imdb" or "wiki". */
void mat_make(const char *file, const char *variable,
              const struct mat_row *rows, size_t n, bool compressed);

/** What is wrong with the file that mat_make_wrong makes. */
enum mat_fault {
    MAT_NO_VARIABLE,
    MAT_NO_STRUCT,
    MAT_NO_PATHS,
    MAT_PATHS_NO_CELLS,
    MAT_SHORT_COLUMN,
    MAT_COLUMN_OF_TEXT,
    MAT_CELLS_OF_NUMBERS,
    MAT_FAULTS
};

void mat_make_wrong(const char *file, enum mat_fault fault);

#endif
