#include "model/checkpoint.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/half.h"
#include "shard/h5.h"

#define FORMAT     "tintype checkpoint"
#define TEXT_LIMIT 60000 // bytes of an attribute

/* One block of numbers as a set of arrays: the tensors of the parameters or of
 * the running statistics, under a folder's name. */
struct block {
    const char *folder;
    float *values;
    bool stats, half;
};

/* A file on its way, with the text that its hash is made of: the header and a
 * line an array. */
struct passage {
    struct shard_h5 *file;
    char *lines;
    size_t used, size;
    void *buffer; /* of the largest tensor */
};

static void passage_release(struct passage *p)
{
    free(p->lines);
    free(p->buffer);
    p->lines = p->buffer = NULL;
}

static int passage_init(struct passage *p, const struct model_unet *u,
                        struct tt_error *err)
{
    size_t most = 0;

    for (int i = 0; i < u->tensors + u->stat_tensors; i++)
        if (u->tensor[i].count > most)
            most = u->tensor[i].count;
    p->size = TEXT_LIMIT + (size_t)MODEL_TENSORS * 5 * 128;
    p->used = 0;
    p->lines = malloc(p->size);
    p->buffer = malloc(most * sizeof(float));
    if (p->lines && p->buffer)
        return 0;
    passage_release(p);
    return tt_fail(err, TT_NOMEM, "no memory for a checkpoint");
}

/* Add an array's name, type and bytes to what is hashed. */
static int passage_note(struct passage *p, const char *name, size_t width,
                        const void *data, size_t count, struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    struct tt_sha256 h;

    if (tt_sha256(data, count * width, &h, err) < 0)
        return -1;
    p->used += (size_t)snprintf(p->lines + p->used, p->size - p->used,
                                "%s %zu %zu %s\n", name, width, count,
                                tt_sha256_text(&h, hex));
    return 0;
}

static int passage_hash(struct passage *p, const char *header,
                        char hex[TT_SHA256_HEX], struct tt_error *err)
{
    struct tt_sha256 h;

    p->used +=
        (size_t)snprintf(p->lines + p->used, p->size - p->used, "%s", header);
    if (tt_sha256(p->lines, p->used, &h, err) < 0)
        return -1;
    tt_sha256_text(&h, hex);
    return 0;
}

/* The tensors of a block, as a range of the network's list. */
static const struct model_tensor *block_tensors(const struct model_unet *u,
                                                const struct block *b, int *n)
{
    *n = b->stats ? u->stat_tensors : u->tensors;
    return u->tensor + (b->stats ? u->tensors : 0);
}

static int write_tensor(struct passage *p, const struct block *b,
                        const struct model_tensor *t, struct tt_error *err)
{
    const float *from = b->values + t->offset;
    const void *data = from;
    uint64_t dim[4];
    char name[64];

    for (int i = 0; i < t->rank; i++)
        dim[i] = (uint64_t)t->shape[i];
    if (b->half) {
        uint16_t *h = p->buffer;

        for (size_t i = 0; i < t->count; i++)
            h[i] = model_half_from(from[i]);
        data = h;
    }
    snprintf(name, sizeof(name), "%.30s/%.30s", b->folder, t->name);
    if (shard_h5_write(p->file, name, b->half ? SHARD_H5_F16 : SHARD_H5_F32,
                       t->rank, dim, data, err) < 0)
        return -1;
    return passage_note(p, name, b->half ? 2 : 4, data, t->count, err);
}

static int write_block(struct passage *p, const struct model_unet *u,
                       const struct block *b, struct tt_error *err)
{
    int n;
    const struct model_tensor *t = block_tensors(u, b, &n);

    for (int i = 0; i < n; i++)
        if (write_tensor(p, b, &t[i], err) < 0)
            return -1;
    return 0;
}

static int read_tensor(struct passage *p, const struct block *b,
                       const struct model_tensor *t, struct tt_error *err)
{
    float *to = b->values + t->offset;
    struct shard_h5_shape shape;
    void *data = b->half ? p->buffer : to;
    char name[64];
    int rc;

    snprintf(name, sizeof(name), "%.30s/%.30s", b->folder, t->name);
    rc = shard_h5_shape(p->file, name, &shape, err);
    if (rc < 0)
        return -1;
    if (rc == 0 || shape.count != t->count)
        return tt_fail(err, TT_FORMAT, "%s is missing or of another size",
                       name);
    if (shard_h5_read(p->file, name, b->half ? SHARD_H5_F16 : SHARD_H5_F32,
                      t->count, data, err) < 0)
        return -1;
    if (b->half)
        for (size_t i = 0; i < t->count; i++)
            to[i] = model_half_to(((const uint16_t *)data)[i]);
    return passage_note(p, name, b->half ? 2 : 4, data, t->count, err);
}

static int read_block(struct passage *p, const struct model_unet *u,
                      const struct block *b, struct tt_error *err)
{
    int n;
    const struct model_tensor *t = block_tensors(u, b, &n);

    for (int i = 0; i < n; i++)
        if (read_tensor(p, b, &t[i], err) < 0)
            return -1;
    return 0;
}

/* What stands under one hash: all that is needed for use, or the state of
 * training, so that using a checkpoint need not read the latter. */
struct part {
    const char *hash;
    int blocks;
    struct block block[4];
};

static struct part part_of_use(struct model_params *params, bool half)
{
    return (struct part){"sha256",
                         2,
                         {{"weights", params->values, false, half},
                          {"statistics", params->stats, true, false}}};
}

static struct part part_of_training(struct model_training *t)
{
    return (struct part){"training_sha256",
                         4,
                         {{"training/weights", t->values, false, false},
                          {"training/statistics", t->stats, true, false},
                          {"training/m", t->m, false, false},
                          {"training/v", t->v, false, false}}};
}

static json_t *training_json(const struct model_training *t)
{
    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "epoch",
                     (json_int_t)t->epoch, "batch", (json_int_t)t->batch,
                     "step", (json_int_t)t->step, "best", t->best, "elapsed_s",
                     t->elapsed_s, "loss_sum", t->loss_sum);
}

/* The header's text, for the caller to free. */
static char *header_text(const struct model_checkpoint *c, bool half,
                         const struct model_training *t, struct tt_error *err)
{
    json_t *about = c->about ? json_loads(c->about, 0, NULL) : json_object();
    json_t *root;
    char *text = NULL;

    if (!about) {
        tt_fail(err, TT_BUG, "what a checkpoint says of itself is not JSON");
        return NULL;
    }
    root = json_pack("{s:s, s:s, s:i, s:f, s:I, s:I, s:s, s:o}", "preset",
                     c->unet.preset->name, "weights", half ? "f16" : "f32",
                     "side", c->side, "gain", (double)c->gain, "step",
                     (json_int_t)c->step, "images", (json_int_t)c->images,
                     "name", c->name ? c->name : "", "about", about);
    if (root && t && json_object_set_new(root, "training", training_json(t))) {
        json_decref(root);
        root = NULL;
    }
    if (root)
        text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(root);
    if (!text)
        tt_fail(err, TT_NOMEM, "no memory for a checkpoint's header");
    else if (strlen(text) > TEXT_LIMIT) {
        tt_fail(err, TT_INPUT, "a checkpoint's own words are over %d bytes",
                TEXT_LIMIT);
        free(text);
        text = NULL;
    }
    return text;
}

static int write_part(struct passage *p, const struct model_unet *u,
                      const struct part *part, const char *header,
                      struct tt_error *err)
{
    char hex[TT_SHA256_HEX];

    p->used = 0;
    for (int i = 0; i < part->blocks; i++)
        if (write_block(p, u, &part->block[i], err) < 0)
            return -1;
    if (passage_hash(p, header, hex, err) < 0)
        return -1;
    return shard_h5_text_set(p->file, "/", part->hash, hex, err);
}

static int write_all(struct passage *p, const struct model_checkpoint *c,
                     bool half, struct model_training *t, struct tt_error *err)
{
    char *header = header_text(c, half, t, err);
    struct part part = part_of_use(c->params, half);
    int rc = header ? 0 : -1;

    if (rc == 0)
        rc = shard_h5_text_set(p->file, "/", "format", FORMAT, err);
    if (rc == 0)
        rc = shard_h5_int_set(p->file, "/", "version", MODEL_CHECKPOINT_VERSION,
                              err);
    if (rc == 0)
        rc = shard_h5_text_set(p->file, "/", "header", header, err);
    if (rc == 0)
        rc = write_part(p, &c->unet, &part, header, err);
    if (rc == 0 && t) {
        part = part_of_training(t);
        rc = write_part(p, &c->unet, &part, header, err);
    }
    free(header);
    return rc;
}

int model_checkpoint_save(const struct model_checkpoint *c, const char *path,
                          enum model_checkpoint_kind kind,
                          struct tt_sha256 *sha256, struct tt_error *err)
{
    struct model_training *t =
        kind == MODEL_CHECKPOINT_FULL ? c->training : NULL;
    struct passage p = {0};
    int rc;

    if (passage_init(&p, &c->unet, err) < 0)
        return tt_wrap(err, "%s", path);
    rc = shard_h5_create(&p.file, path, err);
    if (rc == 0)
        rc = write_all(&p, c, kind == MODEL_CHECKPOINT_F16, t, err);
    if (rc == 0)
        rc = shard_h5_finish(p.file, err);
    else
        shard_h5_abandon(p.file);
    passage_release(&p);
    if (rc == 0 && sha256)
        rc = tt_sha256_file(path, sha256, NULL, err);
    return rc < 0 ? tt_wrap(err, "%s", path) : 0;
}

/* An attribute's text, for the caller to free. */
static char *read_text(struct shard_h5 *f, const char *name,
                       struct tt_error *err)
{
    size_t size;
    char *text;

    if (shard_h5_text_size(f, "/", name, &size, err) < 0)
        return NULL;
    if (size > TEXT_LIMIT) {
        tt_fail(err, TT_FORMAT, "attribute %s is too long", name);
        return NULL;
    }
    text = malloc(size + 1);
    if (!text) {
        tt_fail(err, TT_NOMEM, "no memory for attribute %s", name);
        return NULL;
    }
    if (shard_h5_text_get(f, "/", name, text, size + 1, err) < 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int check_format(struct shard_h5 *f, struct tt_error *err)
{
    char *format = read_text(f, "format", err);
    int64_t version;
    bool ours;

    if (!format)
        return tt_fail(err, TT_FORMAT, "not a checkpoint");
    ours = strcmp(format, FORMAT) == 0;
    free(format);
    if (!ours)
        return tt_fail(err, TT_FORMAT, "not a checkpoint");
    if (shard_h5_int_get(f, "/", "version", &version, err) < 0)
        return -1;
    if (version > MODEL_CHECKPOINT_VERSION)
        return tt_fail(err, TT_FORMAT,
                       "version %" PRId64 " is newer than this program's %d",
                       version, MODEL_CHECKPOINT_VERSION);
    if (version < 1)
        return tt_fail(err, TT_FORMAT, "version %" PRId64, version);
    return 0;
}

static int parse_training(struct model_training *t, json_t *from,
                          struct tt_error *err)
{
    json_int_t epoch, batch, step;

    if (json_unpack(from, "{s:I, s:I, s:I, s:F, s:F, s:F}", "epoch", &epoch,
                    "batch", &batch, "step", &step, "best", &t->best,
                    "elapsed_s", &t->elapsed_s, "loss_sum", &t->loss_sum) < 0)
        return tt_fail(err, TT_FORMAT, "the state of training is not whole");
    t->epoch = (uint64_t)epoch;
    t->batch = (uint64_t)batch;
    t->step = (uint64_t)step;
    return 0;
}

/* Take the header's values over; *half and *training tell what else to read. */
static int parse_header(struct model_checkpoint *c, json_t *root, bool *half,
                        json_t **training, struct tt_error *err)
{
    const char *preset, *weights, *name;
    const struct model_preset *found;
    json_int_t step, images;
    json_t *about;
    double gain;

    if (json_unpack(root, "{s:s, s:s, s:i, s:F, s:I, s:I, s:s, s:o}", "preset",
                    &preset, "weights", &weights, "side", &c->side, "gain",
                    &gain, "step", &step, "images", &images, "name", &name,
                    "about", &about) < 0 ||
        !isfinite(gain) || c->side < MODEL_SIDE_STEP ||
        c->side % MODEL_SIDE_STEP || c->side > 4096)
        return tt_fail(err, TT_FORMAT, "the header is not whole");
    found = model_preset_find(preset, err);
    if (!found) {
        err->code = TT_FORMAT;
        return -1;
    }
    model_unet_init(&c->unet, found);
    c->gain = (float)gain;
    c->step = (uint64_t)step;
    c->images = (uint64_t)images;
    *half = strcmp(weights, "f16") == 0;
    *training = json_object_get(root, "training");
    c->name = strdup(name);
    c->about = json_dumps(about, JSON_COMPACT);
    if (!c->name || !c->about)
        return tt_fail(err, TT_NOMEM, "no memory for a checkpoint");
    return 0;
}

static int check_hash(struct passage *p, const char *name, const char *header,
                      struct tt_error *err)
{
    char hex[TT_SHA256_HEX], *stored;
    bool same;

    if (passage_hash(p, header, hex, err) < 0)
        return -1;
    stored = read_text(p->file, name, err);
    if (!stored)
        return -1;
    same = strcmp(stored, hex) == 0;
    free(stored);
    if (!same)
        return tt_fail(err, TT_FORMAT, "damaged: its SHA-256 does not fit");
    return 0;
}

static int read_part(struct model_checkpoint *c, struct passage *p,
                     const struct part *part, const char *header,
                     struct tt_error *err)
{
    p->used = 0;
    for (int i = 0; i < part->blocks; i++)
        if (read_block(p, &c->unet, &part->block[i], err) < 0)
            return -1;
    return check_hash(p, part->hash, header, err);
}

static int read_all(struct model_checkpoint *c, struct passage *p,
                    const char *header, bool with_training,
                    struct tt_error *err)
{
    json_t *root = json_loads(header, 0, NULL), *training = NULL;
    struct part part;
    bool half = false;
    int rc;

    if (!root)
        return tt_fail(err, TT_FORMAT, "damaged: its header is not JSON");
    rc = parse_header(c, root, &half, &training, err);
    if (rc == 0)
        rc = passage_init(p, &c->unet, err);
    if (rc == 0)
        rc = model_params_new(&c->params, &c->unet, err);
    if (rc == 0) {
        part = part_of_use(c->params, half);
        rc = read_part(c, p, &part, header, err);
    }
    if (rc == 0 && training && with_training) {
        rc = model_training_new(&c->training, &c->unet, err);
        if (rc == 0)
            rc = parse_training(c->training, training, err);
        if (rc == 0) {
            part = part_of_training(c->training);
            rc = read_part(c, p, &part, header, err);
        }
    }
    json_decref(root);
    return rc;
}

int model_checkpoint_load(struct model_checkpoint *c, const char *path,
                          bool with_training, struct tt_error *err)
{
    struct passage p = {0};
    char *header = NULL;
    int rc;

    memset(c, 0, sizeof(*c));
    rc = shard_h5_open(&p.file, path, err);
    if (rc < 0)
        return -1; // names the file already
    rc = check_format(p.file, err);
    if (rc == 0) {
        header = read_text(p.file, "header", err);
        rc = header ? read_all(c, &p, header, with_training, err) : -1;
    }
    free(header);
    shard_h5_close(p.file);
    passage_release(&p);
    if (rc == 0)
        return 0;
    if (err->code == TT_MISSING)
        err->code = TT_FORMAT; // not the file: a part of it
    model_checkpoint_release(c);
    return tt_wrap(err, "checkpoint %s", path);
}

int model_training_new(struct model_training **out, const struct model_unet *u,
                       struct tt_error *err)
{
    struct model_training *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (!t)
        return tt_fail(err, TT_NOMEM, "no memory for the state of training");
    t->best = -1;
    t->values = calloc(3 * u->net.params + u->net.stats, sizeof(float));
    if (!t->values) {
        model_training_free(t);
        return tt_fail(err, TT_NOMEM, "no memory for the state of training");
    }
    t->m = t->values + u->net.params;
    t->v = t->m + u->net.params;
    t->stats = t->v + u->net.params;
    *out = t;
    return 0;
}

void model_training_free(struct model_training *t)
{
    if (!t)
        return;
    free(t->values);
    free(t);
}

void model_checkpoint_release(struct model_checkpoint *c)
{
    model_params_free(c->params);
    model_training_free(c->training);
    free(c->name);
    free(c->about);
    memset(c, 0, sizeof(*c));
}
