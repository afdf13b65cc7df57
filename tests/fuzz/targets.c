#include "tests/fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "image/packet.h"
#include "image/tiff_head.h"
#include "ingest/imdb_mat.h"
#include "ingest/imdb_name.h"
#include "ingest/source.h"

#define MEMBER_MAX (1u << 20)

/* The bytes as a file without a name; its path while fd is open. */
static int as_file(const uint8_t *bytes, size_t size, char path[64])
{
    struct tt_error err;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || tt_write_all(fd, bytes, size, &err) < 0)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* A name that is one has a person in it. */
static void fuzz_name(const uint8_t *bytes, size_t size)
{
    char *path = strndup((const char *)bytes, size);
    struct ingest_imdb_name name;
    int year, month;
    double day;

    if (!path)
        abort();
    if (ingest_imdb_name_parse(path, &name) &&
        (name.person < path || name.person_len == 0 ||
         name.person + name.person_len > path + strlen(path)))
        abort();
    if (size >= sizeof(day)) {
        memcpy(&day, bytes, sizeof(day));
        ingest_imdb_date(day, &year, &month);
        if (month < 1 || month > 12)
            abort();
    }
    free(path);
}

static void fuzz_archive(const uint8_t *bytes, size_t size)
{
    char path[64], spec[80];
    int fd = as_file(bytes, size, path);
    struct ingest_source *s;
    struct ingest_photo photo;
    struct tt_error err;

    snprintf(spec, sizeof(spec), "tar:%s", path);
    if (ingest_source_open(&s, spec, &err) == 0) {
        while (ingest_source_next(s, MEMBER_MAX, &photo, &err) > 0) {
            if (!photo.path || photo.size > SIZE_MAX / 2)
                abort();
            ingest_photo_release(&photo);
        }
        ingest_source_close(s);
    }
    close(fd);
}

static int look_at_row(void *ctx, const char *path,
                       const struct ingest_face *face, struct tt_error *err)
{
    size_t *rows = ctx;

    (void)err;
    (void)face;
    *rows += strlen(path) > 0;
    return 0;
}

/* Without the child, so that what is ours is seen to crash. */
static void fuzz_mat(const uint8_t *bytes, size_t size)
{
    char path[64];
    int fd = as_file(bytes, size, path);
    struct tt_error err;
    size_t rows = 0;

    if (ingest_imdb_mat_walk(path, look_at_row, &rows, &err) < 0 &&
        !err.text[0])
        abort();
    close(fd);
}

/* A part has no more than it may, and none is of nothing. */
static void check_parts(struct image_meta *meta)
{
    for (int i = 0; i < IMAGE_META_PARTS; i++) {
        size_t n = meta->part[i].size;

        if (n > image_meta_most((enum image_meta_part)i) ||
            !n != !meta->part[i].bytes)
            abort();
    }
    image_meta_release(meta);
}

/* The bytes as a JPEG, as a TIFF's directories, as a packet of XMP. */
static void fuzz_meta(const uint8_t *bytes, size_t size)
{
    const struct image_facts facts = {.format = IMAGE_JPEG, .width = 1};
    struct image_texts *texts = calloc(1, sizeof(*texts));
    struct image_span iptc = {NULL, 0};
    struct image_meta meta;
    struct tt_error err;

    if (!texts)
        abort();
    if (image_meta_read(bytes, size, &facts, &meta, &err) == 0)
        check_parts(&meta);
    image_tiff_head_meta(bytes, size, texts, &iptc);
    if (image_iptc_length(iptc.data, iptc.size) > iptc.size)
        abort();
    memset(&meta, 0, sizeof(meta));
    if (image_packet_read(bytes, size, texts, &meta, &err) < 0)
        abort();
    check_parts(&meta);
    free(texts);
}

const struct fuzz_target fuzz_targets[] = {
    {"name", fuzz_name}, {"archive", fuzz_archive},
    {"mat", fuzz_mat},   {"meta", fuzz_meta},
    {NULL, NULL},
};
