#include "ingest/imdb_mat.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <matio.h>

#include "base/file.h"
#include "ingest/imdb_name.h"

#define HEADER_BYTES 128
#define MOST_ROWS    (16u << 20)
#define MOST_YEARS   1e6

/* The columns that are read; NULL: not there. */
struct columns {
    const matvar_t *path, *dob, *taken, *score, *second;
    size_t n;
};

/* The last four bytes: version 1.0 and the byte order. */
bool ingest_imdb_mat_is(const char *file)
{
    uint8_t head[HEADER_BYTES];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

    if (fd >= 0)
        close(fd);
    return n == (ssize_t)sizeof(head) &&
           (memcmp(head + 124, "\0\1IM", 4) == 0 ||
            memcmp(head + 124, "\1\0MI", 4) == 0);
}

/* How many elements, or 0 if the dimensions make no sense. */
static size_t count(const matvar_t *v)
{
    size_t n = 1;

    for (int i = 0; i < v->rank; i++)
        if (__builtin_mul_overflow(n, v->dims[i], &n))
            return 0;
    return v->rank > 0 && v->dims ? n : 0;
}

/* Is there a value of data_size bytes for each element? */
static bool filled(const matvar_t *v, size_t n)
{
    size_t bytes;

    return v->data && v->data_size > 0 &&
           !__builtin_mul_overflow(n, (size_t)v->data_size, &bytes) &&
           bytes <= v->nbytes;
}

static double number(const matvar_t *v, size_t i)
{
    switch (v->data_type) {
#define CASE(name, type)                                                       \
    case name:                                                                 \
        return v->data_size == sizeof(type)                                    \
                   ? (double)((const type *)v->data)[i]                        \
                   : NAN;
        CASE(MAT_T_DOUBLE, double)
        CASE(MAT_T_SINGLE, float)
        CASE(MAT_T_INT8, int8_t)
        CASE(MAT_T_UINT8, uint8_t)
        CASE(MAT_T_INT16, int16_t)
        CASE(MAT_T_UINT16, uint16_t)
        CASE(MAT_T_INT32, int32_t)
        CASE(MAT_T_UINT32, uint32_t)
        CASE(MAT_T_INT64, int64_t)
        CASE(MAT_T_UINT64, uint64_t)
#undef CASE
    default:
        return NAN;
    }
}

/* A letter in UTF-8; its length. */
static size_t letter(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (c >> 18 & 7));
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Letter i of a text in 16 or 32 bits; two halves of a pair are one letter. */
static uint32_t letter_at(const matvar_t *v, size_t n, size_t *i)
{
    const uint16_t *half = v->data;
    uint32_t c;

    if (v->data_size == 4)
        return ((const uint32_t *)v->data)[*i];
    c = half[*i];
    if (c >= 0xd800 && c < 0xdc00 && *i + 1 < n && half[*i + 1] >= 0xdc00 &&
        half[*i + 1] < 0xe000) {
        (*i)++;
        c = 0x10000 + ((c - 0xd800) << 10) + (half[*i] - 0xdc00u);
    }
    return c;
}

/* A cell's text; empty for what is none. False: it is too long. */
static bool text(const matvar_t *v, char out[TT_PATH_SIZE])
{
    size_t len = 0, n;

    out[0] = '\0';
    if (!v || v->class_type != MAT_C_CHAR || !v->data || v->nbytes == 0)
        return true;
    if (v->data_size != 2 && v->data_size != 4) {
        len = strnlen(v->data, v->nbytes);
        if (len >= TT_PATH_SIZE)
            return false;
        memcpy(out, v->data, len);
        out[len] = '\0';
        return true;
    }
    n = v->nbytes / (size_t)v->data_size;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = letter_at(v, n, &i);

        if (c == 0)
            break;
        if (len + 5 > TT_PATH_SIZE)
            return false;
        len += letter(c, out + len);
    }
    out[len] = '\0';
    return true;
}

static bool is_number(const matvar_t *v)
{
    return v->class_type >= MAT_C_DOUBLE && v->class_type <= MAT_C_UINT64 &&
           !v->isComplex;
}

/* libmatio's own function trusts a damaged struct. */
static const matvar_t *field(const matvar_t *all, const char *name)
{
    unsigned n = Mat_VarGetNumberOfFields((matvar_t *)(uintptr_t)all);
    char *const *names = Mat_VarGetStructFieldnames(all);
    matvar_t *const *fields = all->data;

    for (unsigned i = 0; names && filled(all, n) && i < n; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return fields[i];
    return NULL;
}

/* A field of N numbers; a field that is not there is fine. */
static int take_column(const matvar_t *all, const char *name, size_t n,
                       const matvar_t **out, struct tt_error *err)
{
    const matvar_t *v = field(all, name);

    if (!v)
        return 0;
    if (!is_number(v) || count(v) != n || !filled(v, n))
        return tt_fail(err, TT_INPUT, "field %s does not have %zu numbers",
                       name, n);
    *out = v;
    return 0;
}

static int take_columns(const matvar_t *all, struct columns *c,
                        struct tt_error *err)
{
    if (all->class_type != MAT_C_STRUCT || count(all) != 1)
        return tt_fail(err, TT_INPUT, "variable %s is no 1 x 1 struct",
                       all->name);
    c->path = field(all, "full_path");
    if (!c->path || c->path->class_type != MAT_C_CELL)
        return tt_fail(err, TT_INPUT, "variable %s has no cells full_path",
                       all->name);
    c->n = count(c->path);
    if (c->n == 0)
        return 0;
    if (c->n > MOST_ROWS || !filled(c->path, c->n))
        return tt_fail(err, TT_INPUT, "field full_path is damaged");
    if (take_column(all, "dob", c->n, &c->dob, err) < 0 ||
        take_column(all, "photo_taken", c->n, &c->taken, err) < 0 ||
        take_column(all, "face_score", c->n, &c->score, err) < 0 ||
        take_column(all, "second_face_score", c->n, &c->second, err) < 0)
        return -1;
    return 0;
}

/* NaN says nothing, nor does any second score that is not finite. */
static void read_face(const struct columns *c, size_t i,
                      struct ingest_face *face)
{
    double taken = c->taken ? number(c->taken, i) : NAN;
    double dob = c->dob ? number(c->dob, i) : NAN;
    int year, month;

    memset(face, 0, sizeof(*face));
    face->score = c->score ? number(c->score, i) : NAN;
    face->second = c->second ? number(c->second, i) : NAN;
    if (!isnan(face->score))
        face->says |= INGEST_FACE_SCORE;
    if (isfinite(face->second))
        face->says |= INGEST_FACE_SECOND;
    if (!isfinite(dob) || !(fabs(taken) < MOST_YEARS))
        return;
    ingest_imdb_date(dob, &year, &month);
    face->age = ingest_imdb_age(year, month, (int)taken);
    face->says |= INGEST_FACE_AGE;
}

static int walk(const struct columns *c,
                int (*take)(void *, const char *, const struct ingest_face *,
                            struct tt_error *),
                void *ctx, struct tt_error *err)
{
    matvar_t *const *cells = c->n ? c->path->data : NULL;
    char path[TT_PATH_SIZE];
    struct ingest_face face;

    for (size_t i = 0; i < c->n; i++) {
        if (!text(cells[i], path))
            return tt_fail(err, TT_INPUT, "row %zu: its path is too long",
                           i + 1);
        if (!path[0]) /* a row all the same: it is told by its number */
            snprintf(path, sizeof(path), "row %zu", i + 1);
        read_face(c, i, &face);
        if (take(ctx, path, &face, err) < 0)
            return -1;
    }
    return 0;
}

int ingest_imdb_mat_walk(const char *file,
                         int (*take)(void *ctx, const char *path,
                                     const struct ingest_face *face,
                                     struct tt_error *err),
                         void *ctx, struct tt_error *err)
{
    struct columns c = {0};
    matvar_t *all = NULL;
    mat_t *mat = NULL;
    int rc = -1;

    if (access(file, R_OK) < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO,
                             "it cannot be read");
    /* libmatio reads level 4 and HDF5 as well: not asked for, not let in */
    if (ingest_imdb_mat_is(file))
        mat = Mat_Open(file, MAT_ACC_RDONLY);
    if (!mat)
        return tt_fail(err, TT_INPUT, "not a MATLAB level 5 file");
    all = Mat_VarRead(mat, "imdb");
    if (!all)
        all = Mat_VarRead(mat, "wiki");
    if (!all)
        tt_fail(err, TT_INPUT, "no variable imdb or wiki, or it is damaged");
    else if (take_columns(all, &c, err) == 0)
        rc = walk(&c, take, ctx, err);
    Mat_VarFree(all);
    Mat_Close(mat);
    return rc;
}
