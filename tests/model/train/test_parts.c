#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/lab.h"
#include "model/random.h"
#include "model/train/augment.h"
#include "model/train/batch.h"
#include "model/train/film.h"
#include "model/train/loss.h"
#include "model/train/measure.h"
#include "model/train/resample.h"
#include "model/train/schedule.h"
#include "model/train/wear.h"
#include "tests/check.h"
#include "tests/model/train/data.h"

static struct tt_error err;

/* Bit for bit. */
static bool same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

TEST(train_resample_whole_plane_is_itself_and_its_means)
{
    uint8_t record[SHARD_RECORD];
    float out[SHARD_PLANE];

    data_record(1, record);
    train_resample(record, &train_window_whole, SHARD_SIDE, out);
    for (int i = 0; i < SHARD_PLANE; i++)
        CHECK_NEAR(out[i], record[i], 0);
    train_resample(record, &train_window_whole, 64, out);
    for (int i = 0; i < 64 * 64; i++) {
        const uint8_t *p = record + i / 64 * 2 * SHARD_SIDE + i % 64 * 2;

        CHECK_NEAR(out[i],
                   (p[0] + p[1] + p[SHARD_SIDE] + p[SHARD_SIDE + 1]) / 4.0,
                   1e-4);
    }
}

TEST(train_resample_keeps_the_mean_of_any_window)
{
    static const struct train_window windows[] = {
        {0, 0, SHARD_SIDE, true},
        {3.3f, 17.9f, 105.2f, false},
        {22.999f, 23.001f, 105, true},
        {0, 0, 127.99f, false},
    };
    uint8_t plane[SHARD_PLANE];
    float out[SHARD_PLANE];

    for (int i = 0; i < SHARD_PLANE; i++)
        plane[i] = (uint8_t)(i % SHARD_SIDE); // mean: the window's middle
    for (size_t k = 0; k < sizeof(windows) / sizeof(windows[0]); k++)
        for (int side = 16; side <= 128; side += 16) {
            double sum = 0;

            train_resample(plane, &windows[k], side, out);
            for (int i = 0; i < side * side; i++)
                sum += (double)out[i];
            CHECK_NEAR(sum / (side * side),
                       windows[k].x + windows[k].size / 2 - 0.5, 0.26);
            CHECK((out[0] > out[side - 1]) == windows[k].mirror);
        }
}

TEST(train_augment_none_is_the_record_rescaled)
{
    static uint8_t record[SHARD_RECORD];
    static float x[SHARD_PLANE], target[2 * SHARD_PLANE];
    struct train_augmenter *a;

    data_record(2, record);
    CHECK_OK(train_augmenter_new(&a, 0.5, &err));
    CHECK_OK(
        train_augment(a, TRAIN_NONE, record, SHARD_SIDE, 5, x, target, &err));
    for (int i = 0; i < SHARD_PLANE; i++) {
        CHECK_NEAR(x[i], record[i] / 2.55 / 50 - 1, 1e-6);
        CHECK_NEAR((2 * target[2 * i] - 1) * 110, record[SHARD_PLANE + i] - 128,
                   2e-5);
        CHECK_NEAR((2 * target[2 * i + 1] - 1) * 110,
                   record[2 * SHARD_PLANE + i] - 128, 2e-5);
    }
    train_augmenter_free(a);
}

TEST(train_augment_stays_in_bounds_and_repeats)
{
    static uint8_t record[SHARD_RECORD];
    static float x[2][64 * 64], target[2][2 * 64 * 64];
    struct train_augmenter *a;
    int other = 0;

    CHECK_OK(train_augmenter_new(&a, 0.5, &err));
    for (uint32_t k = 0; k < 200; k++) {
        // among them colours beyond sRGB, which a record may hold
        data_record(k, record);
        for (int i = 0; i < SHARD_RECORD; i += 7)
            record[i] = (uint8_t)(model_random(k, (uint64_t)i, 0) >> 56);
        CHECK_OK(
            train_augment(a, TRAIN_FILM, record, 64, k, x[0], target[0], &err));
        CHECK_OK(
            train_augment(a, TRAIN_FILM, record, 64, k, x[1], target[1], &err));
        CHECK(same(x[0], x[1], sizeof(x[0])));
        CHECK(same(target[0], target[1], sizeof(target[0])));
        for (int i = 0; i < 64 * 64; i++) {
            CHECK(x[0][i] >= -1.0001f && x[0][i] <= 1.0001f);
            CHECK(target[0][i] >= -0.1f && target[0][i] <= 1.1f);
        }
        CHECK_OK(train_augment(a, TRAIN_FILM, record, 64, k + 1, x[1],
                               target[1], &err));
        other += !same(x[0], x[1], sizeof(x[0]));
    }
    CHECK(other == 200);
    train_augmenter_free(a);
}

// grey codes of light skin and lips by the film's weights, from the table of
// films (224 172 140: ortho 158, wet 144; 170 70 75: ortho 76, wet 74)
TEST(train_augment_film_sees_as_old_film_did)
{
    static const float ortho[3] = {0.02f, 0.48f, 0.50f};
    static const float wet[3] = {0, 0.12f, 0.88f};
    static const float eye[3] = {0.2126f, 0.7152f, 0.0722f};
    static const struct {
        double rgb[3];
        int ortho, wet;
    } t[] = {{{224, 172, 140}, 158, 144}, {{170, 70, 75}, 76, 74}};

    struct train_film *f;

    CHECK_OK(train_film_new(&f, &err));
    for (size_t i = 0; i < 2; i++) {
        double rgb[3], lab[3], luma;
        float l, a, b;

        for (int c = 0; c < 3; c++)
            rgb[c] = t[i].rgb[c] / 255;
        image_lab_from_rgb(rgb, lab);
        a = (float)lab[1];
        b = (float)lab[2];
        l = (float)lab[0];
        train_film_see(f, eye, &l, &a, &b, 1);
        CHECK_NEAR(l, lab[0], 5e-3);
        for (int k = 0; k < 2; k++) {
            l = (float)lab[0];
            train_film_see(f, k ? wet : ortho, &l, &a, &b, 1);
            CHECK_NEAR(255 * image_lab_encode(pow((l + 16) / 116, 3)),
                       k ? t[i].wet : t[i].ortho, 0.6);
        }
        l = (float)lab[0];
        train_film_luma(f, &l, &a, &b, 1);
        luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        CHECK_NEAR(255 * image_lab_encode(pow((l + 16) / 116, 3)), 255 * luma,
                   0.2);
    }
    train_film_free(f);
    train_film_free(NULL);
}

/* Wear of a flat grey: nothing but what was drawn, and no light made. */
TEST(train_wear_leaves_some_photos_alone_and_none_without_bounds)
{
    static float l[SHARD_PLANE];
    struct train_wear *w;
    int same_all = 0, rough = 0;

    CHECK_OK(train_wear_new(&w, &err));
    for (uint64_t key = 0; key < 300; key++) {
        double mean = 0, apart = 0;

        for (int i = 0; i < SHARD_PLANE; i++)
            l[i] = 60;
        CHECK_OK(train_wear(w, model_random(4, key, 0), SHARD_SIDE, l, &err));
        for (int i = 0; i < SHARD_PLANE; i++) {
            CHECK(l[i] >= 0 && l[i] <= 100);
            mean += (double)l[i] / SHARD_PLANE;
        }
        for (int i = 0; i < SHARD_PLANE; i++)
            apart += fabs((double)l[i] - mean) / SHARD_PLANE;
        CHECK(mean > 25 && mean < 85);
        same_all += fabs(mean - 60) < 1e-3 && apart < 1e-3;
        rough += apart > 0.5;
    }
    CHECK(same_all > 10 && same_all < 100);
    CHECK(rough > 40 && rough < 240);
    train_wear_free(w);
    train_wear_free(NULL);
}

TEST(train_resample_turn_goes_round_the_middle)
{
    static float in[33 * 33], out[33 * 33], back[33 * 33];

    for (int i = 0; i < 33 * 33; i++) {
        int x = i % 33, y = i / 33;

        in[i] = (float)x + 2 * (float)y;
    }
    train_resample_turn(in, 33, 0, out);
    CHECK(same(in, out, sizeof(in)));
    train_resample_turn(in, 33, 0.08f, out);
    CHECK_NEAR(out[16 * 33 + 16], in[16 * 33 + 16], 1e-4);
    CHECK(out[16 * 33 + 26] > in[16 * 33 + 26] + 1); // it sees further down
    train_resample_turn(out, 33, -0.08f, back);
    for (int y = 6; y < 27; y++)
        for (int x = 6; x < 27; x++)
            CHECK_NEAR(back[y * 33 + x], in[y * 33 + x], 1e-3);
}

TEST(train_batches_depend_only_on_seed_epoch_and_number)
{
    enum { EACH = 4 * 32 * 32 };
    static float first[EACH];
    struct train_data data = {20, malloc(20 * SHARD_RECORD)};
    static const struct {
        uint64_t epoch, number;
        int side;
        bool same;
    } asked[] = {{2, 3, 32, true},
                 {2, 4, 64, false},
                 {3, 3, 32, false},
                 {2, 3, 32, true}};

    for (uint32_t i = 0; i < 20; i++)
        data_record(i, data.records + i * SHARD_RECORD);
    for (int makers = 1; makers <= 3; makers++) {
        struct train_batcher_setup setup = {
            {4, 0, 4}, makers, TRAIN_FILM, 0.5, 1};
        struct train_batcher *b;
        struct train_batch batch;

        CHECK_OK(train_batcher_open(&b, &data, &setup, &err));
        CHECK_INT(train_batcher_count(b), 5);
        for (int i = 0; i < 4; i++) {
            uint32_t record[4];

            train_batcher_ask(b, asked[i].epoch, asked[i].number, asked[i].side,
                              false);
            CHECK_OK(train_batcher_take(b, &batch, &err));
            CHECK(!batch.x && !batch.target);
            memcpy(record, batch.record, sizeof(record));
            train_batcher_ask(b, asked[i].epoch, asked[i].number, asked[i].side,
                              true);
            CHECK_OK(train_batcher_take(b, &batch, &err));
            CHECK(memcmp(record, batch.record, sizeof(record)) == 0);
            CHECK_INT(batch.side, asked[i].side);
            if (makers == 1 && i == 0)
                memcpy(first, batch.x, sizeof(first));
            CHECK(same(first, batch.x, sizeof(first)) == asked[i].same);
        }
        train_batcher_ask(b, 4, 0, 32, true); // closed while one is under way
        train_batcher_close(b);
    }
    train_batcher_close(NULL);
    free(data.records);
}

TEST(train_loss_has_the_gradient_of_its_mean)
{
    float y[6] = {0.1f, 0.5f, 0.9f, 0.2f, 0.2f, 1}, dy[6];
    float t[6] = {0.2f, 0.5f, 0.5f, 0.1f, 0.6f, 1};

    CHECK_NEAR(train_loss_mae(y, t, dy, 2, 3, 2), 1.0 / 6, 1e-7);
    CHECK_NEAR(dy[0], -1.0 / 6, 1e-7);
    CHECK_NEAR(dy[1], 0, 0);
    CHECK_NEAR(dy[2], 1.0 / 6, 1e-7);
    CHECK_NEAR(dy[4], -1.0 / 6, 1e-7);
}

TEST(train_schedule_warms_up_and_cools_down)
{
    struct train_plan plan;
    struct train_schedule s;

    train_plan_init(&plan);
    plan.sides = "64:3,96:0.5,128:0.5";
    plan.epochs = 10;
    plan.steps = 5000;
    plan.minutes = 10;
    CHECK_OK(train_schedule_init(&s, &plan, 100, &err));
    CHECK_INT(s.steps, 1000);
    CHECK_NEAR(train_schedule_progress(&s, 500, 60), 0.5, 1e-12);
    CHECK_NEAR(train_schedule_progress(&s, 100, 300), 0.5, 1e-12);
    CHECK_NEAR(train_schedule_rate(&s, 0, 0), 1e-3 / 50, 1e-9);
    CHECK_NEAR(train_schedule_rate(&s, 500, 0.5), 0.51e-3, 1e-9);
    CHECK_NEAR(train_schedule_rate(&s, 1000, 1), 2e-5, 1e-9);
    CHECK_INT(train_schedule_side(&s, 0), 64);
    CHECK_INT(train_schedule_side(&s, 0.7499), 64);
    CHECK_INT(train_schedule_side(&s, 0.76), 96);
    CHECK_INT(train_schedule_side(&s, 0.99), 128);
    CHECK_INT(train_schedule_side(&s, 1.5), 128);
}

TEST(train_schedule_changes_the_loss_between_epochs)
{
    struct train_plan plan;
    struct train_schedule s;

    train_plan_init(&plan);
    plan.schedule = "mae:20,ssim:10,gan:2";
    CHECK_OK(train_schedule_init(&s, &plan, 7, &err));
    CHECK_INT(s.steps, 32 * 7);
    for (uint64_t step = 0; step <= s.steps; step++) {
        double p = train_schedule_progress(&s, step, 0);

        CHECK_INT(train_schedule_stage(&s, p), step < 20 * 7   ? 0
                                               : step < 30 * 7 ? 1
                                                               : 2);
    }
    // each stage has a course of its own, the last at its own rate
    CHECK_NEAR(train_schedule_rate(&s, 139, 139 / 224.0), 2e-5, 1e-6);
    CHECK_NEAR(train_schedule_rate(&s, 140, 140 / 224.0), 1e-3, 1e-9);
    CHECK_NEAR(train_schedule_rate(&s, 210, 210 / 224.0), 2e-4, 1e-9);
    // shares of whatever limits the run
    plan.minutes = 16;
    CHECK_OK(train_schedule_init(&s, &plan, 7, &err));
    CHECK_INT(s.steps, 0);
    CHECK_INT(train_schedule_stage(&s, train_schedule_progress(&s, 9, 599)), 0);
    CHECK_INT(train_schedule_stage(&s, train_schedule_progress(&s, 9, 601)), 1);
    plan.minutes = 0;
    plan.epochs = 64;
    plan.course = "constant";
    CHECK_OK(train_schedule_init(&s, &plan, 7, &err));
    CHECK_INT(s.steps, 64 * 7);
    CHECK_NEAR(train_schedule_rate(&s, 400, 0.9), 1e-3, 1e-12);
    CHECK_STR(train_loss_word((enum train_loss)s.stage[2].what), "gan");
}

TEST(train_schedule_refuses_what_it_does_not_know)
{
    static const char *const bad[] = {
        "",      "mse:3",     "mae:",   "mae:0",     "mae:-1",
        "mae:x", "mae:nan",   "mae,",   "mae:1:2",   "mae:1;gan:2",
        "MAE:1", "mae:1e300", "ssim 3", "mae:1,,gan"};
    struct train_schedule s;
    struct train_plan plan;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        train_plan_init(&plan);
        plan.schedule = bad[i];
        CHECK_FAILS(train_schedule_init(&s, &plan, 1, &err), TT_USAGE,
                    "losses (mae, ssim, gan) and their epochs");
    }
    train_plan_init(&plan);
    plan.course = "sine";
    CHECK_FAILS(train_schedule_init(&s, &plan, 1, &err), TT_USAGE,
                "course sine: cosine, plateau or constant");
}

TEST(train_schedule_refuses_odd_sides)
{
    static const char *const bad[] = {"",     "0",      "20",       "144",
                                      "64:0", "64:x",   "64,",      "64;128",
                                      "a",    "64:nan", "64:1:128", "-64"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct train_schedule s;
        struct train_plan plan;

        train_plan_init(&plan);
        plan.steps = 1;
        plan.sides = bad[i];
        CHECK_FAILS(train_schedule_init(&s, &plan, 1, &err), TT_USAGE,
                    "multiples of 16 up to 128");
    }
}

TEST(train_measure_lookup_is_the_mean_of_each_lightness)
{
    struct train_data data = {2, calloc(2, SHARD_RECORD)};
    struct train_lookup t = {{{0}}};
    struct train_predictor by = train_predict_lookup(&t);
    struct model_metric each[2];

    // the same lightness everywhere; a* 10 and 20, b* -4
    memset(data.records, 100, 2 * SHARD_RECORD);
    for (int k = 0; k < 2; k++) {
        uint8_t *r = data.records + k * SHARD_RECORD;

        memset(r + SHARD_PLANE, 138 + 10 * k, SHARD_PLANE);
        memset(r + 2 * SHARD_PLANE, 124, SHARD_PLANE);
    }
    train_lookup_fit(&t, &data);
    CHECK_NEAR(t.ab[100][0], 15, 1e-5);
    CHECK_NEAR(t.ab[100][1], -4, 1e-5);
    CHECK_NEAR(t.ab[99][0], 0, 0);
    CHECK_OK(train_measure(&data, 32, 2, &by, NULL, each, &err));
    CHECK_NEAR(each[0].mae_ab, 2.5, 1e-4);
    CHECK_NEAR(each[1].mae_ab, 2.5, 1e-4);
    CHECK_OK(
        train_measure(&data, 32, 2, &train_predict_gray, NULL, each, &err));
    CHECK_NEAR(each[1].mae_ab, 12, 1e-4);
    free(data.records);
}
