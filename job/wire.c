#include "job/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text, struct tt_error *err)
{
    json_error_t why;
    json_t *doc = json_loads(text, 0, &why);

    if (!json_is_object(doc)) {
        tt_fail(err, TT_FORMAT, "not a message: %s",
                doc ? "no object" : why.text);
        json_decref(doc);
        return NULL;
    }
    if (json_integer_value(json_object_get(doc, "v")) != JOB_WIRE_VERSION) {
        tt_fail(err, TT_FORMAT, "a message of another version of tintype");
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static int64_t number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static void copy(char *to, size_t size, const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    snprintf(to, size, "%s", text ? text : "");
}

/* Text that came from a file's name may not be UTF-8, JSON must be. */
static json_t *string_of(const char *text)
{
    json_t *s = json_string(text);
    char ascii[JOB_MESSAGE_SIZE];
    size_t i = 0;

    if (s)
        return s;
    for (; text[i] && i + 1 < sizeof(ascii); i++)
        ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    ascii[i] = '\0';
    return json_string(ascii);
}

char *job_payload_text(const struct job_payload *p)
{
    json_t *doc =
        json_pack("{s:i, s:I, s:i, s:I, s:I, s:I, s:s}", "v", JOB_WIRE_VERSION,
                  "job", (json_int_t)p->job, "kind", (int)p->kind, "first",
                  (json_int_t)p->first, "n", (json_int_t)p->n, "at",
                  (json_int_t)p->at, "manifest", p->manifest);
    char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

    json_decref(doc);
    return text;
}

int job_payload_parse(const char *text, struct job_payload *p, json_t **hold,
                      struct tt_error *err)
{
    json_t *doc = parse(text, err);

    *hold = NULL;
    if (!doc)
        return -1;
    p->job = number(doc, "job");
    p->kind = (enum job_kind)number(doc, "kind");
    p->first = number(doc, "first");
    p->n = number(doc, "n");
    p->at = (uint64_t)number(doc, "at");
    p->manifest = json_string_value(json_object_get(doc, "manifest"));
    if (!p->manifest || !job_kind_info(p->kind) || p->n < 1 || p->first < 0) {
        json_decref(doc);
        return tt_fail(err, TT_FORMAT, "a payload that makes no sense");
    }
    *hold = doc;
    return 0;
}

static json_t *photo_json(const struct job_photo *p)
{
    char hex[TT_SHA256_HEX];
    json_t *o =
        json_pack("{s:I, s:s, s:i, s:i, s:i, s:I, s:I}", "i",
                  (json_int_t)p->index, "state", photo_state_word(p->state),
                  "w", p->width, "h", p->height, "bits", p->bits, "bytes",
                  (json_int_t)p->bytes_out, "ms", (json_int_t)p->ms);

    if (!o)
        return NULL;
    if (p->reason[0])
        json_object_set_new(o, "reason", string_of(p->reason));
    if (p->message[0])
        json_object_set_new(o, "message", string_of(p->message));
    if (p->flags[0])
        json_object_set_new(o, "flags", string_of(p->flags));
    if (p->has_in)
        json_object_set_new(o, "in",
                            json_string(tt_sha256_text(&p->sha_in, hex)));
    if (p->has_out)
        json_object_set_new(o, "out",
                            json_string(tt_sha256_text(&p->sha_out, hex)));
    return o;
}

char *job_result_text(const struct job_result *r)
{
    json_t *doc = json_pack("{s:i, s:[]}", "v", JOB_WIRE_VERSION, "photos");
    json_t *photos = json_object_get(doc, "photos");
    char *text = NULL;

    if (!doc)
        return NULL;
    if (r->body && json_object_update_missing(doc, r->body) < 0)
        goto out;
    for (size_t i = 0; i < r->n_photos; i++) {
        if (json_array_append_new(photos, photo_json(&r->photos[i])) < 0)
            goto out;
    }
    if (r->failed &&
        json_object_set_new(doc, "error",
                            json_pack("{s:i, s:o}", "code", (int)r->code,
                                      "text", string_of(r->text))) < 0)
        goto out;
    text = json_dumps(doc, JSON_COMPACT);

out:
    json_decref(doc);
    return text;
}

static int photo_parse(const json_t *o, struct job_photo *p,
                       struct tt_error *err)
{
    const char *state = json_string_value(json_object_get(o, "state"));
    const char *in = json_string_value(json_object_get(o, "in"));
    const char *out = json_string_value(json_object_get(o, "out"));

    p->index = number(o, "i");
    p->state = state ? photo_state_from(state) : 0;
    if (!p->state || p->index < 0)
        return tt_fail(err, TT_FORMAT, "a photo's result makes no sense");
    copy(p->reason, sizeof(p->reason), o, "reason");
    copy(p->message, sizeof(p->message), o, "message");
    copy(p->flags, sizeof(p->flags), o, "flags");
    p->width = (int)number(o, "w");
    p->height = (int)number(o, "h");
    p->bits = (int)number(o, "bits");
    p->bytes_out = number(o, "bytes");
    p->ms = number(o, "ms");
    p->has_in = in;
    p->has_out = out;
    if ((in && tt_sha256_parse(in, &p->sha_in, err) < 0) ||
        (out && tt_sha256_parse(out, &p->sha_out, err) < 0))
        return -1;
    return 0;
}

static int photos_parse(const json_t *photos, struct job_result *r,
                        struct tt_error *err)
{
    size_t n = json_array_size(photos);

    r->photos = calloc(n + 1, sizeof(*r->photos));
    if (!r->photos)
        return tt_fail(err, TT_NOMEM, "no memory for %zu results", n);
    r->n_photos = n;
    for (size_t i = 0; i < n; i++) {
        if (photo_parse(json_array_get(photos, i), &r->photos[i], err) < 0)
            return -1;
    }
    return 0;
}

int job_result_parse(const char *text, struct job_result *r,
                     struct tt_error *err)
{
    json_t *error;

    memset(r, 0, sizeof(*r));
    r->body = parse(text, err);
    if (!r->body)
        return -1;
    if (photos_parse(json_object_get(r->body, "photos"), r, err) < 0) {
        job_result_release(r);
        return -1;
    }
    error = json_object_get(r->body, "error");
    if (error) {
        r->failed = true;
        r->code = (enum tt_code)number(error, "code");
        copy(r->text, sizeof(r->text), error, "text");
    }
    return 0;
}

void job_result_release(struct job_result *r)
{
    free(r->photos);
    json_decref(r->body);
    memset(r, 0, sizeof(*r));
}
