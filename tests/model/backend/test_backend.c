#include "model/backend/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/params.h"
#include "model/random.h"
#include "model/unet.h"
#include "tests/check.h"

static struct tt_error err;

/* A network with its numbers, an input and a gradient of the output. */
struct stage {
    struct backend_net net;
    int n, side;
    float *params, *stats, *x, *dy;
};

/* What one backend makes of it. */
struct result {
    float *y, *grads, *stats, *dx;
};

static struct backend_setup setup_of(const struct stage *s,
                                     enum backend_use use,
                                     enum backend_precision precision,
                                     int threads)
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
static size_t inputs(const struct stage *s)
{
    return (size_t)(s->n * s->side * s->side * s->net.inputs);
}

static size_t outputs(const struct stage *s)
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

static void stage_release(struct stage *s)
{
    free(s->params);
    free(s->stats);
    free(s->x);
    free(s->dy);
}

static struct result result_of(const struct backend_ops *ops,
                               const struct stage *s, enum backend_use use,
                               enum backend_precision precision, int threads)
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

static void result_release(struct result *r)
{
    free(r->y);
    free(r->grads);
    free(r->stats);
    free(r->dx);
}

/* |a - b| / |b|: how far a is from the truth b. */
static double apart(const float *a, const float *b, size_t n)
{
    double d = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        all += (double)b[i] * b[i];
    }
    return sqrt(d / (all + 1e-30));
}

static void stage_preset(struct stage *s, const char *name, int n, int side)
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

/* A layer under test: one of a U-Net. */
struct sort {
    enum backend_kind kind;
    int stride;
    bool join, norm;
};

/* One layer of a sort, between a first one and the head; behind stride 2 one
 * that makes the photo whole again. */
static void stage_layer(struct stage *s, struct sort sort)
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
static void stage_patch(struct stage *s)
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

/* Both passes and inference against the plain C truth. */
static void compare(const struct stage *s, enum backend_precision precision,
                    double forward, double backward)
{
    for (int use = BACKEND_INFER; use <= BACKEND_TRAIN; use++) {
        struct result want =
            result_of(&backend_reference, s, use, BACKEND_F32, 1);
        struct result got = result_of(&backend_onednn, s, use, precision, 2);

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

static const struct sort sorts[] = {
    {BACKEND_UNIT, 1, false, true},  {BACKEND_UNIT, 1, true, true},
    {BACKEND_UNIT, 2, false, true},  {BACKEND_UNIT, 2, true, true},
    {BACKEND_UP, 1, false, true},    {BACKEND_UNIT, 1, true, false},
    {BACKEND_UNIT, 2, false, false}, {BACKEND_UP, 1, false, false},
};

#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

/* The i-th stage of all: every sort of layer, then a discriminator. */
static void stage_of(struct stage *s, size_t i)
{
    if (i < SORTS)
        stage_layer(s, sorts[i]);
    else
        stage_patch(s);
}

SLOW(backend_every_layer_agrees_with_plain_c_in_f32, 120)
{
    for (size_t i = 0; i <= SORTS; i++) {
        struct stage s;

        stage_of(&s, i);
        compare(&s, BACKEND_F32, 2e-6, 2e-5);
        stage_release(&s);
    }
}

SLOW(backend_every_layer_agrees_with_plain_c_in_bf16, 120)
{
    if (!backend_onednn.can(BACKEND_BF16))
        check_skip("this processor has no avx512_bf16");
    for (size_t i = 0; i <= SORTS; i++) {
        struct stage s;

        // 8 bits of mantissa; where a ReLU turns over, a gradient is 0 or whole
        stage_of(&s, i);
        compare(&s, BACKEND_BF16, 1e-2, 1e-1);
        stage_release(&s);
    }
}

SLOW(backend_whole_networks_agree_with_plain_c, 120)
{
    static const char *const names[] = {"T", "P"};

    for (int i = 0; i < 2; i++) {
        struct stage s;

        stage_preset(&s, names[i], 2, i == 0 ? 64 : 32);
        // a smaller P would have two values a channel in the middle, whose
        // deviation batch norm divides by: all digits are lost
        compare(&s, BACKEND_F32, 5e-6, 1e-3);
        stage_release(&s);
    }
}

TEST(backend_bf16_network_is_near_plain_c)
{
    struct stage s;
    struct result want, got;

    if (!backend_onednn.can(BACKEND_BF16))
        check_skip("this processor has no avx512_bf16");
    stage_preset(&s, "T", 2, 32);
    want = result_of(&backend_reference, &s, BACKEND_INFER, BACKEND_F32, 1);
    got = result_of(&backend_onednn, &s, BACKEND_INFER, BACKEND_BF16, 1);
    CHECK_NEAR(apart(got.y, want.y, outputs(&s)), 0, 5e-3);
    result_release(&want);
    result_release(&got);
    stage_release(&s);
}

/* The loss that dy is the gradient of: sum of dy y. */
static double loss_of(struct stage *s)
{
    struct backend_setup setup = setup_of(s, BACKEND_TRAIN, BACKEND_F32, 1);
    float *y = malloc(outputs(s) * sizeof(float));
    float *stats = calloc(s->net.stats, sizeof(float));
    struct backend_program *p;
    double sum = 0;

    CHECK_OK(backend_reference.open(&p, &s->net, &setup, &err));
    CHECK_OK(backend_reference.load(p, s->params, s->stats, &err));
    CHECK_OK(backend_reference.forward(p, s->x, y, stats, &err));
    for (size_t i = 0; i < outputs(s); i++)
        sum += (double)s->dy[i] * y[i];
    backend_reference.close(p);
    free(y);
    free(stats);
    return sum;
}

/* The difference quotient of the loss along a direction of n values, over
 * their gradient along it. */
static double quotient(struct stage *s, float *values, const float *gradient,
                       size_t n)
{
    float *direction = malloc(n * sizeof(float));
    float *from = malloc(n * sizeof(float));
    double along = 0, up, down, h = 5e-4;

    memcpy(from, values, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        direction[i] = gradient[i] > 0 ? 0.1f : -0.1f;
        direction[i] *= model_random_unit(9, i);
        along += (double)direction[i] * gradient[i];
    }
    for (size_t i = 0; i < n; i++)
        values[i] = from[i] + (float)h * direction[i];
    up = loss_of(s);
    for (size_t i = 0; i < n; i++)
        values[i] = from[i] - (float)h * direction[i];
    down = loss_of(s);
    memcpy(values, from, n * sizeof(float));
    free(direction);
    free(from);
    return (up - down) / (2 * h) / along;
}

TEST(backend_reference_gradient_is_that_of_finite_differences)
{
    for (size_t k = 0; k <= SORTS; k++) {
        struct stage s;
        struct result r;

        stage_of(&s, k);
        s.n = 1;
        s.side = k < SORTS ? 16 : 32;
        for (size_t i = 0; i < outputs(&s); i++)
            s.dy[i] = model_random_normal(8, i);
        r = result_of(&backend_reference, &s, BACKEND_TRAIN, BACKEND_F32, 1);
        CHECK_NEAR(quotient(&s, s.params, r.grads, s.net.params), 1, 5e-3);
        CHECK_NEAR(quotient(&s, s.x, r.dx, inputs(&s)), 1, 5e-3);
        result_release(&r);
        stage_release(&s);
    }
}

TEST(backend_input_gradient_needs_no_weight_gradient)
{
    for (int i = 0; backends[i]; i++) {
        struct stage s;
        struct backend_setup setup;
        struct backend_program *p;
        struct result r;
        float *dx;

        stage_patch(&s);
        r = result_of(backends[i], &s, BACKEND_TRAIN, BACKEND_F32, 1);
        setup = setup_of(&s, BACKEND_TRAIN, BACKEND_F32, 1);
        dx = malloc(inputs(&s) * sizeof(float));
        CHECK_OK(backends[i]->open(&p, &s.net, &setup, &err));
        CHECK_OK(backends[i]->load(p, s.params, s.stats, &err));
        // and without statistics none are moved
        CHECK_OK(backends[i]->forward(p, s.x, r.y, NULL, &err));
        CHECK_OK(backends[i]->backward(p, s.dy, NULL, dx, &err));
        CHECK(memcmp(dx, r.dx, inputs(&s) * sizeof(float)) == 0);
        backends[i]->close(p);
        free(dx);
        result_release(&r);
        stage_release(&s);
    }
}

TEST(backend_forward_bits_do_not_depend_on_threads)
{
    struct stage s;
    struct result one, two;

    stage_preset(&s, "T", 2, 64);
    for (int precision = BACKEND_F32; precision <= BACKEND_BF16; precision++) {
        if (!backend_onednn.can(precision))
            continue;
        one = result_of(&backend_onednn, &s, BACKEND_INFER, precision, 1);
        two = result_of(&backend_onednn, &s, BACKEND_INFER, precision, 2);
        CHECK(memcmp(one.y, two.y, outputs(&s) * sizeof(float)) == 0);
        result_release(&one);
        result_release(&two);
    }
    stage_release(&s);
}

TEST(backend_training_repeats_its_bits)
{
    struct stage s;
    struct result one, two;

    stage_preset(&s, "T", 4, 32);
    one = result_of(&backend_onednn, &s, BACKEND_TRAIN, BACKEND_AUTO, 2);
    two = result_of(&backend_onednn, &s, BACKEND_TRAIN, BACKEND_AUTO, 2);
    CHECK(memcmp(one.grads, two.grads, s.net.params * sizeof(float)) == 0);
    CHECK(memcmp(one.stats, two.stats, s.net.stats * sizeof(float)) == 0);
    result_release(&one);
    result_release(&two);
    stage_release(&s);
}

TEST(backend_refuses_what_it_cannot_do)
{
    struct backend_program *p;
    struct backend_setup setup, odd;
    struct stage s;

    stage_layer(&s, sorts[0]);
    setup = odd = setup_of(&s, BACKEND_TRAIN, BACKEND_F32, 1);
    odd.height = 24;
    for (int i = 0; backends[i]; i++) {
        const struct backend_ops *ops = backends[i];
        struct backend_net bad = s.net;

        CHECK_FAILS(ops->open(&p, &s.net, &odd, &err), TT_USAGE,
                    "32 x 24: sides must be multiples of 16");
        bad.layer[1].co = 12;
        CHECK_FAILS(ops->open(&p, &bad, &setup, &err), TT_USAGE,
                    "layer 1: channels must be multiples of 8");
        bad = s.net;
        bad.layer[1].from = 1;
        CHECK_FAILS(ops->open(&p, &bad, &setup, &err), TT_USAGE,
                    "layer 1 does not fit its sources");
        bad = s.net;
        bad.layer[1].kernel = 5;
        CHECK_FAILS(ops->open(&p, &bad, &setup, &err), TT_USAGE,
                    "layer 1: no kernel of 5");
        bad = s.net;
        bad.layer[1].stride = 3;
        CHECK_FAILS(ops->open(&p, &bad, &setup, &err), TT_USAGE,
                    "layer 1: no stride of 3");
        bad = s.net;
        bad.layers = 2;
        CHECK_FAILS(ops->open(&p, &bad, &setup, &err), TT_USAGE,
                    "a network ends in a head");
        CHECK(p == NULL);
        ops->close(NULL);
    }
    setup.precision = BACKEND_BF16;
    CHECK_FAILS(backend_reference.open(&p, &s.net, &setup, &err), TT_USAGE,
                "f64");
    stage_release(&s);
}

TEST(backend_is_found_by_name)
{
    enum backend_precision precision;

    CHECK(backend_find(NULL, &err) == &backend_onednn);
    CHECK(backend_find("auto", &err) == &backend_onednn);
    CHECK(backend_find("reference", &err) == &backend_reference);
    CHECK(backend_find("abacus", &err) == NULL);
    CHECK_STR(err.text, "abacus: no such backend");
    CHECK_OK(backend_precision_parse("bf16", &precision, &err));
    CHECK_INT(precision, BACKEND_BF16);
    CHECK_STR(backend_precision_word(BACKEND_AUTO), "auto");
    CHECK_FAILS(backend_precision_parse("f8", &precision, &err), TT_USAGE,
                "f8: precision is auto, f32 or bf16");
    CHECK(backend_threads_default() >= 1);
}
