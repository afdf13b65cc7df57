#include "image/thumb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <turbojpeg.h>

#include "base/file.h"
#include "image/load.h"
#include "image/resize.h"

enum { LARGEST_FILE = 1 << 30, QUALITY = 82 };

int image_thumb_fit(const struct image_small *in, int px,
                    struct image_small *out, struct tt_error *err)
{
    int side = in->width > in->height ? in->width : in->height;

    *out = (struct image_small){in->width, in->height, NULL};
    if (side > px) {
        out->width = (int)((int64_t)in->width * px / side);
        out->height = (int)((int64_t)in->height * px / side);
        out->width = out->width > 0 ? out->width : 1;
        out->height = out->height > 0 ? out->height : 1;
    }
    out->rgb = malloc((size_t)out->width * (size_t)out->height * 3);
    if (!out->rgb)
        return tt_fail(err, TT_NOMEM, "no memory for a small photo");
    if (image_resize_rgb8(in, NULL, out->width, out->height, out->rgb, err) <
        0) {
        image_small_release(out);
        return -1;
    }
    return 0;
}

int image_thumb_open(const char *path, int px, struct image_small *out,
                     struct tt_error *err)
{
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    struct image_small small;
    char *bytes;
    size_t size;
    int rc;

    memset(out, 0, sizeof(*out));
    if (tt_file_read(path, LARGEST_FILE, &bytes, &size, err) < 0)
        return -1;
    image_limits_init(&limits);
    rc = image_load_small(bytes, size, &limits, px, &small, &facts, &reason,
                          err);
    free(bytes);
    if (rc == 0)
        rc = image_thumb_fit(&small, px, out, err);
    image_small_release(&small);
    return rc;
}

char *image_thumb_text(const struct image_small *small, struct tt_error *err)
{
    static const char scheme[] = "data:image/jpeg;base64,";
    tjhandle tj = tjInitCompress();
    unsigned long size = 0;
    uint8_t *jpeg = NULL;
    char *code, *text = NULL;
    size_t room;

    if (tj &&
        tjCompress2(tj, small->rgb, small->width, 0, small->height, TJPF_RGB,
                    &jpeg, &size, TJSAMP_444, QUALITY, 0) == 0) {
        code = g_base64_encode(jpeg, size);
        room = sizeof(scheme) + strlen(code);
        text = malloc(room);
        if (text)
            snprintf(text, room, "%s%s", scheme, code);
        g_free(code);
    }
    if (!text)
        tt_fail(err, TT_NOMEM, "no memory for a small photo");
    tjFree(jpeg);
    if (tj)
        tjDestroy(tj);
    return text;
}
