#include "tests/ingest/mats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <matio.h>

#include "tests/check.h"

static const char *const fields[] = {"dob", "photo_taken", "full_path",
                                     "face_score", "second_face_score"};

#define FIELDS (sizeof(fields) / sizeof(*fields))

static matvar_t *column(enum matio_classes class, enum matio_types type,
                        const void *data, size_t n)
{
    size_t dims[] = {1, n};
    /* it only copies them */
    matvar_t *v =
        Mat_VarCreate(NULL, class, type, 2, dims, (void *)(uintptr_t)data, 0);

    CHECK(v);
    return v;
}

static matvar_t *text(const struct mat_row *row)
{
    size_t len = row->path ? strlen(row->path) : 0, none[] = {0, 0};
    uint16_t wide[256];

    if (!row->path)
        return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, none, NULL,
                             0);
    CHECK(len < 256);
    for (size_t i = 0; i < len; i++)
        wide[i] = (uint8_t)row->path[i];
    return row->wide ? column(MAT_C_CHAR, MAT_T_UTF16, wide, len)
                     : column(MAT_C_CHAR, MAT_T_UTF8, row->path, len);
}

static matvar_t *paths(const struct mat_row *rows, size_t n)
{
    size_t dims[] = {1, n};
    matvar_t *v = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, dims, NULL, 0);

    CHECK(v);
    for (size_t i = 0; i < n; i++)
        Mat_VarSetCell(v, (int)i, text(&rows[i]));
    return v;
}

static matvar_t *make_struct(const char *variable, const struct mat_row *rows,
                             size_t n)
{
    size_t one[] = {1, 1};
    matvar_t *all =
        Mat_VarCreateStruct(variable, 2, one, (const char **)fields, FIELDS);
    int32_t *dob = calloc(n + 1, sizeof(*dob));
    uint16_t *taken = calloc(n + 1, sizeof(*taken));
    double *score = calloc(n + 1, sizeof(*score));
    double *second = calloc(n + 1, sizeof(*second));

    CHECK(all && dob && taken && score && second);
    for (size_t i = 0; i < n; i++) {
        dob[i] = rows[i].dob;
        taken[i] = (uint16_t)rows[i].taken;
        score[i] = rows[i].score;
        second[i] = rows[i].second;
    }
    Mat_VarSetStructFieldByIndex(all, 0, 0,
                                 column(MAT_C_INT32, MAT_T_INT32, dob, n));
    Mat_VarSetStructFieldByIndex(all, 1, 0,
                                 column(MAT_C_UINT16, MAT_T_UINT16, taken, n));
    Mat_VarSetStructFieldByIndex(all, 2, 0, paths(rows, n));
    Mat_VarSetStructFieldByIndex(all, 3, 0,
                                 column(MAT_C_DOUBLE, MAT_T_DOUBLE, score, n));
    Mat_VarSetStructFieldByIndex(all, 4, 0,
                                 column(MAT_C_DOUBLE, MAT_T_DOUBLE, second, n));
    free(dob);
    free(taken);
    free(score);
    free(second);
    return all;
}

static void write(const char *file, matvar_t *v, bool compressed)
{
    mat_t *mat = Mat_CreateVer(file, NULL, MAT_FT_MAT5);

    CHECK(mat && v);
    CHECK(Mat_VarWrite(mat, v,
                       compressed ? MAT_COMPRESSION_ZLIB
                                  : MAT_COMPRESSION_NONE) == 0);
    Mat_VarFree(v);
    Mat_Close(mat);
}

void mat_make(const char *file, const char *variable,
              const struct mat_row *rows, size_t n, bool compressed)
{
    write(file, make_struct(variable, rows, n), compressed);
}

/* Field i becomes another one. */
static void replace(matvar_t *all, size_t i, matvar_t *v)
{
    Mat_VarFree(Mat_VarSetStructFieldByIndex(all, i, 0, v));
}

static matvar_t *cells_of_numbers(void)
{
    static const double one = 1;
    size_t dims[] = {1, 1};
    matvar_t *v = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, dims, NULL, 0);

    Mat_VarSetCell(v, 0, column(MAT_C_DOUBLE, MAT_T_DOUBLE, &one, 1));
    return v;
}

void mat_make_wrong(const char *file, enum mat_fault fault)
{
    static const struct mat_row row = {"01/a.jpg", 720000, 2000, 3, 1, false};
    double numbers[] = {1, 2};
    size_t one[] = {1, 1};
    const char *none[] = {"dob"};
    matvar_t *all =
        make_struct(fault == MAT_NO_VARIABLE ? "other" : "imdb", &row, 1);

    if (fault == MAT_NO_STRUCT || fault == MAT_NO_PATHS) {
        Mat_VarFree(all);
        all = fault == MAT_NO_PATHS
                  ? Mat_VarCreateStruct("imdb", 2, one, none, 1)
                  : Mat_VarCreate("imdb", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one,
                                  numbers, 0);
    }
    if (fault == MAT_PATHS_NO_CELLS)
        replace(all, 2, column(MAT_C_CHAR, MAT_T_UTF8, "01/a.jpg", 8));
    if (fault == MAT_SHORT_COLUMN)
        replace(all, 0, column(MAT_C_DOUBLE, MAT_T_DOUBLE, numbers, 2));
    if (fault == MAT_COLUMN_OF_TEXT)
        replace(all, 3, column(MAT_C_CHAR, MAT_T_UTF8, "x", 1));
    if (fault == MAT_CELLS_OF_NUMBERS)
        replace(all, 2, cells_of_numbers());
    write(file, all, true);
}
