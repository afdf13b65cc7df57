#include "model/train/critic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/params.h"
#include "model/patch.h"

struct train_critic {
    const struct backend_ops *ops;
    struct model_critic *model;
    struct backend_setup setup;
    struct backend_program *program;
    size_t pixels, logits; /* of a batch */
    float *x, *dx;         /* pixels, 3 */
    float *z, *dz;         /* logits */
    float *grads[2];       /* of the true and of the made photos */
};

#define INPUTS MODEL_PATCH_INPUTS

int train_critic_start(struct model_critic *model, uint64_t seed,
                       struct tt_error *err)
{
    struct model_params *p;

    if (model_params_new(&p, &model->wiring, err) < 0)
        return -1;
    model_params_start(p, &model->wiring, seed, 0.02);
    memcpy(model->values, p->values, p->count * sizeof(float));
    memcpy(model->stats, p->stats, p->stat_count * sizeof(float));
    model_params_free(p);
    return 0;
}

/* In f32 where the library has only slow code for the precision asked for: few
 * of the discriminator's channels are round numbers. */
static int open_program(struct train_critic *c, struct tt_error *err)
{
    const struct backend_net *net = &c->model->wiring.net;

    if (c->ops->open(&c->program, net, &c->setup, err) == 0)
        return 0;
    if (err->code != TT_USAGE || c->setup.precision == BACKEND_F32)
        return -1;
    c->setup.precision = BACKEND_F32;
    return c->ops->open(&c->program, net, &c->setup, err);
}

int train_critic_open(struct train_critic **out, const struct backend_ops *ops,
                      struct model_critic *model,
                      const struct backend_setup *setup, struct tt_error *err)
{
    size_t params = model->wiring.net.params;
    struct train_critic *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for the discriminator");
    c->ops = ops;
    c->model = model;
    c->setup = *setup;
    c->setup.use = BACKEND_TRAIN;
    c->setup.input_gradient = true;
    if (open_program(c, err) < 0)
        goto fail;
    c->pixels =
        (size_t)setup->batch * (size_t)setup->height * (size_t)setup->width;
    c->logits = backend_net_outputs(&model->wiring.net, setup);
    c->x =
        malloc(2 * (INPUTS * c->pixels + c->logits + params) * sizeof(float));
    if (!c->x) {
        tt_fail(err, TT_NOMEM, "no memory for the discriminator");
        goto fail;
    }
    c->dx = c->x + INPUTS * c->pixels;
    c->z = c->dx + INPUTS * c->pixels;
    c->dz = c->z + c->logits;
    c->grads[0] = c->dz + c->logits;
    c->grads[1] = c->grads[0] + params;
    *out = c;
    return 0;

fail:
    tt_wrap(err, "discriminator");
    train_critic_close(c);
    return -1;
}

void train_critic_close(struct train_critic *c)
{
    if (!c)
        return;
    c->ops->close(c->program);
    free(c->x);
    free(c);
}

double train_critic_bce(const float *z, float t, float weight, float *dz,
                        size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double v = (double)z[i], e = exp(-fabs(v));
        double sigmoid = (v > 0 ? 1 : e) / (1 + e);

        sum += (v > 0 ? v : 0) - v * (double)t + log1p(e);
        dz[i] = weight * (float)((sigmoid - (double)t) / (double)n);
    }
    return sum / (double)n;
}

/* L and colours, each in -1..1, into x. */
static void join(struct train_critic *c, const float *l, const float *colours)
{
#pragma omp parallel for schedule(static) num_threads(c->setup.threads)
    for (size_t i = 0; i < c->pixels; i++) {
        c->x[INPUTS * i] = l[i];
        c->x[INPUTS * i + 1] = 2 * colours[2 * i] - 1;
        c->x[INPUTS * i + 2] = 2 * colours[2 * i + 1] - 1;
    }
}

static int look(struct train_critic *c, const struct train_batch *b,
                const float *colours, float *stats, struct tt_error *err)
{
    join(c, b->x, colours);
    return c->ops->forward(c->program, c->x, c->z, stats, err);
}

static int learn_one(struct train_critic *c, const struct train_batch *b,
                     const float *colours, int made, double *loss,
                     struct tt_error *err)
{
    if (look(c, b, colours, c->model->stats, err) < 0)
        return -1;
    *loss += train_critic_bce(c->z, made ? 0 : 1, 0.5f, c->dz, c->logits) / 2;
    return c->ops->backward(c->program, c->dz, c->grads[made], NULL, err);
}

struct backend_adam train_critic_adam(const struct model_critic *model,
                                      double rate, int threads)
{
    return (struct backend_adam){
        .rate = (float)rate,
        .beta1 = 0.5f,
        .beta2 = 0.999f,
        .eps = 1e-8f,
        .step = model->steps + 1,
        .threads = threads,
    };
}

int train_critic_learn(struct train_critic *c, const struct train_batch *b,
                       const float *made, double rate, double *loss,
                       struct tt_error *err)
{
    struct model_critic *m = c->model;
    size_t params = m->wiring.net.params;
    struct backend_adam adam = train_critic_adam(m, rate, c->setup.threads);

    *loss = 0;
    if (c->ops->load(c->program, m->values, m->stats, err) < 0 ||
        learn_one(c, b, b->target, 0, loss, err) < 0 ||
        learn_one(c, b, made, 1, loss, err) < 0)
        return -1;
    for (size_t i = 0; i < params; i++)
        c->grads[0][i] += c->grads[1][i];
    backend_adam_step(&adam, params, m->values, c->grads[0], m->m, m->v, NULL);
    m->steps++;
    return 0;
}

int train_critic_judge(struct train_critic *c, const struct train_batch *b,
                       const float *made, float *dy, double *loss,
                       struct tt_error *err)
{
    if (c->ops->load(c->program, c->model->values, c->model->stats, err) < 0 ||
        look(c, b, made, NULL, err) < 0)
        return -1;
    *loss = train_critic_bce(c->z, 1, 1, c->dz, c->logits);
    if (c->ops->backward(c->program, c->dz, NULL, c->dx, err) < 0)
        return -1;
        // colours in -1..1 are 2 y - 1
#pragma omp parallel for schedule(static) num_threads(c->setup.threads)
    for (size_t i = 0; i < c->pixels; i++)
        for (size_t k = 0; k < 2; k++)
            dy[2 * i + k] += 2 * c->dx[INPUTS * i + 1 + k];
    return 0;
}
