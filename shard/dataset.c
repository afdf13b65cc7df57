#include "shard/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "shard/format.h"

#define SCHEMA     "tintype-dataset"
#define SIZE_LIMIT (256u << 20) /* far beyond any list of shards */

json_t *shard_file_to_json(const struct shard_file *f)
{
    char sha256[TT_SHA256_HEX];

    return json_pack("{s:s, s:s, s:I, s:I, s:s}", "file", f->name, "split",
                     shard_split_word(f->split), "records",
                     (json_int_t)f->records, "bytes", (json_int_t)f->bytes,
                     "sha256", tt_sha256_text(&f->sha256, sha256));
}

static json_t *to_json(const struct shard_dataset *ds)
{
    json_t *records = json_object();
    json_t *shards = json_array();
    json_t *root;
    int bad = 0;

    for (int s = 0; s < SHARD_SPLITS; s++) {
        enum shard_split split = (enum shard_split)s;

        bad |= json_object_set_new(
            records, shard_split_word(split),
            json_integer((json_int_t)shard_dataset_records(ds, split)));
    }
    for (size_t i = 0; i < ds->n_files; i++)
        bad |= json_array_append_new(shards, shard_file_to_json(&ds->files[i]));
    root = json_pack("{s:s, s:i, s:o, s:o}", "schema", SCHEMA, "version",
                     SHARD_VERSION, "records", records, "shards", shards);
    if (root && ds->made)
        bad |= json_object_set(root, "made", ds->made);
    if (bad) {
        json_decref(root);
        return NULL;
    }
    return root;
}

int shard_dataset_write(struct shard_dataset *ds, const char *folder,
                        struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    json_t *root = to_json(ds);
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    int rc = -1;

    json_decref(root);
    if (!text)
        tt_fail(err, TT_NOMEM, "%s: no memory for %s", folder,
                SHARD_DATASET_FILE);
    else if (tt_path_join(path, sizeof(path), folder, SHARD_DATASET_FILE,
                          err) == 0 &&
             tt_sha256(text, strlen(text), &ds->sha256, err) == 0)
        rc = tt_file_write(path, text, strlen(text), err);
    free(text);
    return rc;
}

/* A name leads nowhere but into the data set's own folder. */
int shard_file_from_json(const json_t *item, struct shard_file *out,
                         struct tt_error *err)
{
    const char *name, *split, *sha256;
    json_int_t records, bytes;
    json_error_t why;

    if (json_unpack_ex((json_t *)item, &why, 0, "{s:s, s:s, s:I, s:I, s:s}",
                       "file", &name, "split", &split, "records", &records,
                       "bytes", &bytes, "sha256", &sha256) < 0)
        return tt_fail(err, TT_FORMAT, "shards: %s", why.text);
    if (!name[0] || name[0] == '.' || strchr(name, '/') ||
        strlen(name) >= sizeof(out->name))
        return tt_fail(err, TT_FORMAT, "shards: \"%s\" is no name of a shard",
                       name);
    out->split = shard_split_from(split);
    if (out->split == SHARD_SPLITS || records < 0 || bytes < 0)
        return tt_fail(err, TT_FORMAT, "shards: %s: impossible figures", name);
    memcpy(out->name, name, strlen(name) + 1);
    out->records = (uint64_t)records;
    out->bytes = (uint64_t)bytes;
    if (tt_sha256_parse(sha256, &out->sha256, err) < 0) {
        err->code = TT_FORMAT;
        return tt_wrap(err, "shards: %s", name);
    }
    return 0;
}

static int from_json(json_t *root, struct shard_dataset *out,
                     struct tt_error *err)
{
    json_t *shards = json_object_get(root, "shards");
    const char *schema = json_string_value(json_object_get(root, "schema"));
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    size_t n = json_array_size(shards);

    if (!schema || strcmp(schema, SCHEMA) != 0)
        return tt_fail(err, TT_FORMAT, "not a data set of tintype");
    if (version > SHARD_VERSION)
        return tt_fail(err, TT_FORMAT, "made by a newer version (format %lld)",
                       (long long)version);
    if (version < 1 || !json_is_array(shards))
        return tt_fail(err, TT_FORMAT, "damaged: no version or no shards");
    out->files = calloc(n + 1, sizeof(*out->files));
    if (!out->files)
        return tt_fail(err, TT_NOMEM, "no memory for its shards");
    for (; out->n_files < n; out->n_files++)
        if (shard_file_from_json(json_array_get(shards, out->n_files),
                                 &out->files[out->n_files], err) < 0)
            return -1;
    out->made = json_incref(json_object_get(root, "made"));
    return 0;
}

int shard_dataset_read(struct shard_dataset *out, const char *folder,
                       struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    char *text = NULL;
    json_t *root = NULL;
    json_error_t why;
    size_t size;

    memset(out, 0, sizeof(*out));
    if (tt_path_join(path, sizeof(path), folder, SHARD_DATASET_FILE, err) < 0)
        return -1;
    if (tt_file_read(path, SIZE_LIMIT, &text, &size, err) < 0) {
        if (err->code == TT_MISSING)
            tt_fail(err, TT_MISSING, "%s: no data set there (no %s)", folder,
                    SHARD_DATASET_FILE);
        return -1;
    }
    root = json_loadb(text, size, 0, &why);
    if (!root) {
        tt_fail(err, TT_FORMAT, "damaged, line %d: %s", why.line, why.text);
        goto fail;
    }
    if (from_json(root, out, err) < 0 ||
        tt_sha256(text, size, &out->sha256, err) < 0)
        goto fail;
    json_decref(root);
    free(text);
    return 0;

fail:
    tt_wrap(err, "%s", path);
    json_decref(root);
    free(text);
    shard_dataset_release(out);
    return -1;
}

uint64_t shard_dataset_records(const struct shard_dataset *ds,
                               enum shard_split split)
{
    uint64_t n = 0;

    for (size_t i = 0; i < ds->n_files; i++)
        if (ds->files[i].split == split)
            n += ds->files[i].records;
    return n;
}

void shard_dataset_release(struct shard_dataset *ds)
{
    if (!ds)
        return;
    free(ds->files);
    json_decref(ds->made);
    memset(ds, 0, sizeof(*ds));
}
