#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FULL_BYTES (1 << 20) /* less than that is full */

int tt_path_join(char *out, size_t size, const char *a, const char *b,
                 struct tt_error *err)
{
    size_t len = strlen(a);
    const char *slash = len && a[len - 1] != '/' ? "/" : "";
    int n;

    if (b[0] == '/')
        n = snprintf(out, size, "%s", b);
    else
        n = snprintf(out, size, "%s%s%s", a, slash, b);
    if (n < 0 || (size_t)n >= size)
        return tt_fail(err, TT_INPUT, "%s: the path is too long", b);
    return 0;
}

const char *tt_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int make_one(const char *path, mode_t mode, struct tt_error *err)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno == EEXIST || errno == EISDIR) {
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            return 0;
        errno = ENOTDIR;
    }
    return tt_fail_errno(err, TT_OUTPUT, "%s", path);
}

/* The folders that end at a '/' of path or at its end, behind `from`. */
static int make_from(const char *path, size_t from, mode_t mode,
                     struct tt_error *err)
{
    char part[TT_PATH_SIZE];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(part))
        return tt_fail(err, TT_OUTPUT, "%s: not a usable folder name", path);
    for (size_t i = from + 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (make_one(part, mode, err) < 0)
            return -1;
    }
    return 0;
}

int tt_mkdirs(const char *path, mode_t mode, struct tt_error *err)
{
    return make_from(path, 0, mode, err);
}

int tt_mkdirs_below(const char *folder, const char *path, mode_t mode,
                    struct tt_error *err)
{
    char above[TT_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t from = strlen(folder), len;

    len = slash ? (size_t)(slash - path) : 0;
    if (len <= from)
        return 0;
    if (len >= sizeof(above))
        return tt_fail(err, TT_OUTPUT, "%s: the path is too long", path);
    memcpy(above, path, len);
    above[len] = '\0';
    return make_from(above, from, mode, err);
}

int tt_mkdirs_above(const char *path, mode_t mode, struct tt_error *err)
{
    return tt_mkdirs_below("", path, mode, err);
}

int tt_file_read(const char *path, size_t limit, char **data, size_t *size,
                 struct tt_error *err)
{
    char *bytes = NULL;
    struct stat st;
    size_t have = 0;
    int fd;

    *data = NULL;
    /* a pipe would wait for its writer; what is no file is told below */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             path);
    if (fstat(fd, &st) < 0) {
        tt_fail_errno(err, TT_IO, "%s", path);
        goto fail;
    }
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size > limit) {
        tt_fail(err, TT_INPUT, "%s: %s", path,
                S_ISREG(st.st_mode) ? "larger than allowed" : "not a file");
        goto fail;
    }
    bytes = malloc((size_t)st.st_size + 1);
    if (!bytes) {
        tt_fail(err, TT_NOMEM, "%s: no memory for it", path);
        goto fail;
    }
    while (have < (size_t)st.st_size) {
        ssize_t n = read(fd, bytes + have, (size_t)st.st_size - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            tt_fail_errno(err, TT_IO, "%s", path);
            goto fail;
        }
        if (n == 0)
            break;
        have += (size_t)n;
    }
    close(fd);
    bytes[have] = '\0';
    *data = bytes;
    *size = have;
    return 0;

fail:
    free(bytes);
    close(fd);
    return -1;
}

int tt_file_temp(const char *path, char *temp, struct tt_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    int fd;

    if (folder + 16 >= TT_PATH_SIZE)
        return tt_fail(err, TT_OUTPUT, "%s: the path is too long", path);
    memcpy(temp, path, folder);
    memcpy(temp + folder, ".tt-XXXXXX", sizeof(".tt-XXXXXX"));
    fd = mkstemp(temp);
    if (fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    /* mkstemp is private by design; an output is as public as the umask says */
    if (fchmod(fd, 0644) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
        close(fd);
        unlink(temp);
        return -1;
    }
    return fd;
}

int tt_file_unnamed(const char *path, char *temp, struct tt_error *err)
{
    char folder[TT_PATH_SIZE] = ".";
    size_t len = (size_t)(tt_path_name(path) - path);
    int fd;

    if (len >= sizeof(folder))
        return tt_fail(err, TT_OUTPUT, "%s: the path is too long", path);
    if (len > 0) {
        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0)
        return tt_file_temp(path, temp, err);
    snprintf(temp, TT_PATH_SIZE, "/proc/self/fd/%d", fd);
    if (fchmod(fd, 0644) == 0 && access(temp, W_OK) == 0)
        return fd;
    close(fd); /* no /proc here */
    return tt_file_temp(path, temp, err);
}

int tt_file_publish(const char *temp, const char *path, struct tt_error *err)
{
    struct stat ours, theirs;
    int rc = 1;

    /* follow: the path of an unnamed file is a link in /proc */
    if (linkat(AT_FDCWD, temp, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0) {
        if (errno != EEXIST) {
            tt_fail_errno(err, TT_OUTPUT, "%s", path);
            unlink(temp);
            return -1;
        }
        /* NFS may answer a link of ours that it repeated by EEXIST */
        if (stat(temp, &ours) < 0 || stat(path, &theirs) < 0 ||
            ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
            rc = 0;
    }
    unlink(temp);
    return rc;
}

int tt_file_replace(const char *temp, const char *path, struct tt_error *err)
{
    if (rename(temp, path) < 0) {
        tt_fail_errno(err, TT_OUTPUT, "%s", path);
        unlink(temp);
        return -1;
    }
    return 0;
}

int tt_sync_folder(const char *path_of_file, struct tt_error *err)
{
    char folder[TT_PATH_SIZE] = ".";
    const char *slash = strrchr(path_of_file, '/');
    size_t len = slash ? (size_t)(slash - path_of_file) : 0;
    int fd, rc;

    if (slash) {
        if (len + 1 >= sizeof(folder))
            return tt_fail(err, TT_OUTPUT, "%s: the path is too long",
                           path_of_file);
        memcpy(folder, path_of_file, len);
        folder[len] = '\0';
        if (len == 0)
            memcpy(folder, "/", 2);
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", folder);
    rc = fsync(fd);
    /* some network file systems cannot sync a folder, and say so by EINVAL */
    if (rc < 0 && errno != EINVAL)
        tt_fail_errno(err, TT_OUTPUT, "%s", folder);
    else
        rc = 0;
    close(fd);
    return rc;
}

int tt_write_all(int fd, const void *data, size_t size, struct tt_error *err)
{
    const char *at = data;

    while (size > 0) {
        ssize_t n = write(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fail_errno(err, TT_OUTPUT, "writing");
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int tt_file_write(const char *path, const void *data, size_t size,
                  struct tt_error *err)
{
    char temp[TT_PATH_SIZE];
    int fd = tt_file_temp(path, temp, err);

    if (fd < 0)
        return -1;
    if (tt_write_all(fd, data, size, err) < 0 ||
        (fsync(fd) < 0 && tt_fail_errno(err, TT_OUTPUT, "syncing") < 0)) {
        close(fd);
        unlink(temp);
        return tt_wrap(err, "%s", path);
    }
    close(fd);
    if (tt_file_replace(temp, path, err) < 0)
        return -1;
    return tt_sync_folder(path, err);
}

bool tt_file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

bool tt_folder_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool tt_folder_is_full(const char *path)
{
    struct statvfs fs;

    return statvfs(path, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_bsize < FULL_BYTES;
}
