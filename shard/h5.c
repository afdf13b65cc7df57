#include "shard/h5_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* The library's printing is per thread, so every door is told. */
void shard_h5_quiet(void)
{
    /* A file that could not be written, on a full disk, cannot be closed
     * either; at exit the library would walk over its remains and crash. The
     * first call counts, the others are refused without harm. */
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static herr_t first_words(unsigned n, const H5E_error2_t *e, void *words)
{
    (void)n;
    *(const char **)words = e->desc;
    return 1; /* the innermost says what really happened */
}

/* The errno that HDF5's words tell of, among much else; 0: none. */
static int errno_in(const char *words)
{
    static const char mark[] = "errno = ";
    const char *at = words ? strstr(words, mark) : NULL;

    return at ? (int)strtol(at + strlen(mark), NULL, 10) : 0;
}

/* "path: name: words (HDF5's words)", or "path: words of errno"; always -1. */
int shard_h5_fail(const struct shard_h5 *f, const char *name, const char *what,
                  struct tt_error *err)
{
    const char *words = NULL;
    enum tt_code code = f->writing ? TT_OUTPUT : TT_FORMAT;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_words, &words);
    errno = errno_in(words);
    if (errno)
        tt_fail_errno(err, f->writing ? TT_OUTPUT : TT_IO, "%s", f->path);
    else
        tt_fail(err, code, "%s: %s%s%s%s%s%s", f->path, name ? name : "",
                name ? ": " : "", what, words ? " (" : "", words ? words : "",
                words ? ")" : "");
    H5Eclear2(H5E_DEFAULT);
    return -1;
}

static struct shard_h5 *make(const char *path, struct tt_error *err)
{
    struct shard_h5 *f;

    shard_h5_quiet();
    if (strlen(path) >= TT_PATH_SIZE) {
        tt_fail(err, TT_INPUT, "%s: the path is too long", path);
        return NULL;
    }
    f = calloc(1, sizeof(*f));
    if (!f) {
        tt_fail(err, TT_NOMEM, "%s: no memory to open it", path);
        return NULL;
    }
    f->file = -1;
    memcpy(f->path, path, strlen(path) + 1);
    return f;
}

/* Locks fail on some network disks and protect nothing here: what is being
 * written has a name of its own, what is read never changes. */
static hid_t access_list(void)
{
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);

    if (fapl >= 0 &&
        (H5Pset_file_locking(fapl, false, true) < 0 ||
         /* checksums on everything that is not data; from HDF5 1.10 on */
         H5Pset_libver_bounds(fapl, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0)) {
        H5Pclose(fapl);
        return -1;
    }
    return fapl;
}

int shard_h5_create(struct shard_h5 **out, const char *path,
                    struct tt_error *err)
{
    struct shard_h5 *f = make(path, err);
    hid_t fapl = -1, fcpl = -1;
    int fd;

    *out = NULL;
    if (!f)
        return -1;
    f->writing = true;
    fd = tt_file_temp(path, f->temp, err);
    if (fd < 0) {
        f->temp[0] = '\0';
        goto fail;
    }
    close(fd);
    fapl = access_list();
    fcpl = H5Pcreate(H5P_FILE_CREATE);
    if (fapl >= 0 && fcpl >= 0 && H5Pset_obj_track_times(fcpl, false) >= 0)
        f->file = H5Fcreate(f->temp, H5F_ACC_TRUNC, fcpl, fapl);
    if (f->file < 0) {
        shard_h5_fail(f, NULL, "cannot be made", err);
        goto fail;
    }
    H5Pclose(fapl);
    H5Pclose(fcpl);
    *out = f;
    return 0;

fail:
    H5Pclose(fapl);
    H5Pclose(fcpl);
    shard_h5_abandon(f);
    return -1;
}

void shard_h5_push(struct shard_h5 *f)
{
    void *fd;

    shard_h5_quiet();
    if (H5Fget_vfd_handle(f->file, H5P_DEFAULT, &fd) >= 0)
        sync_file_range(*(int *)fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static int sync_path(const char *path, struct tt_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    rc = fsync(fd);
    if (rc < 0)
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
    close(fd);
    return rc;
}

int shard_h5_finish(struct shard_h5 *f, struct tt_error *err)
{
    hid_t file = f->file;

    f->file = -1;
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fclose(file) < 0) {
        shard_h5_fail(f, NULL, "cannot be written", err);
        goto fail;
    }
    if (sync_path(f->temp, err) < 0 ||
        tt_file_replace(f->temp, f->path, err) < 0)
        goto fail;
    f->temp[0] = '\0';
    if (tt_sync_folder(f->path, err) < 0)
        goto fail;
    shard_h5_close(f);
    return 0;

fail:
    shard_h5_abandon(f);
    return -1;
}

void shard_h5_abandon(struct shard_h5 *f)
{
    if (f && f->temp[0])
        unlink(f->temp);
    shard_h5_close(f);
}

int shard_h5_open(struct shard_h5 **out, const char *path, struct tt_error *err)
{
    struct shard_h5 *f = make(path, err);
    hid_t fapl = -1;

    *out = NULL;
    if (!f)
        return -1;
    if (access(path, R_OK) < 0) {
        tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s", path);
        goto fail;
    }
    fapl = access_list();
    if (fapl >= 0)
        f->file = H5Fopen(path, H5F_ACC_RDONLY, fapl);
    H5Pclose(fapl);
    if (f->file < 0) {
        shard_h5_fail(f, NULL, "damaged or not an HDF5 file", err);
        goto fail;
    }
    *out = f;
    return 0;

fail:
    shard_h5_close(f);
    return -1;
}

void shard_h5_close(struct shard_h5 *f)
{
    if (!f)
        return;
    shard_h5_quiet();
    if (f->file >= 0)
        H5Fclose(f->file);
    free(f);
}

void shard_h5_version(char *text, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;

    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "HDF5 %u.%u.%u", major, minor, release);
}
