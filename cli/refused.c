#include "cli/refused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "image/load.h"
#include "ingest/ingest.h"
#include "model/random.h"
#include "shard/dataset.h"

/* --- the report --- */

/* The path of a line: its bytes, where it is no text. malloc'ed. */
static char *path_of(const json_t *line)
{
    const char *hex = json_string_value(json_object_get(line, "path_bytes"));
    const char *text = json_string_value(json_object_get(line, "path"));
    char *path;

    if (!hex)
        return text ? strdup(text) : NULL;
    path = calloc(1, strlen(hex) / 2 + 1);
    for (size_t i = 0; path && hex[2 * i] && hex[2 * i + 1]; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        path[i] = (char)strtol(two, NULL, 16);
    }
    return path;
}

/* Where the next one of that verdict goes: each has the same chance to stay
 * (Vitter's algorithm R). */
static struct cli_refused_photo *
place(struct cli_refused *r, enum ingest_verdict v, int each, uint64_t seed)
{
    uint64_t seen = r->count[v]++;
    struct cli_refused_photo *first = r->photos + (size_t)v * (size_t)each;
    uint64_t at = seen;

    if (seen >= (uint64_t)each)
        at = model_random(seed, (uint64_t)v, seen) % (seen + 1);
    if (at >= (uint64_t)each)
        return NULL;
    free(first[at].path);
    first[at].path = NULL;
    return &first[at];
}

static int take(struct cli_refused *r, const json_t *line, int each,
                uint64_t seed, struct tt_error *err)
{
    const char *word = json_string_value(json_object_get(line, "verdict"));
    struct cli_refused_photo *to;
    enum ingest_verdict v;

    if (!word || ingest_verdict_parse(word, &v) < 0)
        return tt_fail(err, TT_FORMAT, "not a line of a report");
    if (v == INGEST_KEPT)
        return 0;
    to = place(r, v, each, seed);
    if (!to)
        return 0;
    to->verdict = v;
    to->value = json_number_value(json_object_get(line, "value"));
    to->threshold = json_number_value(json_object_get(line, "threshold"));
    to->source = (unsigned)json_integer_value(json_object_get(line, "source"));
    to->path = path_of(line);
    return to->path ? 0 : tt_fail(err, TT_FORMAT, "a line without a path");
}

static int read_lines(struct cli_refused *r, FILE *file, int each,
                      uint64_t seed, struct tt_error *err)
{
    char *text = NULL;
    size_t room = 0;
    long number = 0;
    int rc = 0;

    while (rc == 0 && getline(&text, &room, file) >= 0) {
        json_t *line = json_loads(text, 0, NULL);

        number++;
        rc = take(r, line, each, seed, err);
        if (rc < 0)
            tt_wrap(err, "line %ld", number);
        json_decref(line);
    }
    if (rc == 0 && ferror(file))
        rc = tt_fail_errno(err, TT_IO, "reading it");
    free(text);
    return rc;
}

/* The places that were not taken go. */
static void close_ranks(struct cli_refused *r)
{
    size_t all = r->photos ? r->n : 0;

    r->n = 0;
    for (size_t i = 0; i < all; i++) {
        if (r->photos[i].path)
            r->photos[r->n++] = r->photos[i];
    }
}

int cli_refused_open(struct cli_refused *r, const char *folder, int each,
                     uint64_t seed, struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    FILE *file;
    int rc;

    memset(r, 0, sizeof(*r));
    if (tt_path_join(path, sizeof(path), folder, INGEST_REPORT_FILE, err) < 0)
        return -1;
    file = fopen(path, "re");
    if (!file)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             path);
    r->n = (size_t)INGEST_VERDICT_COUNT * (size_t)each;
    r->photos = calloc(r->n, sizeof(*r->photos));
    rc = r->photos ? read_lines(r, file, each, seed, err)
                   : tt_fail(err, TT_NOMEM, "no memory for %zu photos", r->n);
    fclose(file);
    if (rc < 0)
        return tt_wrap(err, "%s", path);
    close_ranks(r);
    return 0;
}

/* --- pictures --- */

/* What could not be read then is not tried again. */
static bool can_be_shown(enum ingest_verdict v)
{
    return v != INGEST_EMPTY && v != INGEST_NOT_IMAGE &&
           v != INGEST_TRUNCATED && v != INGEST_UNREADABLE &&
           v != INGEST_TOO_LARGE;
}

static void look(struct cli_refused_photo *photo, const struct ingest_photo *p,
                 int side)
{
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    struct tt_error ignored;

    if (!p->bytes)
        return;
    image_limits_init(&limits);
    if (image_load_small(p->bytes, (size_t)p->size, &limits, side,
                         &photo->small, &facts, &reason, &ignored) < 0)
        photo->small.rgb = NULL;
}

static int read_again(struct cli_refused *r, const json_t *sources, int side,
                      struct tt_error *err)
{
    size_t n_specs = json_array_size(sources), n = 0;
    const char **specs = calloc(n_specs + 1, sizeof(*specs));
    struct ingest_again *want = calloc(r->n + 1, sizeof(*want));
    size_t *whose = calloc(r->n + 1, sizeof(*whose));
    struct ingest_gate gate;
    int rc = specs && want && whose ? 0 : -1;

    ingest_gate_init(&gate);
    if (rc < 0)
        tt_fail(err, TT_NOMEM, "no memory for %zu photos", r->n);
    for (size_t i = 0; rc == 0 && i < n_specs; i++) {
        specs[i] = json_string_value(
            json_object_get(json_array_get(sources, i), "spec"));
        if (!specs[i])
            rc = tt_fail(err, TT_FORMAT, "a source without a name");
    }
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        if (!can_be_shown(r->photos[i].verdict))
            continue;
        whose[n] = i;
        want[n++] = (struct ingest_again){.source = r->photos[i].source,
                                          .path = r->photos[i].path};
    }
    if (rc == 0)
        rc = ingest_again_read(specs, n_specs, gate.max_bytes, want, n, err);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0)
            look(&r->photos[whose[i]], &want[i].photo, side);
        ingest_photo_release(&want[i].photo);
    }
    free(specs);
    free(want);
    free(whose);
    return rc;
}

int cli_refused_look(struct cli_refused *r, const char *folder, int side,
                     struct tt_error *err)
{
    struct shard_dataset ds;
    int rc;

    if (shard_dataset_read(&ds, folder, err) < 0)
        return -1;
    rc = read_again(r, json_object_get(ds.made, "sources"), side, err);
    shard_dataset_release(&ds);
    return rc;
}

void cli_refused_release(struct cli_refused *r)
{
    for (size_t i = 0; r->photos && i < r->n; i++) {
        image_small_release(&r->photos[i].small);
        free(r->photos[i].path);
    }
    free(r->photos);
    memset(r, 0, sizeof(*r));
}
