#include "model/infer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/random.h"
#include "tests/check.h"

static struct tt_error err;

enum { SIDE = 32, PLANE = SIDE * SIDE };

static void make(const char *path, float gain)
{
    struct model_checkpoint c = {0};

    model_unet_init(&c.unet, model_preset_find("T", &err), true);
    CHECK_OK(model_params_new(&c.params, &c.unet.wiring, &err));
    model_params_start(c.params, &c.unet.wiring, 3, 0);
    c.side = SIDE;
    c.gain = gain;
    CHECK_OK(model_checkpoint_save(&c, path, MODEL_CHECKPOINT_F32, NULL, &err));
    model_checkpoint_release(&c);
}

static void run(const char *path, const struct model_options *opt, bool mirror,
                float *ab)
{
    struct model_infer *m;
    float l[PLANE];

    for (size_t i = 0; i < PLANE; i++) {
        size_t x = i % SIDE, at = mirror ? i - x + SIDE - 1 - x : i;

        l[at] = 100 * model_random_unit(1, i);
    }
    CHECK_OK(model_infer_open(&m, path, opt, &err));
    CHECK_INT(model_infer_size(m), SIDE);
    CHECK_STR(model_infer_preset(m), "T");
    CHECK_STR(model_infer_name(m), path);
    CHECK_INT(strlen(model_infer_sha256(m)), 64);
    CHECK_OK(model_infer_run(m, l, ab, &err));
    model_infer_close(m);
}

TEST(model_infer_gives_the_same_bytes_on_any_number_of_threads)
{
    struct model_options one = {.threads = 1}, two = {.threads = 2};
    float a[2 * PLANE], b[2 * PLANE];
    double sum = 0;

    make("m.h5", 1);
    run("m.h5", &one, false, a);
    run("m.h5", &two, false, b);
    for (size_t i = 0; i < 2 * PLANE; i++)
        CHECK(a[i] == b[i]);
    for (size_t i = 0; i < 2 * PLANE; i++)
        sum += fabs((double)a[i]);
    CHECK(sum > 0);
}

TEST(model_infer_treats_left_and_right_alike)
{
    float a[2 * PLANE], b[2 * PLANE];

    make("m.h5", 1);
    run("m.h5", NULL, false, a);
    run("m.h5", NULL, true, b);
    for (size_t i = 0; i < 2 * PLANE; i++) {
        size_t x = i % SIDE;

        CHECK_NEAR(a[i], b[i - x + SIDE - 1 - x], 1e-3);
    }
}

TEST(model_infer_agrees_with_the_reference)
{
    struct model_options slow = {.backend = "reference"};
    struct model_options fast = {.precision = BACKEND_F32};
    float a[2 * PLANE], b[2 * PLANE], c[2 * PLANE];

    make("m.h5", 1.5f);
    run("m.h5", &slow, false, a);
    run("m.h5", &fast, false, b);
    run("m.h5", NULL, false, c);
    for (size_t i = 0; i < 2 * PLANE; i++) {
        CHECK_NEAR(b[i], a[i], 2e-3);
        CHECK_NEAR(c[i], a[i], 3);
    }
}

TEST(model_infer_gain_lays_on_more_colour)
{
    float a[2 * PLANE], b[2 * PLANE];

    make("m.h5", 1);
    run("m.h5", NULL, false, a);
    make("m.h5", 2);
    run("m.h5", NULL, false, b);
    for (size_t i = 0; i < 2 * PLANE; i++)
        CHECK_NEAR(b[i], 2 * a[i], 1e-4);
}

TEST(model_infer_says_what_is_wrong)
{
    struct model_options side = {.side = 33};
    struct model_options backend = {.backend = "abacus"};
    struct model_infer *m;

    CHECK_FAILS(model_infer_open(&m, "none.h5", NULL, &err), TT_MISSING,
                "none.h5");
    CHECK(m == NULL);
    make("m.h5", 1);
    CHECK_FAILS(model_infer_open(&m, "m.h5", &side, &err), TT_USAGE,
                "33 x 33: sides must be multiples of 16");
    CHECK_FAILS(model_infer_open(&m, "m.h5", &backend, &err), TT_USAGE,
                "abacus: a device is auto, cpu, cuda or cuda:N");
    model_infer_close(NULL);
}
