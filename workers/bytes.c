#include "workers/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT (UINT64_C(16) << 30)

static int open_file(const char *path, size_t *size, struct tt_error *err)
{
    /* O_NONBLOCK: a pipe among the photos must not hold us up */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             path);
    if (fstat(fd, &st) < 0)
        tt_fail_errno(err, TT_IO, "%s", path);
    else if (!S_ISREG(st.st_mode))
        tt_fail(err, TT_INPUT, "%s: not a file", path);
    else if ((uint64_t)st.st_size > LIMIT)
        tt_fail(err, TT_INPUT, "%s: larger than allowed", path);
    else {
        *size = (size_t)st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

static int read_into(int from, void *bytes, size_t size, size_t *got,
                     const char *path, struct tt_error *err)
{
    char *at = bytes;

    *got = 0;
    while (*got < size) {
        ssize_t n = read(from, at + *got, size - *got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tt_fail_errno(err, TT_IO, "%s", path);
        if (n == 0)
            break; /* it has become shorter */
        *got += (size_t)n;
    }
    return 0;
}

/* Fill the memfd through a mapping, hash what is there, and seal it. */
static int fill(struct worker_bytes *b, int from, const char *path,
                struct tt_error *err)
{
    void *bytes;
    size_t got;
    int rc;

    if (b->size == 0)
        return tt_sha256("", 0, &b->sha256, err);
    if (ftruncate(b->fd, (off_t)b->size) < 0)
        return tt_fail_errno(err, TT_NOMEM, "%s: memory for it", path);
    bytes = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
    if (bytes == MAP_FAILED)
        return tt_fail_errno(err, TT_NOMEM, "%s: memory for it", path);
    rc = read_into(from, bytes, b->size, &got, path, err);
    if (rc == 0)
        rc = tt_sha256(bytes, got, &b->sha256, err);
    munmap(bytes, b->size);
    b->size = got;
    if (rc == 0 &&
        fcntl(b->fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return tt_fail_errno(err, TT_IO, "%s: sealing", path);
    return rc;
}

int worker_bytes_read(struct worker_bytes *b, const char *path,
                      void (*size_known)(void *ctx, size_t size), void *ctx,
                      struct tt_error *err)
{
    int from, rc = -1;

    b->fd = -1;
    b->size = 0;
    from = open_file(path, &b->size, err);
    if (from < 0)
        return -1;
    if (size_known)
        size_known(ctx, b->size);
    b->fd = memfd_create("photo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (b->fd < 0)
        tt_fail_errno(err, TT_NOMEM, "%s: memory for it", path);
    else
        rc = fill(b, from, path, err);
    close(from);
    if (rc < 0)
        worker_bytes_release(b);
    return rc;
}

void worker_bytes_release(struct worker_bytes *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}
