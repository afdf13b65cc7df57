#include "image/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void image_source_close(struct image_source *s)
{
    if (s->close)
        s->close(s);
    free(s->profile);
    free(s->whole);
    memset(s, 0, sizeof(*s));
}

int image_model_bands(enum image_model model)
{
    return model == IMAGE_MODEL_GRAY ? 1 : model == IMAGE_MODEL_CMYK ? 4 : 3;
}

int image_source_admit(const struct image_limits *limits, int64_t width,
                       int64_t height, enum image_reason *reason,
                       struct tt_error *err)
{
    if (width < 1 || height < 1)
        return image_refuse(reason, IMAGE_UNREADABLE, err,
                            "a picture without pixels");
    if ((uint64_t)width > limits->max_pixels / (uint64_t)height)
        return image_refuse(reason, IMAGE_TOO_LARGE, err,
                            "%lld x %lld pixels, more than %llu",
                            (long long)width, (long long)height,
                            (unsigned long long)limits->max_pixels);
    if (width < limits->min_side || height < limits->min_side)
        return image_refuse(
            reason, IMAGE_TOO_SMALL, err, "%lld x %lld pixels, a side below %d",
            (long long)width, (long long)height, limits->min_side);
    return 0;
}

int image_refuse(enum image_reason *reason, enum image_reason why,
                 struct tt_error *err, const char *fmt, ...)
{
    enum tt_code code = why == IMAGE_NO_MEMORY ? TT_NOMEM : TT_INPUT;
    char text[TT_ERROR_TEXT];
    va_list args;

    *reason = why;
    if (!fmt)
        return tt_fail(err, code, "%s", image_reason_about(why));
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return tt_fail(err, code, "%s", text);
}
