#include "model/checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint_header.h"
#include "model/half.h"
#include "shard/h5.h"

#define FORMAT "tintype checkpoint"

/* One block of numbers as a set of arrays: the tensors of the parameters or of
 * the running statistics, under a folder's name. */
struct block {
    const struct model_wiring *wiring;
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
};

static void passage_release(struct passage *p)
{
    free(p->lines);
    p->lines = NULL;
}

static int passage_init(struct passage *p, struct tt_error *err)
{
    p->size = CHECKPOINT_TEXT_LIMIT + (size_t)MODEL_TENSORS * 8 * 128;
    p->used = 0;
    p->lines = malloc(p->size);
    return p->lines ? 0 : tt_fail(err, TT_NOMEM, "no memory for a checkpoint");
}

/* A tensor in the file. */
static enum shard_h5_type block_type(const struct block *b)
{
    return b->half ? SHARD_H5_F16 : SHARD_H5_F32;
}

static size_t block_width(const struct block *b)
{
    return b->half ? sizeof(uint16_t) : sizeof(float);
}

struct name {
    char text[64];
};

static struct name tensor_name(const struct block *b,
                               const struct model_tensor *t)
{
    struct name name;

    snprintf(name.text, sizeof(name.text), "%.30s/%.30s", b->folder, t->name);
    return name;
}

/* Add an array's name, type, size and hash to what is hashed. */
static void passage_note(struct passage *p, const struct block *b,
                         const struct model_tensor *t,
                         const struct tt_sha256 *h)
{
    char hex[TT_SHA256_HEX];

    p->used +=
        (size_t)snprintf(p->lines + p->used, p->size - p->used,
                         "%s %zu %zu %s\n", tensor_name(b, t).text,
                         block_width(b), t->count, tt_sha256_text(h, hex));
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
static const struct model_tensor *block_tensors(const struct block *b, int *n)
{
    const struct model_wiring *w = b->wiring;

    *n = b->stats ? w->stat_tensors : w->tensors;
    return w->tensor + (b->stats ? w->tensors : 0);
}

/* data: its numbers as they are to be in the file. */
static int write_data(struct passage *p, const struct block *b,
                      const struct model_tensor *t, const void *data,
                      struct tt_error *err)
{
    struct tt_sha256 hash;
    uint64_t dim[4];

    for (int i = 0; i < t->rank; i++)
        dim[i] = (uint64_t)t->shape[i];
    if (shard_h5_write(p->file, tensor_name(b, t).text, block_type(b), t->rank,
                       dim, data, err) < 0 ||
        tt_sha256(data, t->count * block_width(b), &hash, err) < 0)
        return -1;
    passage_note(p, b, t, &hash);
    return 0;
}

static int write_tensor(struct passage *p, const struct block *b,
                        const struct model_tensor *t, struct tt_error *err)
{
    const float *values = b->values + t->offset;
    uint16_t *half;
    int rc;

    if (!b->half)
        return write_data(p, b, t, values, err);
    half = malloc(t->count * sizeof(*half));
    if (!half)
        return tt_fail(err, TT_NOMEM, "no memory for %s", t->name);
    for (size_t i = 0; i < t->count; i++)
        half[i] = model_half_from(values[i]);
    rc = write_data(p, b, t, half, err);
    free(half);
    return rc;
}

static int write_block(struct passage *p, const struct block *b,
                       struct tt_error *err)
{
    int n;
    const struct model_tensor *t = block_tensors(b, &n);

    for (int i = 0; i < n; i++)
        if (write_tensor(p, b, &t[i], err) < 0)
            return -1;
    return 0;
}

/* Where its numbers lie when they come from the file. */
static void *tensor_place(const struct block *b, const struct model_tensor *t)
{
    float *values = b->values + t->offset;

    return b->half ? model_half_place(values, t->count) : values;
}

static int read_tensor(struct passage *p, const struct block *b,
                       const struct model_tensor *t, struct tt_error *err)
{
    struct name name = tensor_name(b, t);

    if (shard_h5_read(p->file, name.text, block_type(b), t->count,
                      tensor_place(b, t), err) == 0)
        return 0;
    if (err->code == TT_MISSING)
        return tt_fail(err, TT_FORMAT, "%s is missing", name.text);
    return -1;
}

/* What there is to do with a tensor that was read; *worst is any failure. */
static void settle_tensor(const struct block *b, const struct model_tensor *t,
                          struct tt_sha256 *hash, struct tt_error *worst)
{
    struct tt_error err;
    int rc =
        tt_sha256(tensor_place(b, t), t->count * block_width(b), hash, &err);

    if (b->half)
        model_half_widen(b->values + t->offset, t->count);
    if (rc == 0)
        return;
#pragma omp critical
    *worst = err;
}

/* HDF5 reads on this thread, while another settles what was read: that takes
 * as long. */
static int read_tensors(struct passage *p, const struct block *b,
                        const struct model_tensor *t, int n,
                        struct tt_sha256 *hash, struct tt_error *err)
{
    struct tt_error worst;
    int rc = 0;

    tt_clear(&worst);
#pragma omp parallel num_threads(2)
#pragma omp master
    for (int i = 0; i < n && rc == 0; i++) {
        rc = read_tensor(p, b, &t[i], err);
        if (rc == 0)
#pragma omp task
            settle_tensor(b, &t[i], &hash[i], &worst);
    }
    if (rc == 0 && worst.code != TT_OK) {
        *err = worst;
        rc = -1;
    }
    return rc;
}

static int read_block(struct passage *p, const struct block *b,
                      struct tt_error *err)
{
    int n;
    const struct model_tensor *t = block_tensors(b, &n);
    struct tt_sha256 hash[MODEL_TENSORS];

    if (read_tensors(p, b, t, n, hash, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        passage_note(p, b, &t[i], &hash[i]);
    return 0;
}

/* What stands under one hash: all that is needed for use, or the state of
 * training, so that using a checkpoint need not read the latter. */
struct part {
    const char *hash;
    int blocks;
    struct block block[8];
};

static struct part part_of_use(const struct model_checkpoint *c, bool half)
{
    const struct model_wiring *w = &c->unet.wiring;

    return (struct part){"sha256",
                         2,
                         {{w, "weights", c->params->values, false, half},
                          {w, "statistics", c->params->stats, true, false}}};
}

static struct part part_of_training(const struct model_checkpoint *c,
                                    const struct model_training *t)
{
    const struct model_wiring *w = &c->unet.wiring;
    const struct model_critic *critic = t->critic;
    struct part part = {"training_sha256",
                        4,
                        {{w, "training/weights", t->values, false, false},
                         {w, "training/statistics", t->stats, true, false},
                         {w, "training/m", t->m, false, false},
                         {w, "training/v", t->v, false, false}}};

    if (!critic)
        return part;
    w = &critic->wiring;
    part.block[part.blocks++] =
        (struct block){w, "critic/weights", critic->values, false, false};
    part.block[part.blocks++] =
        (struct block){w, "critic/statistics", critic->stats, true, false};
    part.block[part.blocks++] =
        (struct block){w, "critic/m", critic->m, false, false};
    part.block[part.blocks++] =
        (struct block){w, "critic/v", critic->v, false, false};
    return part;
}

static int write_part(struct passage *p, const struct part *part,
                      const char *header, struct tt_error *err)
{
    char hex[TT_SHA256_HEX];

    p->used = 0;
    for (int i = 0; i < part->blocks; i++)
        if (write_block(p, &part->block[i], err) < 0)
            return -1;
    if (passage_hash(p, header, hex, err) < 0)
        return -1;
    return shard_h5_text_set(p->file, "/", part->hash, hex, err);
}

static int write_all(struct passage *p, const struct model_checkpoint *c,
                     bool half, struct model_training *t, struct tt_error *err)
{
    char *header = checkpoint_header_text(c, half, t, err);
    struct part part = part_of_use(c, half);
    int rc = header ? 0 : -1;

    if (rc == 0)
        rc = shard_h5_text_set(p->file, "/", "format", FORMAT, err);
    if (rc == 0)
        rc = shard_h5_int_set(p->file, "/", "version", MODEL_CHECKPOINT_VERSION,
                              err);
    if (rc == 0)
        rc = shard_h5_text_set(p->file, "/", "header", header, err);
    if (rc == 0)
        rc = write_part(p, &part, header, err);
    if (rc == 0 && t) {
        part = part_of_training(c, t);
        rc = write_part(p, &part, header, err);
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

    if (passage_init(&p, err) < 0)
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
    if (size > CHECKPOINT_TEXT_LIMIT) {
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

static int read_part(struct passage *p, const struct part *part,
                     const char *header, struct tt_error *err)
{
    p->used = 0;
    for (int i = 0; i < part->blocks; i++)
        if (read_block(p, &part->block[i], err) < 0)
            return -1;
    return check_hash(p, part->hash, header, err);
}

/* The state of training, if the file has one. */
static int read_training(struct model_checkpoint *c, struct passage *p,
                         json_t *root, const char *header, struct tt_error *err)
{
    struct part part;
    int rc;

    if (model_training_new(&c->training, &c->unet.wiring, err) < 0)
        return -1;
    rc = checkpoint_header_training(c->training, root, err);
    if (rc == 0) {
        model_training_free(c->training);
        c->training = NULL;
    }
    if (rc <= 0)
        return rc;
    assert(c->training);
    part = part_of_training(c, c->training);
    return read_part(p, &part, header, err);
}

static int read_all(struct model_checkpoint *c, struct passage *p,
                    const char *header, bool with_training,
                    struct tt_error *err)
{
    json_t *root = json_loads(header, 0, NULL);
    struct part part;
    bool half = false;
    int rc;

    if (!root)
        return tt_fail(err, TT_FORMAT, "damaged: its header is not JSON");
    rc = checkpoint_header_parse(c, root, &half, err);
    if (rc == 0)
        rc = passage_init(p, err);
    if (rc == 0)
        rc = model_params_new(&c->params, &c->unet.wiring, err);
    if (rc == 0) {
        part = part_of_use(c, half);
        rc = read_part(p, &part, header, err);
    }
    if (rc == 0 && with_training)
        rc = read_training(c, p, root, header, err);
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

void model_checkpoint_release(struct model_checkpoint *c)
{
    model_params_free(c->params);
    model_training_free(c->training);
    free(c->name);
    free(c->about);
    memset(c, 0, sizeof(*c));
}
