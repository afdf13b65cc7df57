#include "ingest/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* Bytes at s that make one UTF-8 letter; 0: none. */
static size_t letter(const unsigned char *s)
{
    size_t n = s[0] < 0x80    ? 1
               : s[0] >= 0xf0 ? 4
               : s[0] >= 0xe0 ? 3
               : s[0] >= 0xc2 ? 2
                              : 0;
    json_t *test =
        n ? json_stringn((const char *)s, strnlen((const char *)s, n)) : NULL;

    if (!test)
        return 0;
    json_decref(test);
    return n;
}

/* The name for people, with U+FFFD for what is no text. NULL: no memory. */
static json_t *as_text(const char *path)
{
    char *text = malloc(strlen(path) * 3 + 1);
    json_t *json;
    size_t len = 0;

    if (!text)
        return NULL;
    while (*path) {
        size_t n = letter((const unsigned char *)path);

        memcpy(text + len, n ? path : "\xef\xbf\xbd", n ? n : 3);
        len += n ? n : 3;
        path += n ? n : 1;
    }
    json = json_stringn(text, len);
    free(text);
    return json;
}

static json_t *as_hex(const char *path)
{
    char *hex = malloc(strlen(path) * 2 + 1);
    json_t *json;

    if (!hex)
        return NULL;
    for (size_t i = 0; path[i]; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)path[i]);
    json = json_string(hex);
    free(hex);
    return json;
}

static int add_path(json_t *o, const char *path)
{
    json_t *json = json_string(path);

    if (json)
        return json_object_set_new(o, "path", json);
    return json_object_set_new(o, "path", as_text(path)) |
           json_object_set_new(o, "path_bytes", as_hex(path));
}

static int add_facts(json_t *o, const struct ingest_item *item)
{
    char hex[TT_SHA256_HEX];
    int bad = 0;

    if (item->photo.trouble == INGEST_FINE)
        bad |= json_object_set_new(
            o, "sha256", json_string(tt_sha256_text(&item->sha256, hex)));
    if (item->facts.width > 0) {
        bad |= json_object_set_new(o, "width", json_integer(item->facts.width));
        bad |=
            json_object_set_new(o, "height", json_integer(item->facts.height));
    }
    /* words about a damaged file may quote it; what is no text is left out */
    if (item->detail[0])
        json_object_set_new(o, "detail", json_string(item->detail));
    return bad;
}

int ingest_report_line(const struct ingest_line *line, char **text,
                       struct tt_error *err)
{
    const struct ingest_finding *f = &line->finding;
    json_t *o = json_object();
    int bad =
        json_object_set_new(o, "source", json_integer(line->item->source));

    bad |= add_path(o, line->item->photo.path);
    bad |= json_object_set_new(o, "verdict",
                               json_string(ingest_verdict_word(f->verdict)));
    if (f->threshold != 0 || f->value != 0) {
        bad |= json_object_set_new(o, "value", json_real(f->value));
        bad |= json_object_set_new(o, "threshold", json_real(f->threshold));
    }
    bad |= add_facts(o, line->item);
    if (line->of) {
        json_t *of = json_string(line->of);

        bad |= json_object_set_new(o, "of", of ? of : as_text(line->of));
    }
    if (line->shard) {
        bad |= json_object_set_new(o, "shard", json_string(line->shard));
        bad |= json_object_set_new(o, "index",
                                   json_integer((json_int_t)line->index));
    }
    *text = bad ? NULL : json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(o);
    if (!*text)
        return tt_fail(err, TT_NOMEM, "no memory for a line of the report");
    return 0;
}
