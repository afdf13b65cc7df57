#include "ingest/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ingest/imdb_mat.h"
#include "ingest/imdb_name.h"
#include "ingest/imdb_rows.h"

static const char *const metadata[] = {"imdb.mat", "wiki.mat", NULL};

struct imdb {
    struct ingest_imdb_rows *rows;
    struct ingest_source *photos; /* NULL: rows say which photos there are */
    char mat[TT_PATH_SIZE];       /* then: the .mat file */
    char root[TT_PATH_SIZE];      /* then: the folder that it lies in */
    char *name;                   /* what stands before a row's path */
    size_t at;                    /* rows that have been given, or passed by */
};

static bool is_metadata(const char *path)
{
    for (size_t i = 0; metadata[i]; i++)
        if (strcmp(tt_path_name(path), metadata[i]) == 0)
            return true;
    return false;
}

/* What is called so is read as that, to say what is wrong with it. */
static bool ends_in_mat(const char *path)
{
    size_t len = strlen(path);

    return len >= 4 && strcmp(path + len - 4, ".mat") == 0;
}

/* --- where metadata are --- */

static int open_mat(struct imdb *s, const char *where, struct tt_error *err)
{
    size_t above = (size_t)(tt_path_name(where) - where);

    if (strlen(where) >= sizeof(s->mat))
        return tt_fail(err, TT_INPUT, "%s: the path is too long", where);
    memcpy(s->mat, where, strlen(where) + 1);
    snprintf(s->root, sizeof(s->root), "%.*s", (int)above, where);
    s->name = ingest_source_name(above ? s->root : ".");
    if (!s->name)
        return tt_fail_errno(err, TT_IO, "%s", where);
    if (ingest_imdb_read(where, s->rows, err) < 0)
        return tt_wrap(err, "%s", where);
    return 0;
}

/* All metadata that a folder holds. */
static int read_folder(struct ingest_imdb_rows *rows, const char *folder,
                       struct tt_error *err)
{
    char path[TT_PATH_SIZE];

    for (size_t i = 0; metadata[i]; i++) {
        if (tt_path_join(path, sizeof(path), folder, metadata[i], err) < 0)
            return -1;
        if (tt_file_exists(path) && ingest_imdb_read(path, rows, err) < 0)
            return tt_wrap(err, "%s", path);
    }
    return 0;
}

static int open_folder(struct imdb *s, const char *where, struct tt_error *err)
{
    s->name = ingest_source_name(where);
    if (!s->name)
        return tt_fail_errno(err, TT_IO, "%s", where);
    if (read_folder(s->rows, where, err) < 0)
        return -1;
    return ingest_source_open(&s->photos, where, err);
}

/* imdb_crop/imdb.mat: its rows are told below imdb_crop/ */
static int take_member(void *state, const char *path, int fd,
                       struct tt_error *err)
{
    struct imdb *s = state;
    const char *name = tt_path_name(path);
    char link[64];

    if (!s->name && name > path)
        s->name = strndup(path, (size_t)(name - path - 1));
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (ingest_imdb_read(link, s->rows, err) < 0)
        return tt_wrap(err, "%s", path);
    return 0;
}

static int open_archive(struct imdb *s, const char *where, struct tt_error *err)
{
    if (ingest_source_extract(where, metadata, take_member, s, err) < 0)
        return -1;
    if (!s->name && !(s->name = strdup("")))
        return tt_fail(err, TT_NOMEM, "%s: no memory for its name", where);
    return ingest_source_open(&s->photos, where, err);
}

static int imdb_open(void *state, const char *where, struct tt_error *err)
{
    struct imdb *s = state;
    struct stat st;

    if (stat(where, &st) < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             where);
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return tt_fail(err, TT_INPUT, "%s: neither a folder nor a file", where);
    if (ingest_imdb_rows_open(&s->rows, err) < 0)
        return -1;
    if (S_ISDIR(st.st_mode))
        return open_folder(s, where, err);
    if (ends_in_mat(where) || ingest_imdb_mat_is(where))
        return open_mat(s, where, err);
    return open_archive(s, where, err);
}

/* --- photos --- */

/* The photo's path as it is told, and where it lies. A row that leads out of
 * the folder leads nowhere: 0. */
static int place_of(const struct imdb *s, const char *row,
                    char told[TT_PATH_SIZE], char file[TT_PATH_SIZE],
                    struct tt_error *err)
{
    int n = snprintf(told, TT_PATH_SIZE, "%s%s%s", s->name,
                     s->name[0] ? "/" : "", row);
    int m = snprintf(file, TT_PATH_SIZE, "%s%s", s->root, row);

    if (n < 0 || n >= TT_PATH_SIZE || m < 0 || m >= TT_PATH_SIZE)
        return tt_fail(err, TT_INPUT, "%s: the path is too long", row);
    return row[0] == '/' || strstr(row, "..") ? 0 : 1;
}

static int imdb_survey(void *state, struct ingest_survey *to,
                       struct tt_error *err)
{
    struct imdb *s = state;
    char told[TT_PATH_SIZE], file[TT_PATH_SIZE];
    struct stat st;

    if (s->photos)
        return ingest_source_survey(s->photos, to, err);
    if (stat(s->mat, &st) < 0)
        return tt_fail_errno(err, TT_IO, "%s", s->mat);
    if (ingest_survey_add(to, tt_path_name(s->mat), &st, false, err) < 0)
        return -1;
    for (size_t i = 0; i < ingest_imdb_rows_count(s->rows); i++) {
        const char *row;
        int rc;

        ingest_imdb_rows_at(s->rows, i, &row);
        rc = place_of(s, row, told, file, err);
        if (rc < 0 || ingest_survey_add(
                          to, told, rc > 0 && stat(file, &st) == 0 ? &st : NULL,
                          true, err) < 0)
            return -1;
    }
    return 0;
}

/* Its name tells the age where the metadata do not. */
static void add_age(const char *path, struct ingest_face *face)
{
    struct ingest_imdb_name name;

    if (face->says & INGEST_FACE_AGE || !ingest_imdb_name_parse(path, &name))
        return;
    face->age = ingest_imdb_age(name.year, name.month, name.taken);
    face->says |= INGEST_FACE_AGE;
}

int ingest_source_face(const char *photo, struct ingest_face *face,
                       struct tt_error *err)
{
    struct ingest_imdb_row *row = NULL;
    struct ingest_imdb_rows *rows;
    char folder[TT_PATH_SIZE];
    int rc;

    memset(face, 0, sizeof(*face));
    snprintf(folder, sizeof(folder), "%.*s..",
             (int)(tt_path_name(photo) - photo), photo);
    if (ingest_imdb_rows_open(&rows, err) < 0)
        return -1;
    rc = read_folder(rows, folder, err);
    if (rc == 0)
        row = ingest_imdb_rows_find(rows, photo);
    if (row)
        *face = row->face;
    ingest_imdb_rows_close(rows);
    add_age(photo, face);
    return rc;
}

/* The next row that no photo has come for. */
static int next_row(struct imdb *s, uint64_t max_bytes,
                    struct ingest_photo *out, struct tt_error *err)
{
    char told[TT_PATH_SIZE], file[TT_PATH_SIZE];
    struct ingest_imdb_row *row;
    const char *path;
    int rc;

    do { /* of rows that repeat a path the first one is marked */
        if (s->at == ingest_imdb_rows_count(s->rows))
            return 0;
        row = ingest_imdb_rows_at(s->rows, s->at++, &path);
    } while (ingest_imdb_rows_find(s->rows, path)->seen);
    rc = place_of(s, path, told, file, err);
    if (rc < 0)
        return -1;
    if (s->photos || rc == 0) {
        out->trouble = INGEST_DENIED;
        out->path = strdup(told);
        rc = out->path ? 1 : tt_fail(err, TT_NOMEM, "no memory for a name");
    } else {
        rc = ingest_source_read(file, told, max_bytes, out, err);
    }
    out->face = row->face;
    add_age(told, &out->face);
    return rc;
}

static int imdb_next(void *state, uint64_t max_bytes, struct ingest_photo *out,
                     struct tt_error *err)
{
    struct imdb *s = state;
    struct ingest_imdb_row *row;
    int rc = 0;

    while (s->photos &&
           (rc = ingest_source_next(s->photos, max_bytes, out, err)) > 0 &&
           is_metadata(out->path))
        ingest_photo_release(out);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return next_row(s, max_bytes, out, err);
    row = ingest_imdb_rows_find(s->rows, out->path);
    if (row) {
        row->seen = true;
        out->face = row->face;
    }
    add_age(out->path, &out->face);
    return 1;
}

static void imdb_close(void *state)
{
    struct imdb *s = state;

    ingest_source_close(s->photos);
    ingest_imdb_rows_close(s->rows);
    free(s->name);
}

const struct ingest_source_ops ingest_source_imdb = {
    .name = "imdb",
    .summary = "IMDB-WIKI: a folder or archive with imdb.mat, or that file",
    .state_size = sizeof(struct imdb),
    .open = imdb_open,
    .survey = imdb_survey,
    .next = imdb_next,
    .close = imdb_close,
};

const struct ingest_source_ops ingest_source_wiki = {
    .name = "wiki",
    .summary = "the same, with wiki.mat",
    .state_size = sizeof(struct imdb),
    .open = imdb_open,
    .survey = imdb_survey,
    .next = imdb_next,
    .close = imdb_close,
};
