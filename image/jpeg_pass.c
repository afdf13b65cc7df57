#include "image/jpeg_pass.h"

#include <stdlib.h>

#include <turbojpeg.h>

struct image_jpeg_pass {
    tjhandle in, out;
    unsigned char *bytes;
    unsigned long size; /* of bytes */
};

int image_jpeg_pass_open(struct image_jpeg_pass **out, int side,
                         struct tt_error *err)
{
    struct image_jpeg_pass *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for JPEG");
    p->size = tjBufSize(side, side, TJSAMP_GRAY);
    p->in = tjInitDecompress();
    p->out = tjInitCompress();
    p->bytes = tjAlloc((int)p->size);
    if (!p->in || !p->out || !p->bytes) {
        image_jpeg_pass_close(p);
        return tt_fail(err, TT_NOMEM, "no memory for JPEG");
    }
    *out = p;
    return 0;
}

int image_jpeg_pass_run(struct image_jpeg_pass *p, uint8_t *plane, int width,
                        int height, int quality, struct tt_error *err)
{
    unsigned long size = p->size;

    if (tjCompress2(p->out, plane, width, 0, height, TJPF_GRAY, &p->bytes,
                    &size, TJSAMP_GRAY, quality, TJFLAG_NOREALLOC) < 0)
        return tt_fail(err, TT_BUG, "JPEG: %s", tjGetErrorStr2(p->out));
    if (tjDecompress2(p->in, p->bytes, size, plane, width, 0, height, TJPF_GRAY,
                      0) < 0)
        return tt_fail(err, TT_BUG, "JPEG: %s", tjGetErrorStr2(p->in));
    return 0;
}

void image_jpeg_pass_close(struct image_jpeg_pass *p)
{
    if (!p)
        return;
    if (p->in)
        tjDestroy(p->in);
    if (p->out)
        tjDestroy(p->out);
    tjFree(p->bytes);
    free(p);
}
