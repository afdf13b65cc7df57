#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>
#include <vips/vips.h>
#include <vips/vector.h> /* needs vips.h before it */

static void silence(const gchar *domain, GLogLevelFlags level,
                    const gchar *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

int image_start(const char *argv0, struct tt_error *err)
{
    if (VIPS_INIT(argv0))
        return tt_fail(err, TT_UNAVAILABLE, "libvips cannot be started: %s",
                       vips_error_buffer());
    xmlInitParser();
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    vips_vector_set_enabled(FALSE);
    /* What it warns of comes back as an error, or does not matter. */
    g_log_set_handler("VIPS",
                      G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE |
                          G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG,
                      silence, NULL);
    return 0;
}

void image_version(char *text, size_t size)
{
    static const struct {
        const char *word, *operation;
    } parts[] = {{"jpeg", "jpegload_buffer"}, {"png", "pngload_buffer"},
                 {"tiff", "tiffload_buffer"}, {"webp", "webpload_buffer"},
                 {"gif", "gifload_buffer"},   {"icc", "icc_transform"}};
    size_t used =
        (size_t)snprintf(text, size, "libvips %d.%d.%d (", vips_version(0),
                         vips_version(1), vips_version(2));
    const char *gap = "";

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (used >= size ||
            !vips_type_find("VipsOperation", parts[i].operation))
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", gap,
                                 parts[i].word);
        gap = " ";
    }
    if (used < size)
        snprintf(text + used, size - used, ")");
}

void image_thread_end(void)
{
    vips_thread_shutdown();
}

void image_stop(void)
{
    vips_shutdown();
}

void image_grey_release(struct image_grey *grey)
{
    free(grey->codes);
    memset(grey, 0, sizeof(*grey));
}

void image_rgb_release(struct image_rgb *rgb)
{
    free(rgb->codes);
    memset(rgb, 0, sizeof(*rgb));
}

void image_small_release(struct image_small *small)
{
    free(small->rgb);
    memset(small, 0, sizeof(*small));
}

#define WORD(name, word, ...) [name] = (word),

const char *image_format_word(enum image_format format)
{
    static const char *const words[] = {IMAGE_FORMATS(WORD)};

    return words[format];
}

const char *image_class_word(enum image_class c)
{
    static const char *const words[] = {IMAGE_CLASSES(WORD)};

    return words[c];
}

const char *image_reason_word(enum image_reason reason)
{
    static const char *const words[] = {IMAGE_REASONS(WORD)};

    return words[reason];
}

const char *image_reason_about(enum image_reason reason)
{
#define X(name, word, about) [name] = (about),
    static const char *const texts[] = {IMAGE_REASONS(X)};
#undef X

    return texts[reason];
}

const char *image_format_suffix(enum image_format format)
{
#define X(name, word, suffix) [name] = (suffix),
    static const char *const texts[] = {IMAGE_FORMATS(X)};
#undef X

    return texts[format];
}

bool image_format_written(enum image_format format)
{
    return format != IMAGE_WEBP && format != IMAGE_GIF;
}

int image_format_parse(const char *word, enum image_format *out)
{
    static const struct {
        const char *word;
        enum image_format format;
    } others[] = {{"jpg", IMAGE_JPEG}, {"tif", IMAGE_TIFF}};

    for (int i = 0; i < IMAGE_FORMAT_COUNT; i++)
        if (!strcasecmp(word, image_format_word((enum image_format)i))) {
            *out = (enum image_format)i;
            return 0;
        }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (!strcasecmp(word, others[i].word)) {
            *out = others[i].format;
            return 0;
        }
    return -1;
}
