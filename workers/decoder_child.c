#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/load.h"
#include "workers/decoder.h"
#include "workers/message.h"
#include "workers/sandbox.h"

#define SOCKET       0
#define RLIM_DEFAULT (UINT64_C(8) << 30)

/* The memfd in which the codes of the photo in hand are made. */
struct codes {
    int fd;
    void *at;
    size_t size;
};

static void codes_drop(struct codes *c)
{
    if (c->at)
        munmap(c->at, c->size);
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->at = NULL;
    c->size = 0;
}

/* The parent is told first, and answers when there is room. */
static int ask(size_t size)
{
    struct worker_message m = {.kind = WORKER_NEED, .size = size};
    struct tt_error err;
    int fd;

    if (worker_message_send(SOCKET, &m, -1, &err) < 0 ||
        worker_message_recv(SOCKET, &m, &fd, -1, &err) != 1)
        return -1;
    if (fd >= 0)
        close(fd);
    return m.kind == WORKER_GO ? 0 : -1;
}

/* image_load's allocator: the grey codes, straight into shared memory. */
static void *codes_alloc(void *ctx, size_t size)
{
    struct codes *c = ctx;

    codes_drop(c);
    if (size == 0 || ask(size) < 0)
        return NULL;
    c->fd = memfd_create("grey", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (c->fd < 0 || ftruncate(c->fd, (off_t)size) < 0) {
        codes_drop(c);
        return NULL;
    }
    c->at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
    if (c->at == MAP_FAILED) {
        c->at = NULL;
        codes_drop(c);
        return NULL;
    }
    c->size = size;
    return c->at;
}

/* Unmap and seal: from now on nobody changes what the parent maps. */
static int codes_seal(struct codes *c)
{
    if (munmap(c->at, c->size) < 0)
        return -1;
    c->at = NULL;
    return fcntl(c->fd, F_ADD_SEALS,
                 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

/* What the photo says of itself, behind its codes. Memory that is short costs
 * it, not the photo. */
static void append_meta(const void *bytes, size_t size, struct codes *c,
                        struct worker_message *answer)
{
    struct image_meta meta;
    struct tt_error err;
    size_t at = c->size, all = at;

    if (image_meta_read(bytes, size, &answer->facts, &meta, &err) < 0) {
        answer->meta_dropped = true;
        return;
    }
    answer->meta_dropped = meta.dropped;
    for (int i = 0; i < IMAGE_META_PARTS; i++)
        all += meta.part[i].size;
    if (ftruncate(c->fd, (off_t)all) < 0)
        all = 0;
    for (int i = 0; all && i < IMAGE_META_PARTS; i++) {
        size_t n = meta.part[i].size;

        if (n && pwrite(c->fd, meta.part[i].bytes, n, (off_t)at) != (ssize_t)n)
            break;
        answer->meta[i] = (uint32_t)n;
        at += n;
    }
    answer->meta_dropped |= at != all;
    image_meta_release(&meta);
}

static void load(const void *bytes, const struct worker_message *request,
                 struct codes *codes, struct worker_message *answer)
{
    struct image_limits limits;
    enum image_reason reason = IMAGE_UNREADABLE;
    struct image_grey grey = {0};
    struct tt_error err;

    image_limits_init(&limits);
    limits.alloc = codes_alloc;
    limits.alloc_ctx = codes;
    if (request->max_pixels)
        limits.max_pixels = request->max_pixels;
    if (image_load(bytes, request->size, &limits, &grey, &answer->facts,
                   &reason, &err) < 0) {
        answer->reason = reason;
        snprintf(answer->text, sizeof(answer->text), "%.199s", err.text);
        return;
    }
    answer->width = grey.width;
    answer->height = grey.height;
    answer->bits = grey.bits;
    answer->size = codes->size;
    append_meta(bytes, request->size, codes, answer);
    if (codes_seal(codes) < 0) {
        answer->reason = IMAGE_NO_MEMORY;
        snprintf(answer->text, sizeof(answer->text), "shared memory is short");
    }
}

/* 0, or -1: the parent is gone. */
static int serve(const struct worker_message *request, int file)
{
    struct worker_message answer = {.kind = WORKER_ANSWER};
    struct codes codes = {.fd = -1};
    struct tt_error err;
    void *bytes = MAP_FAILED;
    int rc;

    if (request->size > 0)
        bytes = mmap(NULL, request->size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (request->size > 0 && bytes == MAP_FAILED) {
        answer.reason = IMAGE_NO_MEMORY;
        snprintf(answer.text, sizeof(answer.text), "no memory for the file");
    } else {
        load(request->size > 0 ? bytes : "", request, &codes, &answer);
    }
    rc = worker_message_send(SOCKET, &answer,
                             answer.reason == IMAGE_FINE ? codes.fd : -1, &err);
    codes_drop(&codes);
    if (bytes != MAP_FAILED)
        munmap(bytes, request->size);
    return rc;
}

int decoder_main(int argc, char **argv)
{
    struct worker_message m = {.kind = WORKER_HELLO};
    struct tt_error err;
    int file;

    closefrom(3);
    sandbox_limits(argc > 0 ? strtoull(argv[0], NULL, 10) : RLIM_DEFAULT);
    m.sandboxed = sandbox_enter();
    if (worker_message_send(SOCKET, &m, -1, &err) < 0)
        return 1;
    for (;;) {
        if (worker_message_recv(SOCKET, &m, &file, -1, &err) != 1)
            return 0;
        if (m.kind != WORKER_REQUEST || file < 0)
            return 1;
        if (serve(&m, file) < 0)
            return 0;
    }
}
