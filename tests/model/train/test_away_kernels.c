/* The kernels of a step of learning against the CPU's own arithmetic. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/kernels.h"
#include "model/train/augment.h"
#include "model/train/critic.h"
#include "model/train/loss.h"
#include "model/train/ssim.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/train/data.h"

static struct tt_error err;

static double sum_of(const float *part, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)part[i];
    return sum;
}

TEST(away_mae_is_the_cpus)
{
    static const struct {
        int n, side;
        size_t parts;
    } shapes[] = {{1, 16, 512}, {3, 32, 1000}, {5, 48, 7}};

    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        size_t each = (size_t)(shapes[s].side * shapes[s].side) * 2;
        size_t values = (size_t)shapes[s].n * each;
        float *y = data_values(values, 1), *t = data_values(values, 2);
        float *want = malloc(values * sizeof(float));
        float *dy = malloc(values * sizeof(float));
        float *part = calloc(shapes[s].parts, sizeof(float));
        struct gpu_mae k = {y,
                            t,
                            dy,
                            part,
                            values,
                            shapes[s].parts,
                            (float)(1 / (double)values)};
        double loss;

        t[3] = y[3]; // neither way
        loss = train_loss_mae(y, t, want, shapes[s].n, each, 1);
        for (size_t i = 0; i < k.parts; i++)
            gpu_mae_at(&k, i);
        CHECK_NEAR(sum_of(part, k.parts) / (double)values, loss, 1e-6 * loss);
        CHECK(memcmp(dy, want, values * sizeof(float)) == 0);
        free(y);
        free(t);
        free(want);
        free(dy);
        free(part);
    }
}

/* The kernels of SSIM, one behind the other. */
static double run_ssim(struct gpu_ssim *k)
{
    size_t rows = gpu_ssim_row_values(k), windows = gpu_ssim_window_values(k);

    for (size_t i = 0; i < rows; i++)
        gpu_ssim_rows_at(k, i);
    for (size_t i = 0; i < windows; i++)
        gpu_ssim_windows_at(k, i);
    for (size_t i = 0; i < rows; i++)
        gpu_ssim_spread_at(k, i);
    for (size_t i = 0; i < k->photos * k->side * k->side * 2; i++)
        gpu_ssim_grad_at(k, i);
    return 1 -
           sum_of(k->windows + GPU_SSIM_S * windows, windows) / (double)windows;
}

static void compare_ssim(int n, int side, float flat)
{
    size_t all = (size_t)(n * side * side) * 2, less = (size_t)side - 10;
    float *y = data_values(all, 3), *t = data_values(all, 4);
    float *want = malloc(all * sizeof(float));
    struct gpu_ssim k = {.y = y,
                         .target = t,
                         .dy = malloc(all * sizeof(float)),
                         .photos = (size_t)n,
                         .side = (size_t)side,
                         .less = less};
    struct train_ssim *s;
    double loss;

    for (size_t i = 0; i < all; i++) {
        y[i] = 0.5f + flat * (y[i] - 0.5f);
        t[i] = 0.5f + flat * (t[i] - 0.5f);
    }
    gpu_ssim_set(&k);
    k.rows = malloc(GPU_SSIM_MOMENTS * gpu_ssim_row_values(&k) * sizeof(float));
    k.windows =
        malloc(GPU_SSIM_PLANES * gpu_ssim_window_values(&k) * sizeof(float));
    CHECK_OK(train_ssim_new(&s, side, 1, &err));
    loss = train_ssim_loss(s, y, t, want, n, side);
    CHECK_NEAR(run_ssim(&k), loss, 1e-5);
    CHECK(apart(k.dy, want, all) < 1e-4);
    train_ssim_free(s);
    free(y);
    free(t);
    free(want);
    free(k.dy);
    free(k.rows);
    free(k.windows);
}

TEST(away_ssim_is_the_cpus)
{
    compare_ssim(1, 16, 1);
    compare_ssim(3, 32, 1);
    compare_ssim(2, 48, 0.02f); // all but flat, where it is steepest
}

TEST(away_photos_are_those_of_the_cpu)
{
    enum { N = 3, MOST = 128 * 128 };
    static const int sides[] = {16, 48, 64, 112, 128};
    static uint8_t records[N * SHARD_RECORD];
    static const uint32_t picked[2] = {2, 0};
    static float x[2 * MOST], t[4 * MOST], want_x[MOST], want_t[2 * MOST];
    struct gpu_course course = {.which = 1};
    struct train_augmenter *a;

    CHECK_OK(train_augmenter_new(&a, 0, &err));
    for (uint32_t i = 0; i < N; i++)
        data_record(i, records + i * SHARD_RECORD);
    for (size_t s = 0; s < sizeof(sides) / sizeof(sides[0]); s++) {
        size_t plane = (size_t)sides[s] * (size_t)sides[s];
        struct gpu_pick k = {.course = &course,
                             .records = records,
                             .picked = {NULL, picked},
                             .x = x,
                             .target = t,
                             .from = SHARD_SIDE,
                             .side = sides[s]};

        for (size_t i = 0; i < 2 * plane; i++)
            gpu_pick_at(&k, i);
        for (size_t n = 0; n < 2; n++) {
            CHECK_OK(train_augment(a, TRAIN_NONE,
                                   records + picked[n] * SHARD_RECORD, sides[s],
                                   1, want_x, want_t, &err));
            CHECK(apart(x + n * plane, want_x, plane) < 1e-6);
            CHECK(apart(t + n * 2 * plane, want_t, 2 * plane) < 1e-6);
        }
    }
    train_augmenter_free(a);
}

TEST(away_critic_speaks_as_the_cpus)
{
    static float z[1000], want[1000], dz[1000], part[1000];

    for (size_t i = 0; i < 1000; i++)
        z[i] = ((float)i - 500) * 0.2f;
    for (int made = 0; made < 2; made++)
        for (size_t parts = 1; parts < 1000; parts += 333) {
            struct gpu_bce k = {z, dz, part, 1000, parts, 0.5f / 1000, made};
            double loss = train_critic_bce(z, made ? 0 : 1, 0.5f, want, 1000);

            for (size_t i = 0; i < parts; i++)
                gpu_bce_at(&k, i);
            CHECK_NEAR(sum_of(part, parts) / 1000, loss, 1e-5 * loss);
            for (size_t i = 0; i < 1000; i++)
                CHECK_NEAR(dz[i], want[i], 1e-9);
        }
}
