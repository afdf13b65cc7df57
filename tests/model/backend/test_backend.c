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
    float *y, *grads, *stats;
};

static size_t pixels(const struct stage *s)
{
    return (size_t)s->n * (size_t)s->side * (size_t)s->side;
}

/* Params near 1 for scales, small for biases, He-like for weights; a smooth
 * input, as photos are. */
static void stage_fill(struct stage *s)
{
    s->params = malloc(s->net.params * sizeof(float));
    s->stats = malloc(s->net.stats * sizeof(float));
    s->x = malloc(pixels(s) * sizeof(float));
    s->dy = malloc(2 * pixels(s) * sizeof(float));
    for (int l = 0; l < s->net.layers; l++) {
        const struct backend_layer *y = &s->net.layer[l];
        size_t count = 9 * (size_t)y->co * (size_t)y->ci;

        for (size_t i = 0; i < count; i++)
            s->params[y->weight + i] = sqrtf(2.0f / (9 * (float)y->ci)) *
                                       model_random_normal(1, y->weight + i);
        for (size_t c = 0; c < (size_t)y->co; c++) {
            s->params[y->bias + c] = 0.1f * model_random_normal(2, y->bias + c);
            if (y->kind == BACKEND_HEAD)
                continue;
            s->params[y->scale + c] =
                model_random_range(3, y->scale + c, 0.7f, 1.3f);
            s->stats[y->mean + c] = 0.2f * model_random_normal(4, y->mean + c);
            s->stats[y->var + c] =
                model_random_range(5, y->var + c, 0.5f, 1.5f);
        }
    }
    for (size_t i = 0; i < pixels(s); i++) {
        size_t row = i / (size_t)s->side;

        s->x[i] = sinf((float)(i % (size_t)s->side) * 0.4f) *
                      cosf((float)row * 0.23f) +
                  0.2f * model_random_normal(6, i);
    }
    for (size_t i = 0; i < 2 * pixels(s); i++)
        s->dy[i] = model_random_normal(7, i) / (float)pixels(s);
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
    struct backend_setup setup = {s->n, s->side,   s->side,
                                  use,  precision, threads};
    struct result r = {malloc(2 * pixels(s) * sizeof(float)),
                       calloc(s->net.params, sizeof(float)),
                       malloc(s->net.stats * sizeof(float))};
    struct backend_program *p;

    memcpy(r.stats, s->stats, s->net.stats * sizeof(float));
    CHECK_OK(ops->open(&p, &s->net, &setup, &err));
    CHECK_OK(ops->load(p, s->params, s->stats, &err));
    CHECK_OK(ops->forward(p, s->x, r.y, r.stats, &err));
    if (use == BACKEND_TRAIN)
        CHECK_OK(ops->backward(p, s->dy, r.grads, &err));
    CHECK(ops->memory(p) > 0);
    ops->close(p);
    return r;
}

static void result_release(struct result *r)
{
    free(r->y);
    free(r->grads);
    free(r->stats);
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
    model_unet_init(&u, preset);
    *s = (struct stage){.net = u.net, .n = n, .side = side};
    stage_fill(s);
}

static struct backend_layer layer(enum backend_kind kind, int from, int ci,
                                  int co, int stride, int shift)
{
    return (struct backend_layer){.kind = kind,
                                  .from = from,
                                  .join = BACKEND_NONE,
                                  .ci = ci,
                                  .co = co,
                                  .stride = stride,
                                  .shift = shift};
}

/* One layer of a kind, between a first one and the head; behind stride 2 one
 * that makes the photo whole again. */
static void stage_layer(struct stage *s, enum backend_kind kind, int stride,
                        bool join)
{
    bool up = kind == BACKEND_UP, half = stride == 2;
    struct backend_net *net = &s->net;
    struct backend_layer *head;

    *s = (struct stage){.n = 3, .side = 32};
    net->layer[0] = layer(BACKEND_UNIT, BACKEND_INPUT, 1, 16, up ? 2 : 1, up);
    net->layer[1] = layer(kind, 0, 16, 32, stride, half);
    net->layer[2] = layer(BACKEND_UP, 1, 32, 16, 1, 0);
    net->layers = half ? 4 : 3;
    head = &net->layer[net->layers - 1];
    *head = layer(BACKEND_HEAD, half ? 2 : 1, half ? 16 : 32, 2, 1, 0);
    if (join) {
        head->join = 0;
        head->ci += 16;
    }
    for (int l = 0; l < net->layers; l++) {
        struct backend_layer *y = &net->layer[l];
        size_t co = (size_t)y->co;

        y->weight = net->params;
        y->bias = y->weight + 9 * co * (size_t)y->ci;
        y->scale = y->bias + co;
        net->params = y->scale + co;
        y->mean = net->stats;
        y->var = net->stats + co;
        net->stats += 2 * co;
    }
    stage_fill(s);
    // the head's places for what it has not
    for (int c = 0; c < 2; c++) {
        s->params[net->layer[net->layers - 1].scale + (size_t)c] = 0;
        s->stats[net->layer[net->layers - 1].mean + (size_t)c] = 0;
        s->stats[net->layer[net->layers - 1].var + (size_t)c] = 0;
    }
}

/* Both passes and inference against the plain C truth. */
static void compare(const struct stage *s, enum backend_precision precision,
                    double forward, double backward)
{
    for (int use = BACKEND_INFER; use <= BACKEND_TRAIN; use++) {
        struct result want =
            result_of(&backend_reference, s, use, BACKEND_F32, 1);
        struct result got = result_of(&backend_onednn, s, use, precision, 2);

        CHECK_NEAR(apart(got.y, want.y, 2 * pixels(s)), 0, forward);
        if (use == BACKEND_TRAIN) {
            CHECK_NEAR(apart(got.stats, want.stats, s->net.stats), 0, forward);
            CHECK_NEAR(apart(got.grads, want.grads, s->net.params), 0,
                       backward);
        }
        result_release(&want);
        result_release(&got);
    }
}

static const struct {
    enum backend_kind kind;
    int stride;
    bool join;
} kinds[] = {
    {BACKEND_UNIT, 1, false}, {BACKEND_UNIT, 1, true}, {BACKEND_UNIT, 2, false},
    {BACKEND_UNIT, 2, true},  {BACKEND_UP, 1, false},
};

SLOW(backend_every_layer_agrees_with_plain_c_in_f32, 120)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct stage s;

        stage_layer(&s, kinds[i].kind, kinds[i].stride, kinds[i].join);
        compare(&s, BACKEND_F32, 2e-6, 2e-5);
        stage_release(&s);
    }
}

SLOW(backend_every_layer_agrees_with_plain_c_in_bf16, 120)
{
    if (!backend_onednn.can(BACKEND_BF16))
        check_skip("this processor has no avx512_bf16");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct stage s;

        // 8 bits of mantissa; where a ReLU turns over, a gradient is 0 or whole
        stage_layer(&s, kinds[i].kind, kinds[i].stride, kinds[i].join);
        compare(&s, BACKEND_BF16, 1e-2, 1e-1);
        stage_release(&s);
    }
}

SLOW(backend_whole_networks_agree_with_plain_c, 120)
{
    static const char *const names[] = {"T", "P"};

    for (int i = 0; i < 2; i++) {
        struct stage s;

        stage_preset(&s, names[i], 2, i == 0 ? 32 : 16);
        // P at 16 px has one pixel a photo in the middle: a hard case for
        // batch norm, which divides by the deviation of two values
        compare(&s, BACKEND_F32, i == 0 ? 2e-6 : 1e-3, 1e-3);
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
    CHECK_NEAR(apart(got.y, want.y, 2 * pixels(&s)), 0, 5e-3);
    result_release(&want);
    result_release(&got);
    stage_release(&s);
}

/* The loss that dy is the gradient of: sum of dy y. */
static double loss_of(struct stage *s)
{
    struct backend_setup setup = {s->n,          s->side,     s->side,
                                  BACKEND_TRAIN, BACKEND_F32, 1};
    float *y = malloc(2 * pixels(s) * sizeof(float));
    float *stats = calloc(s->net.stats, sizeof(float));
    struct backend_program *p;
    double sum = 0;

    CHECK_OK(backend_reference.open(&p, &s->net, &setup, &err));
    CHECK_OK(backend_reference.load(p, s->params, s->stats, &err));
    CHECK_OK(backend_reference.forward(p, s->x, y, stats, &err));
    for (size_t i = 0; i < 2 * pixels(s); i++)
        sum += (double)s->dy[i] * y[i];
    backend_reference.close(p);
    free(y);
    free(stats);
    return sum;
}

/* The reference's gradient along a random direction of each tensor kind,
 * against the difference quotient. */
TEST(backend_reference_gradient_is_that_of_finite_differences)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct stage s;
        struct result r;
        float *direction, *from;
        double along = 0, up, down, h = 2e-3;

        stage_layer(&s, kinds[k].kind, kinds[k].stride, kinds[k].join);
        s.n = 1;
        s.side = 16;
        for (size_t i = 0; i < 2 * pixels(&s); i++)
            s.dy[i] = model_random_normal(8, i);
        r = result_of(&backend_reference, &s, BACKEND_TRAIN, BACKEND_F32, 1);
        direction = malloc(s.net.params * sizeof(float));
        from = malloc(s.net.params * sizeof(float));
        memcpy(from, s.params, s.net.params * sizeof(float));
        for (size_t i = 0; i < s.net.params; i++) {
            direction[i] = r.grads[i] > 0 ? 1.0f : -1.0f;
            direction[i] *= 0.1f * model_random_unit(9, i);
            along += (double)direction[i] * r.grads[i];
        }
        for (size_t i = 0; i < s.net.params; i++)
            s.params[i] = from[i] + (float)h * direction[i];
        up = loss_of(&s);
        for (size_t i = 0; i < s.net.params; i++)
            s.params[i] = from[i] - (float)h * direction[i];
        down = loss_of(&s);
        CHECK_NEAR((up - down) / (2 * h) / along, 1, 5e-3);
        free(direction);
        free(from);
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
        CHECK(memcmp(one.y, two.y, 2 * pixels(&s) * sizeof(float)) == 0);
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
    struct backend_setup setup = {1, 32, 32, BACKEND_TRAIN, BACKEND_F32, 1};
    struct backend_setup odd = {1, 24, 32, BACKEND_TRAIN, BACKEND_F32, 1};
    struct backend_program *p;
    struct stage s;

    stage_layer(&s, BACKEND_UNIT, 1, false);
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
