#include "ingest/again.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* The folder that holds a folder source; false if it is no folder. */
static bool folder_above(const char *spec, char above[PATH_MAX])
{
    const char *colon = strchr(spec, ':');
    const char *where = spec;
    struct stat st;
    char *slash;

    if (colon && strncmp(spec, "folder:", 7) == 0)
        where = colon + 1;
    if (!realpath(where, above) || stat(above, &st) < 0 || !S_ISDIR(st.st_mode))
        return false;
    slash = strrchr(above, '/');
    slash[slash == above] = '\0';
    return true;
}

static int read_from_folder(const char *above, struct ingest_again *want,
                            uint64_t max_bytes, struct tt_error *err)
{
    char file[TT_PATH_SIZE];

    /* a report is a file that anyone may have written */
    if (strncmp(want->path, "../", 3) == 0 || strstr(want->path, "/../"))
        return tt_fail(err, TT_FORMAT, "the report names \"%.200s\"",
                       want->path);
    if (snprintf(file, sizeof(file), "%s/%s", above, want->path) >=
        (int)sizeof(file))
        return tt_fail(err, TT_INPUT, "%s: the path is too long", want->path);
    return ingest_source_read(file, want->path, max_bytes, &want->photo, err) <
                   0
               ? -1
               : 0;
}

static struct ingest_again *wanted(struct ingest_again *want, size_t n,
                                   unsigned source, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (want[i].source == source && !want[i].photo.path &&
            strcmp(want[i].path, path) == 0)
            return &want[i];
    return NULL;
}

static int read_in_order(const char *spec, unsigned source, uint64_t max_bytes,
                         struct ingest_again *want, size_t n, size_t left,
                         struct tt_error *err)
{
    struct ingest_source *s;
    int rc = ingest_source_open(&s, spec, err);

    while (rc >= 0 && left > 0) {
        struct ingest_photo photo;
        struct ingest_again *to;

        rc = ingest_source_next(s, max_bytes, &photo, err);
        if (rc <= 0)
            break;
        to = wanted(want, n, source, photo.path);
        if (!to) {
            ingest_photo_release(&photo);
            continue;
        }
        to->photo = photo;
        left--;
    }
    ingest_source_close(s);
    return rc < 0 ? -1 : 0;
}

int ingest_again_read(const char *const *specs, size_t n_specs,
                      uint64_t max_bytes, struct ingest_again *want, size_t n,
                      struct tt_error *err)
{
    for (unsigned s = 0; s < n_specs; s++) {
        char above[PATH_MAX];
        bool folder = folder_above(specs[s], above);
        size_t left = 0;

        for (size_t i = 0; i < n; i++) {
            if (want[i].source != s)
                continue;
            left++;
            if (folder && read_from_folder(above, &want[i], max_bytes, err) < 0)
                return -1;
        }
        if (left > 0 && !folder &&
            read_in_order(specs[s], s, max_bytes, want, n, left, err) < 0)
            return -1;
    }
    return 0;
}
