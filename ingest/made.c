#include "ingest/made.h"

#include <stdlib.h>
#include <string.h>

static json_t *settings(const struct ingest_plan *plan)
{
    const struct ingest_gate *g = &plan->gate;
    json_t *o = json_pack(
        "{s:I, s:I, s:I, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:b, "
        "s:f, "
        "s:b, s:f, s:f, s:f, s:I}",
        "max_pixels", (json_int_t)g->max_pixels, "max_whole",
        (json_int_t)g->max_whole, "max_bytes", (json_int_t)g->max_bytes,
        "min_side", g->min_side, "max_aspect", g->max_aspect, "blank", g->blank,
        "dark", g->dark, "gray_c95", g->gray_c95, "tone_r90", g->tone_r90,
        "tone_cr90", g->tone_cr90, "blur", g->blur, "near", (int)g->near,
        "faces", (int)g->faces, "face_score", g->face_score, "one_face",
        (int)g->one_face, "max_age", g->max_age, "train", plan->split.train,
        "val", plan->split.val, "shard_records",
        (json_int_t)plan->shard_records);

    if (o && plan->count) {
        json_object_set_new(o, "first", json_integer((json_int_t)plan->first));
        json_object_set_new(o, "count", json_integer((json_int_t)plan->count));
    }
    return o;
}

int ingest_made_plan(const struct ingest_plan *plan,
                     const struct ingest_survey *surveys, json_t **out,
                     struct tt_error *err)
{
    json_t *sources = json_array();
    int bad = 0;

    *out = NULL;
    for (size_t i = 0; i < plan->n_sources; i++) {
        json_t *spec = json_string(plan->sources[i]);
        char hex[TT_SHA256_HEX];

        if (!spec) {
            json_decref(sources);
            return tt_fail(err, TT_USAGE, "%s: the name is not UTF-8",
                           plan->sources[i]);
        }
        tt_sha256_text(&surveys[i].digest, hex);
        bad |= json_array_append_new(
            sources, json_pack("{s:o, s:s}", "spec", spec, "digest", hex));
    }
    *out = json_pack("{s:s, s:o, s:o}", "generator", "tintype " TT_VERSION,
                     "sources", sources, "settings", settings(plan));
    if (!*out || bad) {
        json_decref(*out);
        *out = NULL;
        return tt_fail(err, TT_NOMEM, "no memory for the plan");
    }
    return 0;
}

int ingest_made_finish(json_t *made, const struct ingest_outcome *out,
                       struct tt_error *err)
{
    json_t *verdicts = json_object();
    int bad = 0;

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++)
        if (out->verdicts[v] || v == INGEST_KEPT)
            bad |= json_object_set_new(
                verdicts, ingest_verdict_word((enum ingest_verdict)v),
                json_integer((json_int_t)out->verdicts[v]));
    bad |= json_object_set_new(made, "verdicts", verdicts);
    bad |=
        json_object_set_new(made, "seen", json_integer((json_int_t)out->seen));
    bad |= json_object_set_new(made, "bytes",
                               json_integer((json_int_t)out->bytes));
    return bad ? tt_fail(err, TT_NOMEM, "no memory for the outcome") : 0;
}

int ingest_made_read(const struct shard_dataset *ds, struct ingest_outcome *out,
                     struct tt_error *err)
{
    json_t *verdicts = json_object_get(ds->made, "verdicts");
    const char *word;
    json_t *count;

    json_object_foreach(verdicts, word, count)
    {
        enum ingest_verdict v;

        /* one that only a later version knows still counts as seen */
        if (ingest_verdict_parse(word, &v) == 0)
            out->verdicts[v] = (uint64_t)json_integer_value(count);
    }
    out->seen = (uint64_t)json_integer_value(json_object_get(ds->made, "seen"));
    out->sha256 = ds->sha256;
    out->shards = malloc((ds->n_files + 1) * sizeof(*out->shards));
    if (!out->shards)
        return tt_fail(err, TT_NOMEM, "no memory for the outcome");
    memcpy(out->shards, ds->files, ds->n_files * sizeof(*out->shards));
    out->n_shards = ds->n_files;
    for (size_t i = 0; i < ds->n_files; i++) {
        out->bytes += ds->files[i].bytes;
        out->records[ds->files[i].split] += ds->files[i].records;
    }
    return 0;
}

/* Only "spec" is compared: a plan that was carried out elsewhere is another. */
static bool same_specs(const json_t *a, const json_t *b)
{
    size_t n = json_array_size(a);

    if (n != json_array_size(b))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!json_equal(json_object_get(json_array_get(a, i), "spec"),
                        json_object_get(json_array_get(b, i), "spec")))
            return false;
    return true;
}

bool ingest_made_judges_alike(const json_t *a, const json_t *b)
{
    static const char *const apart[] = {"train", "val", "shard_records",
                                        "first", "count"};
    json_t *x = json_copy(json_object_get(a, "settings"));
    json_t *y = json_copy(json_object_get(b, "settings"));
    bool alike;

    for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
        json_object_del(x, apart[i]);
        json_object_del(y, apart[i]);
    }
    alike = json_equal(x, y) && json_equal(json_object_get(a, "generator"),
                                           json_object_get(b, "generator"));
    json_decref(x);
    json_decref(y);
    return alike;
}

enum ingest_same ingest_made_compare(const json_t *made, const json_t *plan)
{
    const json_t *before = json_object_get(made, "sources");
    const json_t *now = json_object_get(plan, "sources");

    if (!json_equal(json_object_get(made, "settings"),
                    json_object_get(plan, "settings")) ||
        !same_specs(before, now))
        return INGEST_OTHER;
    return json_equal(before, now) ? INGEST_SAME : INGEST_OUTDATED;
}

int ingest_made_digest(const json_t *plan, struct tt_sha256 *out,
                       struct tt_error *err)
{
    char *text = json_dumps(plan, JSON_COMPACT | JSON_SORT_KEYS);
    int rc;

    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for the plan");
    rc = tt_sha256(text, strlen(text), out, err);
    free(text);
    return rc;
}
