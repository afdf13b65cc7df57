#include "model/infer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "model/checkpoint.h"

#define BOTH 2 /* the photo and its mirror image */

struct model_infer {
    const struct backend_ops *ops;
    struct backend_program *program;
    const char *preset;
    int side;
    float gain;
    float *x, *y; /* BOTH, side, side; BOTH, side, side, 2 */
    char *name;
    char sha256[TT_SHA256_HEX];
};

static int set_up(struct model_infer *m, const struct model_checkpoint *c,
                  const struct model_options *opt, struct tt_error *err)
{
    struct backend_setup setup = {
        .batch = BOTH,
        .use = BACKEND_INFER,
        .precision = opt->precision,
        .threads = opt->threads ? opt->threads : backend_threads_default(),
        .device = backend_device(opt->backend),
    };
    size_t n;

    m->side = opt->side ? opt->side : c->side;
    setup.height = setup.width = m->side;
    m->gain = c->gain;
    m->preset = c->unet.preset->name;
    m->ops = backend_find(opt->backend, err);
    if (!m->ops ||
        m->ops->open(&m->program, &c->unet.wiring.net, &setup, err) < 0)
        return -1;
    n = (size_t)m->side * (size_t)m->side;
    m->x = calloc(BOTH * 3 * n, sizeof(float));
    if (!m->x)
        return tt_fail(err, TT_NOMEM, "no memory for colouring");
    m->y = m->x + BOTH * n;
    return m->ops->load(m->program, c->params->values, c->params->stats, err);
}

static int name_it(struct model_infer *m, const struct model_checkpoint *c,
                   const char *path, struct tt_error *err)
{
    m->name = strdup(c->name && *c->name ? c->name : tt_path_name(path));
    return m->name ? 0 : tt_fail(err, TT_NOMEM, "no memory for a name");
}

/* A file's hash, found by a thread of its own while the file is read. */
struct hashing {
    pthread_t thread;
    const char *path;
    struct tt_sha256 hash;
    struct tt_error err;
    int rc;
};

static void *hash_main(void *arg)
{
    struct hashing *h = arg;

    h->rc = tt_sha256_file(h->path, &h->hash, NULL, &h->err);
    return NULL;
}

/* Read the checkpoint and tell its file's hash. c is to be released, on
 * failure as well. */
static int read_file(struct model_checkpoint *c, const char *path,
                     char sha256[TT_SHA256_HEX], struct tt_error *err)
{
    struct hashing h = {.path = path};
    bool beside = pthread_create(&h.thread, NULL, hash_main, &h) == 0;
    int rc = model_checkpoint_load(c, path, false, err);

    if (beside)
        pthread_join(h.thread, NULL);
    else
        hash_main(&h);
    if (rc < 0)
        return -1;
    if (h.rc < 0)
        *err = h.err;
    else
        tt_sha256_text(&h.hash, sha256);
    return h.rc;
}

int model_infer_open(struct model_infer **out, const char *checkpoint,
                     const struct model_options *opt, struct tt_error *err)
{
    static const struct model_options defaults = {0};
    struct model_infer *m = calloc(1, sizeof(*m));
    struct model_checkpoint c;
    int rc;

    *out = NULL;
    if (!m)
        return tt_fail(err, TT_NOMEM, "no memory for a model");
    rc = read_file(&c, checkpoint, m->sha256, err);
    if (rc == 0)
        rc = name_it(m, &c, checkpoint, err);
    if (rc == 0)
        rc = set_up(m, &c, opt ? opt : &defaults, err);
    model_checkpoint_release(&c);
    if (rc < 0) {
        model_infer_close(m);
        return -1;
    }
    *out = m;
    return 0;
}

int model_infer_size(const struct model_infer *m)
{
    return m->side;
}

/* The mean of both outputs, the second one turned back, as a* and b*. */
static void join(const struct model_infer *m, float *ab)
{
    size_t side = (size_t)m->side, n = side * side;
    float scale = m->gain * MODEL_AB_RANGE;

    for (size_t r = 0; r < side; r++)
        for (size_t i = 0; i < side; i++) {
            const float *one = m->y + 2 * (r * side + i);
            const float *two = m->y + 2 * (n + r * side + side - 1 - i);

            ab[r * side + i] = (one[0] + two[0] - 1) * scale;
            ab[n + r * side + i] = (one[1] + two[1] - 1) * scale;
        }
}

int model_infer_run(struct model_infer *m, const float *lightness, float *ab,
                    struct tt_error *err)
{
    size_t side = (size_t)m->side, n = side * side;

    for (size_t r = 0; r < side; r++)
        for (size_t i = 0; i < side; i++) {
            float x = lightness[r * side + i] / 50 - 1;

            m->x[r * side + i] = x;
            m->x[n + r * side + side - 1 - i] = x;
        }
    if (m->ops->forward(m->program, m->x, m->y, NULL, err) < 0)
        return -1;
    join(m, ab);
    return 0;
}

const char *model_infer_name(const struct model_infer *m)
{
    return m->name;
}

const char *model_infer_sha256(const struct model_infer *m)
{
    return m->sha256;
}

const char *model_infer_preset(const struct model_infer *m)
{
    return m->preset;
}

const char *model_infer_backend(const struct model_infer *m)
{
    return m->ops->name;
}

const char *model_infer_precision(const struct model_infer *m)
{
    return backend_precision_word(m->ops->precision(m->program));
}

void model_infer_close(struct model_infer *m)
{
    if (!m)
        return;
    if (m->ops)
        m->ops->close(m->program);
    free(m->x);
    free(m->name);
    free(m);
}
