#include "ingest/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"

#define BLOCK_BYTES (256u << 10) /* read from the archive at a time */
#define FIRST_BYTES (64u << 10)  /* for a photo whose size is not told */
#define EXTRACT_MAX (1u << 30)   /* bytes of a file that is taken out */

struct tar {
    char path[TT_PATH_SIZE];
    struct archive *archive;
    struct archive_entry *entry; /* read already, not yet handed out */
    off_t size;                  /* of the archive */
};

static int fail(struct tar *t, struct tt_error *err)
{
    const char *words = archive_error_string(t->archive);
    enum tt_code code =
        archive_errno(t->archive) == ENOMEM ? TT_NOMEM : TT_INPUT;

    return tt_fail(err, code, "%s: %s", t->path,
                   words ? words : "not an archive, or damaged");
}

/* Only filters that run in this process: others would start programs. */
static void enable(struct archive *a)
{
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
}

/* 1: t->entry is a file; 0: the end. */
static int next_header(struct tar *t, struct tt_error *err)
{
    for (;;) {
        int rc = archive_read_next_header(t->archive, &t->entry);

        if (rc == ARCHIVE_EOF) {
            t->entry = NULL;
            return 0;
        }
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) {
            t->entry = NULL;
            return fail(t, err);
        }
        /* a link names what the archive holds as a file of its own */
        if (archive_entry_filetype(t->entry) == AE_IFREG &&
            !archive_entry_hardlink(t->entry))
            return 1;
    }
}

static int tar_open(void *state, const char *where, struct tt_error *err)
{
    struct tar *t = state;
    struct stat st;

    if (strlen(where) >= sizeof(t->path))
        return tt_fail(err, TT_INPUT, "%s: the path is too long", where);
    memcpy(t->path, where, strlen(where) + 1);
    if (stat(where, &st) < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             where);
    if (!S_ISREG(st.st_mode))
        return tt_fail(err, TT_INPUT, "%s: not a file", where);
    t->size = st.st_size;
    t->archive = archive_read_new();
    if (!t->archive)
        return tt_fail(err, TT_NOMEM, "%s: no memory to open it", where);
    enable(t->archive);
    if (archive_read_open_filename(t->archive, where, BLOCK_BYTES) !=
        ARCHIVE_OK)
        return fail(t, err);
    /* what is no archive at all says so here, before anything is begun */
    return next_header(t, err) < 0 ? -1 : 0;
}

static int tar_survey(void *state, struct ingest_survey *to,
                      struct tt_error *err)
{
    struct tar *t = state;
    struct stat st;

    if (stat(t->path, &st) < 0)
        return tt_fail_errno(err, TT_IO, "%s", t->path);
    return ingest_survey_add(to, tt_path_name(t->path), &st, false, err);
}

/* The member's name as bytes; "./" in front tells nothing. */
static char *member_path(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);

    if (!path)
        path = archive_entry_pathname_utf8(entry);
    if (!path)
        path = "?";
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return strdup(path);
}

/* 1 all of it is in *out; 0 it cannot be read, or is too large; -1. */
static int read_member(struct tar *t, uint64_t max_bytes,
                       struct ingest_photo *out, struct tt_error *err)
{
    bool told = archive_entry_size_is_set(t->entry);
    size_t room = told ? (size_t)archive_entry_size(t->entry) + 1 : FIRST_BYTES;

    out->bytes = malloc(room);
    while (out->bytes) {
        la_ssize_t n = archive_read_data(t->archive, out->bytes + out->size,
                                         room - out->size);

        if (n == ARCHIVE_FATAL)
            return fail(t, err);
        if (n < 0)
            return 0;
        if (n == 0)
            return 1;
        out->size += (size_t)n;
        if (out->size > max_bytes) {
            out->trouble = INGEST_HUGE;
            return 0;
        }
        if (out->size == room) {
            uint8_t *grown = realloc(out->bytes, room * 2);

            if (!grown)
                break;
            out->bytes = grown;
            room *= 2;
        }
    }
    return tt_fail(err, TT_NOMEM, "%s: no memory for %s", t->path, out->path);
}

static int tar_next(void *state, uint64_t max_bytes, struct ingest_photo *out,
                    struct tt_error *err)
{
    struct tar *t = state;
    int rc = 0;

    if (!t->entry)
        return 0;
    out->path = member_path(t->entry);
    if (!out->path)
        return tt_fail(err, TT_NOMEM, "%s: no memory for a name", t->path);
    if (archive_entry_size_is_set(t->entry) &&
        (uint64_t)archive_entry_size(t->entry) > max_bytes) {
        out->size = (uint64_t)archive_entry_size(t->entry);
        out->trouble = INGEST_HUGE;
    } else {
        rc = read_member(t, max_bytes, out, err);
    }
    if (rc == 0) {
        free(out->bytes);
        out->bytes = NULL;
        if (out->trouble == INGEST_FINE)
            out->trouble = INGEST_DENIED;
    }
    if (rc < 0 || next_header(t, err) < 0)
        return -1;
    if (t->size > 0)
        out->share =
            (double)archive_filter_bytes(t->archive, -1) / (double)t->size;
    return 1;
}

static void tar_close(void *state)
{
    struct tar *t = state;

    if (t->archive)
        archive_read_free(t->archive);
}

/* --- a file of an archive --- */

static int copy_out(struct tar *t, int fd, struct tt_error *err)
{
    char block[1 << 16];
    uint64_t size = 0;
    la_ssize_t n;

    while ((n = archive_read_data(t->archive, block, sizeof(block))) > 0) {
        size += (uint64_t)n;
        if (size > EXTRACT_MAX)
            return tt_fail(err, TT_INPUT, "%s: %s is too large", t->path,
                           archive_entry_pathname(t->entry));
        if (tt_write_all(fd, block, (size_t)n, err) < 0)
            return -1;
    }
    return n < 0 ? fail(t, err) : 0;
}

static bool is_named(const char *path, const char *const names[])
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(tt_path_name(path), names[i]) == 0)
            return true;
    return false;
}

static int extract_one(struct tar *t, const char *path,
                       int (*take)(void *, const char *, int,
                                   struct tt_error *),
                       void *ctx, struct tt_error *err)
{
    int fd = memfd_create("member", MFD_CLOEXEC);
    int rc;

    if (fd < 0)
        return tt_fail_errno(err, TT_IO, "%s: no room for %s", t->path, path);
    rc = copy_out(t, fd, err);
    if (rc == 0)
        rc = take(ctx, path, fd, err);
    close(fd);
    return rc;
}

int ingest_source_extract(const char *archive, const char *const names[],
                          int (*take)(void *ctx, const char *path, int fd,
                                      struct tt_error *err),
                          void *ctx, struct tt_error *err)
{
    struct tar t = {0};
    int rc = tar_open(&t, archive, err);

    while (rc == 0 && t.entry) {
        char *path = member_path(t.entry);

        if (!path)
            rc = tt_fail(err, TT_NOMEM, "%s: no memory for a name", archive);
        else if (is_named(path, names))
            rc = extract_one(&t, path, take, ctx, err);
        free(path);
        if (rc == 0 && next_header(&t, err) < 0)
            rc = -1;
    }
    tar_close(&t);
    return rc;
}

const struct ingest_source_ops ingest_source_tar = {
    .name = "tar",
    .summary = "an archive, tar or zip, read in place",
    .state_size = sizeof(struct tar),
    .open = tar_open,
    .survey = tar_survey,
    .next = tar_next,
    .close = tar_close,
};
