#include "ingest/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

const struct ingest_source_ops *const ingest_sources[] = {
    &ingest_source_folder, &ingest_source_tar,  &ingest_source_list,
    &ingest_source_imdb,   &ingest_source_wiki, NULL,
};

struct ingest_source {
    const struct ingest_source_ops *ops;
    void *state;
    char *spec; /* for messages */
};

void ingest_photo_release(struct ingest_photo *photo)
{
    free(photo->path);
    free(photo->bytes);
    memset(photo, 0, sizeof(*photo));
}

/* A chain: the digest so far and the new line give the next one. */
int ingest_survey_add(struct ingest_survey *to, const char *path,
                      const struct stat *st, bool is_photo,
                      struct tt_error *err)
{
    char line[TT_SHA256_SIZE + TT_PATH_SIZE + 128];
    int n;

    memcpy(line, to->digest.bytes, TT_SHA256_SIZE);
    n = snprintf(line + TT_SHA256_SIZE, sizeof(line) - TT_SHA256_SIZE,
                 "%lld %lld.%09ld %s", st ? (long long)st->st_size : -1,
                 st ? (long long)st->st_mtim.tv_sec : 0,
                 st ? st->st_mtim.tv_nsec : 0, path);
    if (n < 0 || (size_t)n >= sizeof(line) - TT_SHA256_SIZE)
        return tt_fail(err, TT_INPUT, "%s: the path is too long", path);
    to->photos += is_photo;
    return tt_sha256(line, TT_SHA256_SIZE + (size_t)n, &to->digest, err);
}

/* The kind that is named before a colon; *where is what follows it. */
static const struct ingest_source_ops *named_kind(const char *spec,
                                                  const char **where)
{
    size_t len = strcspn(spec, ":");

    for (size_t i = 0; spec[len] && ingest_sources[i]; i++)
        if (strncmp(ingest_sources[i]->name, spec, len) == 0 &&
            ingest_sources[i]->name[len] == '\0') {
            *where = spec + len + 1;
            return ingest_sources[i];
        }
    return NULL;
}

static int find_kind(const char *spec, const struct ingest_source_ops **ops,
                     const char **where, struct tt_error *err)
{
    struct stat st;

    *ops = named_kind(spec, where);
    if (*ops)
        return 0;
    *where = spec;
    if (stat(spec, &st) < 0)
        return tt_fail_errno(err, TT_MISSING, "%s", spec);
    *ops = S_ISDIR(st.st_mode) ? &ingest_source_folder : &ingest_source_tar;
    return 0;
}

int ingest_source_open(struct ingest_source **out, const char *spec,
                       struct tt_error *err)
{
    const struct ingest_source_ops *ops;
    struct ingest_source *s;
    const char *where;

    *out = NULL;
    if (find_kind(spec, &ops, &where, err) < 0)
        return -1;
    s = calloc(1, sizeof(*s));
    if (!s)
        return tt_fail(err, TT_NOMEM, "no memory for source %s", spec);
    s->ops = ops;
    s->spec = strdup(spec);
    s->state = calloc(1, ops->state_size);
    if (!s->spec || !s->state) {
        tt_fail(err, TT_NOMEM, "no memory for source %s", spec);
        goto fail;
    }
    if (ops->open(s->state, where, err) < 0)
        goto fail;
    *out = s;
    return 0;

fail:
    ingest_source_close(s);
    return -1;
}

int ingest_source_survey(struct ingest_source *s, struct ingest_survey *out,
                         struct tt_error *err)
{
    memset(out, 0, sizeof(*out));
    if (s->ops->survey(s->state, out, err) < 0)
        return tt_wrap(err, "source %s", s->spec);
    return 0;
}

int ingest_source_next(struct ingest_source *s, uint64_t max_bytes,
                       struct ingest_photo *photo, struct tt_error *err)
{
    int rc;

    memset(photo, 0, sizeof(*photo));
    rc = s->ops->next(s->state, max_bytes, photo, err);
    if (rc < 0)
        tt_wrap(err, "source %s", s->spec);
    if (rc <= 0)
        ingest_photo_release(photo);
    return rc;
}

void ingest_source_close(struct ingest_source *s)
{
    if (!s)
        return;
    if (s->state)
        s->ops->close(s->state);
    free(s->state);
    free(s->spec);
    free(s);
}

int ingest_source_read(const char *file, const char *path, uint64_t max_bytes,
                       struct ingest_photo *out, struct tt_error *err)
{
    struct tt_error why;
    struct stat st;
    char *bytes;
    size_t size;

    out->path = strdup(path);
    if (!out->path)
        return tt_fail(err, TT_NOMEM, "%s: no memory for its name", path);
    if (tt_file_read(file, max_bytes, &bytes, &size, &why) == 0) {
        out->bytes = (uint8_t *)bytes;
        out->size = size;
        return 1;
    }
    if (why.code == TT_NOMEM) {
        *err = why;
        return -1;
    }
    out->trouble = INGEST_DENIED;
    if (why.code == TT_INPUT && stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
        out->trouble = INGEST_HUGE;
        out->size = (uint64_t)st.st_size;
    }
    return 1;
}
