#include "ingest/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define LIST_LIMIT (1u << 30) /* bytes of a list */

struct list {
    char folder[TT_PATH_SIZE]; /* of the list, with '/' at the end, or empty */
    char *text;                /* paths, each ended by NUL; the last as well */
    size_t size;
    size_t at;
    size_t above; /* bytes of the folders that all have in common, but one */
};

/* Lines become strings, unless they are already; empty ones stay, unread. */
static void end_paths(struct list *l)
{
    if (!memchr(l->text, '\0', l->size))
        for (size_t i = 0; i < l->size; i++)
            if (l->text[i] == '\n')
                l->text[i] = '\0';
    if (l->size && l->text[l->size - 1] != '\0')
        l->size++; /* the reader has put a NUL there */
}

static const char *next_path(const struct list *l, size_t *at)
{
    while (*at < l->size) {
        const char *path = l->text + *at;

        *at += strlen(path) + 1;
        while (path[0] == '.' && path[1] == '/') /* find . says so */
            path += 2;
        if (path[0])
            return path;
    }
    return NULL;
}

/* How far all paths agree, in whole folders, less the last of these, which
 * plays the part that a folder's own name has. */
static void find_above(struct list *l)
{
    size_t at = 0, same;
    const char *first = next_path(l, &at);
    const char *path;

    if (!first)
        return;
    same = (size_t)(tt_path_name(first) - first);
    while ((path = next_path(l, &at))) {
        size_t n = 0;

        while (n < same && path[n] == first[n])
            n++;
        while (n > 0 && first[n - 1] != '/')
            n--;
        same = n;
    }
    if (same == 0)
        return;
    for (same--; same > 0 && first[same - 1] != '/'; same--)
        ;
    l->above = same;
}

static int list_open(void *state, const char *where, struct tt_error *err)
{
    struct list *l = state;

    snprintf(l->folder, sizeof(l->folder), "%.*s",
             (int)(tt_path_name(where) - where), where);
    if (tt_file_read(where, LIST_LIMIT, &l->text, &l->size, err) < 0)
        return -1;
    end_paths(l);
    find_above(l);
    return 0;
}

/* Relative paths are told from the list's folder. */
static int file_of(const struct list *l, const char *path,
                   char file[TT_PATH_SIZE], struct tt_error *err)
{
    return tt_path_join(file, TT_PATH_SIZE, l->folder, path, err);
}

static int list_survey(void *state, struct ingest_survey *to,
                       struct tt_error *err)
{
    struct list *l = state;
    char file[TT_PATH_SIZE];
    const char *path;
    size_t at = 0;

    while ((path = next_path(l, &at))) {
        struct stat st;
        bool there;

        if (file_of(l, path, file, err) < 0)
            return -1;
        there = stat(file, &st) == 0;
        if (ingest_survey_add(to, path, there ? &st : NULL, true, err) < 0)
            return -1;
    }
    return 0;
}

static int list_next(void *state, uint64_t max_bytes, struct ingest_photo *out,
                     struct tt_error *err)
{
    struct list *l = state;
    const char *path = next_path(l, &l->at);
    char file[TT_PATH_SIZE];

    if (!path)
        return 0;
    if (file_of(l, path, file, err) < 0)
        return -1;
    return ingest_source_read(file, path + l->above, max_bytes, out, err);
}

static void list_close(void *state)
{
    struct list *l = state;

    free(l->text);
}

const struct ingest_source_ops ingest_source_list = {
    .name = "list",
    .summary = "paths from a file",
    .state_size = sizeof(struct list),
    .open = list_open,
    .survey = list_survey,
    .next = list_next,
    .close = list_close,
};
