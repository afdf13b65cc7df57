#include "workers/publish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

/* Some writers do not say why; then the disk is asked. */
static bool disk_is_full(const char *path)
{
    char folder[TT_PATH_SIZE];

    snprintf(folder, sizeof(folder), "%.*s", (int)(tt_path_name(path) - path),
             path);
    return tt_folder_is_full(folder);
}

bool worker_publish_is_host(const struct tt_error *err)
{
    return err->sys == ENOSPC || err->sys == EDQUOT || err->sys == EIO;
}

void worker_publish_refuse(struct worker_photo *p, struct tt_error *err)
{
    if (err->sys == 0 && disk_is_full(p->out)) {
        errno = ENOSPC;
        tt_fail_errno(err, TT_OUTPUT, "%s", p->out);
    }
    if (worker_publish_is_host(err))
        worker_photo_fail(p, err);
    else
        worker_photo_end(p, PHOTO_FAILED, "output", err->text);
}

static int sync_one(struct worker_photo *p, struct tt_error *err)
{
    int rc = fsync(p->temp_fd);

    if (rc < 0)
        tt_fail_errno(err, TT_OUTPUT, "%s", p->out);
    return rc;
}

/* The file that was there first, which is what is reported. Another attempt at
 * this photo made it if its bytes are ours; they may differ where a processor
 * of another kind computed them, and then its marks tell. */
static int take_first(struct worker_photo *p, struct tt_error *err)
{
    struct image_marks marks = worker_photo_marks(p);
    struct worker_bytes file;
    void *bytes = MAP_FAILED;
    bool same, ours;

    if (worker_bytes_read(&file, p->out, NULL, NULL, err) < 0) {
        err->code = TT_OUTPUT;
        return -1;
    }
    same = ours = tt_sha256_same(&file.sha256, &p->row->sha_out);
    if (!same && file.size > 0)
        bytes = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (bytes != MAP_FAILED) {
        ours = image_marks_are_in(&marks, bytes, file.size);
        munmap(bytes, file.size);
    }
    p->row->sha_out = file.sha256;
    p->row->bytes_out = (int64_t)file.size;
    worker_bytes_release(&file);
    if (ours)
        return 0;
    tt_fail(err, TT_OUTPUT, "%s: another file is there already", p->out);
    err->sys = EEXIST;
    return -1;
}

static int link_one(struct worker_photo *p, struct tt_error *err)
{
    int ours = tt_file_publish(p->temp, p->out, err);

    p->temp[0] = '\0'; /* gone in every case */
    close(p->temp_fd);
    p->temp_fd = -1;
    if (ours < 0)
        return -1;
    return ours ? 0 : take_first(p, err);
}

static bool same_folder(const char *a, const char *b)
{
    size_t n = (size_t)(tt_path_name(a) - a);

    return n == (size_t)(tt_path_name(b) - b) && memcmp(a, b, n) == 0;
}

static int sync_folders(struct worker_photo *const *photos, size_t n,
                        struct tt_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if ((i == 0 || !same_folder(photos[i - 1]->out, photos[i]->out)) &&
            tt_sync_folder(photos[i]->out, err) < 0)
            return -1;
    }
    return 0;
}

void worker_publish(struct worker_photo *const *photos, size_t n)
{
    struct worker_photo *linked[WORKER_PUBLISH_MAX];
    struct tt_error err;
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        tt_clear(&err);
        if (worker_batch_failed(photos[i]->batch))
            worker_photo_fail(photos[i], &err);
        else if (sync_one(photos[i], &err) < 0 || link_one(photos[i], &err) < 0)
            worker_publish_refuse(photos[i], &err);
        else
            linked[k++] = photos[i];
    }
    if (sync_folders(linked, k, &err) < 0) {
        for (size_t i = 0; i < k; i++)
            worker_photo_fail(linked[i], &err);
        return;
    }
    for (size_t i = 0; i < k; i++) {
        linked[i]->row->has_out = true;
        worker_photo_end(linked[i], PHOTO_OK, "", "");
    }
}
