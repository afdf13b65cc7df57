#include "model/backend/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"

static struct tt_error err;

SLOW(backend_every_layer_agrees_with_plain_c_in_f32, 120)
{
    compare_all(&backend_onednn, BACKEND_F32, 2e-6, 2e-5);
}

SLOW(backend_every_layer_agrees_with_plain_c_in_bf16, 120)
{
    if (!backend_onednn.can(BACKEND_BF16))
        check_skip("this processor has no avx512_bf16");
    // 8 bits of mantissa; where a ReLU turns over, a gradient is 0 or whole
    compare_all(&backend_onednn, BACKEND_BF16, 1e-2, 1e-1);
}

SLOW(backend_whole_networks_agree_with_plain_c, 120)
{
    static const char *const names[] = {"T", "P"};

    for (int i = 0; i < 2; i++) {
        struct stage s;

        stage_preset(&s, names[i], 2, i == 0 ? 64 : 32);
        // a smaller P would have two values a channel in the middle, whose
        // deviation batch norm divides by: all digits are lost
        compare(&backend_onednn, &s, BACKEND_F32, 5e-6, 1e-3);
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

    stage_of(&s, 0);
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
    CHECK(backend_find("cpu", &err) == &backend_onednn);
    CHECK(backend_find("auto", &err));
    CHECK(backend_find("reference", &err) == &backend_reference);
    CHECK_OK(backend_precision_parse("bf16", &precision, &err));
    CHECK_INT(precision, BACKEND_BF16);
    CHECK_STR(backend_precision_word(BACKEND_AUTO), "auto");
    CHECK_FAILS(backend_precision_parse("f8", &precision, &err), TT_USAGE,
                "f8: precision is auto, f32 or bf16");
    CHECK(backend_threads_default() >= 1);
}

TEST(backend_device_is_read_from_its_name)
{
    static const char *const bad[] = {
        "abacus", "cuda:", "cuda:x", "cuda:-1", "cuda:1 ", "cuda:99999", ""};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(backend_find(bad[i], &err) == NULL);
        CHECK_INT(err.code, TT_USAGE);
        CHECK(strstr(err.text, ": a device is auto, cpu, cuda or cuda:N"));
    }
    CHECK_INT(backend_device("cuda:3"), 3);
    CHECK_INT(backend_device("cuda"), 0);
    CHECK_INT(backend_device("cpu"), 0);
    CHECK_INT(backend_device(NULL), 0);
    // no machine has that many
    CHECK(backend_find("cuda:1000", &err) == NULL);
    CHECK(err.code == TT_MISSING || err.code == TT_UNAVAILABLE);
    CHECK(strstr(err.text, "cuda:1000: "));
}
