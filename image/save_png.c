#include "image/save_png.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"

#define FIRST 33 /* bytes of the signature and the chunk IHDR */
#define FRAME 12 /* bytes of a chunk beside its data */

/* Of an iTXt: its name, not compressed, no language, no other name. */
static const char xmp_head[] = "XML:com.adobe.xmp\0\0\0\0";

/* A file on its way, with chunks of ours behind its first. */
struct passage {
    int fd;
    size_t passed; /* of libvips' bytes, up to FIRST */
    uint8_t *chunks;
    size_t size;
    struct tt_error err;
};

static uint8_t *put_u32(uint8_t *p, size_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
    return p + 4;
}

/* A chunk whose data are two pieces. */
static uint8_t *put_chunk(uint8_t *p, const char *type, const void *head,
                          size_t head_size, const void *data, size_t size)
{
    uint8_t *begin = put_u32(p, head_size + size), *end = begin + 4;

    memcpy(begin, type, 4);
    memcpy(end, head, head_size);
    memcpy(end + head_size, data, size);
    end += head_size + size;
    return put_u32(end, crc32(0, begin, (uInt)(end - begin)));
}

static int make_chunks(struct passage *f, const struct image_extras *extras,
                       struct tt_error *err)
{
    uint8_t *p = malloc(extras->exif_size + extras->xmp_size +
                        sizeof(xmp_head) + 2 * FRAME);

    f->chunks = p;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a PNG");
    if (extras->exif)
        p = put_chunk(p, "eXIf", "", 0, extras->exif, extras->exif_size);
    if (extras->xmp)
        p = put_chunk(p, "iTXt", xmp_head, sizeof(xmp_head), extras->xmp,
                      extras->xmp_size);
    f->size = (size_t)(p - f->chunks);
    return 0;
}

/* libvips': bytes written, or -1. */
static gint64 on_write(VipsTargetCustom *target, const void *data,
                       gint64 length, void *ctx)
{
    struct passage *f = ctx;
    const uint8_t *bytes = data;
    size_t size = (size_t)length, head = FIRST - f->passed;

    (void)target;
    if (head > size)
        head = size;
    f->passed += head;
    if (tt_write_all(f->fd, bytes, head, &f->err) < 0 ||
        (head > 0 && f->passed == FIRST &&
         tt_write_all(f->fd, f->chunks, f->size, &f->err) < 0) ||
        tt_write_all(f->fd, bytes + head, size - head, &f->err) < 0)
        return -1;
    return length;
}

static int write_image(VipsImage *image, struct passage *f, const char *path,
                       struct tt_error *err)
{
    VipsTargetCustom *target = vips_target_custom_new();
    int rc;

    g_signal_connect(target, "write", G_CALLBACK(on_write), f);
    rc = vips_pngsave_target(image, VIPS_TARGET(target), "compression", 3,
                             "filter", VIPS_FOREIGN_PNG_FILTER_PAETH, NULL);
    g_object_unref(target);
    if (rc == 0 && f->err.code == TT_OK)
        return 0;
    if (f->err.code != TT_OK)
        *err = f->err;
    else
        tt_fail(err, TT_OUTPUT, "%.*s", (int)strcspn(vips_error_buffer(), "\n"),
                vips_error_buffer());
    vips_error_clear();
    return tt_wrap(err, "%s", path);
}

int image_save_png(VipsImage *image, const struct image_extras *extras,
                   const char *path, struct tt_error *err)
{
    struct passage f = {.fd = -1};
    int rc = make_chunks(&f, extras, err);

    tt_clear(&f.err);
    if (rc == 0) {
        f.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        rc = f.fd < 0 ? tt_fail_errno(err, TT_OUTPUT, "%s", path)
                      : write_image(image, &f, path, err);
    }
    if (f.fd >= 0 && close(f.fd) < 0 && rc == 0)
        rc = tt_fail_errno(err, TT_OUTPUT, "%s", path);
    free(f.chunks);
    return rc;
}
