#include "tests/model/backend/stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "model/unet.h"
#include "tests/check.h"

static struct tt_error err;

struct backend_setup setup_of(const struct stage *s, enum backend_use use,
                              enum backend_precision precision, int threads)
{
    return (struct backend_setup){.batch = s->n,
                                  .height = s->side,
                                  .width = s->side,
                                  .use = use,
                                  .precision = precision,
                                  .threads = threads,
                                  .input_gradient = true};
}

/* Values of the input and of the output. */
size_t inputs(const struct stage *s)
{
    return (size_t)s->n * (size_t)s->side * (size_t)s->side *
           (size_t)s->net.inputs;
}

size_t outputs(const struct stage *s)
{
    struct backend_setup setup = setup_of(s, BACKEND_TRAIN, BACKEND_F32, 1);

    return backend_net_outputs(&s->net, &setup);
}

/* Params near 1 for scales, small for biases, He-like for weights; a smooth
 * input, as photos are. */
static void stage_fill(struct stage *s)
{
    s->params = malloc(s->net.params * sizeof(float));
    s->stats = malloc(s->net.stats * sizeof(float));
    s->x = malloc(inputs(s) * sizeof(float));
    s->dy = malloc(outputs(s) * sizeof(float));
    for (int l = 0; l < s->net.layers; l++) {
        const struct backend_layer *y = &s->net.layer[l];
        size_t count = backend_layer_weights(y);

        for (size_t i = 0; i < count; i++)
            s->params[y->weight + i] =
                sqrtf(2.0f * (float)y->co / (float)count) *
                model_random_normal(1, y->weight + i);
        for (size_t c = 0; c < (size_t)y->co; c++) {
            s->params[y->bias + c] = 0.1f * model_random_normal(2, y->bias + c);
            if (!y->norm)
                continue;
            s->params[y->scale + c] =
                model_random_range(3, y->scale + c, 0.7f, 1.3f);
            s->stats[y->mean + c] = 0.2f * model_random_normal(4, y->mean + c);
            s->stats[y->var + c] =
                model_random_range(5, y->var + c, 0.5f, 1.5f);
        }
    }
    for (size_t i = 0; i < inputs(s); i++) {
        size_t pixel = i / (size_t)s->net.inputs;
        size_t row = pixel / (size_t)s->side;

        s->x[i] = sinf((float)(pixel % (size_t)s->side) * 0.4f) *
                      cosf((float)row * 0.23f) +
                  0.2f * model_random_normal(6, i);
    }
    for (size_t i = 0; i < outputs(s); i++)
        s->dy[i] = model_random_normal(7, i) / (float)outputs(s);
}

void stage_release(struct stage *s)
{
    free(s->params);
    free(s->stats);
    free(s->x);
    free(s->dy);
}

struct result result_of(const struct backend_ops *ops, const struct stage *s,
                        enum backend_use use, enum backend_precision precision,
                        int threads)
{
    struct backend_setup setup = setup_of(s, use, precision, threads);
    struct result r = {malloc(outputs(s) * sizeof(float)),
                       calloc(s->net.params, sizeof(float)),
                       malloc(s->net.stats * sizeof(float)),
                       calloc(inputs(s), sizeof(float))};
    struct backend_program *p;

    memcpy(r.stats, s->stats, s->net.stats * sizeof(float));
    CHECK_OK(ops->open(&p, &s->net, &setup, &err));
    CHECK_OK(ops->load(p, s->params, s->stats, &err));
    CHECK_OK(ops->forward(p, s->x, r.y, r.stats, &err));
    if (use == BACKEND_TRAIN)
        CHECK_OK(ops->backward(p, s->dy, r.grads, r.dx, &err));
    CHECK(ops->memory(p) > 0);
    ops->close(p);
    return r;
}

void result_release(struct result *r)
{
    free(r->y);
    free(r->grads);
    free(r->stats);
    free(r->dx);
}

/* |a - b| / |b|: how far a is from the truth b. */
double apart(const float *a, const float *b, size_t n)
{
    double d = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        all += (double)b[i] * b[i];
    }
    return sqrt(d / (all + 1e-30));
}

void stage_preset(struct stage *s, const char *name, int n, int side)
{
    struct model_unet u;
    const struct model_preset *preset = model_preset_find(name, &err);

    CHECK(preset);
    model_unet_init(&u, preset, true);
    *s = (struct stage){.net = u.wiring.net, .n = n, .side = side};
    stage_fill(s);
}

static struct backend_layer layer(enum backend_kind kind, int from, int ci,
                                  int co, int stride)
{
    return (struct backend_layer){.kind = kind,
                                  .from = from,
                                  .join = BACKEND_NONE,
                                  .ci = ci,
                                  .co = co,
                                  .kernel = 3,
                                  .stride = stride,
                                  .norm = kind != BACKEND_HEAD};
}

/* Offsets for all layers, then the numbers. */
static void stage_finish(struct stage *s)
{
    for (int l = 0; l < s->net.layers; l++) {
        struct backend_layer *y = &s->net.layer[l];
        size_t co = (size_t)y->co;

        y->weight = s->net.params;
        y->bias = y->weight + backend_layer_weights(y);
        s->net.params = y->bias + co;
        if (!y->norm)
            continue;
        y->scale = s->net.params;
        s->net.params += co;
        y->mean = s->net.stats;
        y->var = s->net.stats + co;
        s->net.stats += 2 * co;
    }
    stage_fill(s);
}

/* One layer of a sort, between a first one and the head; behind stride 2 one
 * that makes the photo whole again. */
void stage_layer(struct stage *s, struct sort sort)
{
    bool up = sort.kind == BACKEND_UP, half = sort.stride == 2;
    struct backend_net *net = &s->net;
    struct backend_layer *head;

    *s = (struct stage){.n = 3, .side = 32};
    net->inputs = 1;
    net->layer[0] = layer(BACKEND_UNIT, BACKEND_INPUT, 1, 16, up ? 2 : 1);
    net->layer[1] = layer(sort.kind, 0, 16, 32, sort.stride);
    net->layer[1].norm = sort.norm;
    net->layer[2] = layer(BACKEND_UP, 1, 32, 16, 1);
    net->layers = half ? 4 : 3;
    head = &net->layer[net->layers - 1];
    *head = layer(BACKEND_HEAD, half ? 2 : 1, half ? 16 : 32, 2, 1);
    if (sort.join) {
        head->join = 0;
        head->ci += 16;
    }
    stage_finish(s);
}

/* A discriminator: 4x4 convolutions over three channels, leaky, the middle ones
 * with batch norm, logits. */
void stage_patch(struct stage *s)
{
    static const int co[] = {16, 32, 64, 1}, stride[] = {2, 2, 1, 1};

    *s = (struct stage){.n = 3, .side = 48, .net = {.inputs = 3, .layers = 4}};
    for (int l = 0; l < 4; l++) {
        struct backend_layer *y = &s->net.layer[l];

        *y = layer(l < 3 ? BACKEND_UNIT : BACKEND_LOGITS, l - 1,
                   l ? co[l - 1] : 3, co[l], stride[l]);
        y->kernel = 4;
        y->norm = l == 1 || l == 2;
        y->slope = 0.2f;
    }
    stage_finish(s);
}

static const struct sort sorts[SORTS] = {
    {BACKEND_UNIT, 1, false, true},  {BACKEND_UNIT, 1, true, true},
    {BACKEND_UNIT, 2, false, true},  {BACKEND_UNIT, 2, true, true},
    {BACKEND_UP, 1, false, true},    {BACKEND_UNIT, 1, true, false},
    {BACKEND_UNIT, 2, false, false}, {BACKEND_UP, 1, false, false},
};

/* The i-th stage of all: every sort of layer, then a discriminator. */
void stage_of(struct stage *s, size_t i)
{
    if (i < SORTS)
        stage_layer(s, sorts[i]);
    else
        stage_patch(s);
}

/* Both passes and inference against the plain C truth. */
void compare(const struct backend_ops *ops, const struct stage *s,
             enum backend_precision precision, double forward, double backward)
{
    for (int use = BACKEND_INFER; use <= BACKEND_TRAIN; use++) {
        struct result want =
            result_of(&backend_reference, s, use, BACKEND_F32, 1);
        struct result got = result_of(ops, s, use, precision, 2);

        CHECK_NEAR(apart(got.y, want.y, outputs(s)), 0, forward);
        if (use == BACKEND_TRAIN) {
            CHECK_NEAR(apart(got.stats, want.stats, s->net.stats), 0, forward);
            CHECK_NEAR(apart(got.grads, want.grads, s->net.params), 0,
                       backward);
            CHECK_NEAR(apart(got.dx, want.dx, inputs(s)), 0, backward);
        }
        result_release(&want);
        result_release(&got);
    }
}

void compare_all(const struct backend_ops *ops,
                 enum backend_precision precision, double forward,
                 double backward)
{
    for (size_t i = 0; i <= SORTS; i++) {
        struct stage s;

        stage_of(&s, i);
        compare(ops, &s, precision, forward, backward);
        stage_release(&s);
    }
}
