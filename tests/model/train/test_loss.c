#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/backend.h"
#include "model/random.h"
#include "model/train/critic.h"
#include "model/train/loss.h"
#include "model/train/ssim.h"
#include "tests/check.h"

static struct tt_error err;

/* --- SSIM --- */

/* Waves of that phase: side, side, 2. */
static void waves(float *out, int side, double phase)
{
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            float *at = out + 2 * (i * side + j);

            at[0] = (float)(0.5 + 0.3 * sin(0.31 * j + 0.17 * i + phase));
            at[1] = (float)(0.5 + 0.2 * cos(0.23 * i - 0.11 * j + 2 * phase));
        }
}

/* scikit-image 0.26, structural_similarity of the waves of phase 0 and 0.4 at
 * 32 px, each channel by itself in f64: gaussian_weights=True, sigma=1.5,
 * use_sample_covariance=False, data_range=1. */
TEST(train_ssim_is_that_of_scikit_image)
{
    enum { SIDE = 32, VALUES = SIDE * SIDE * 2 };
    float y[VALUES], t[VALUES];
    struct train_ssim *s;

    waves(y, SIDE, 0);
    waves(t, SIDE, 0.4);
    CHECK_OK(train_ssim_new(&s, 64, 1, &err));
    CHECK_NEAR(train_ssim_loss(s, y, t, NULL, 1, SIDE),
               1 - (0.8567202595574058 + 0.6006571654762866) / 2, 1e-6);
    CHECK_NEAR(train_ssim_loss(s, y, y, NULL, 1, SIDE), 0, 1e-6);
    train_ssim_free(s);
    train_ssim_free(NULL);
}

/* Of photos that are all but flat too, where the gradient is steepest. */
TEST(train_ssim_has_the_gradient_of_finite_differences)
{
    enum { SIDE = 24, N = 3, EACH = SIDE * SIDE * 2, VALUES = N * EACH };
    static float y[VALUES], t[VALUES], dy[VALUES], moved[VALUES];
    static float direction[VALUES];
    struct train_ssim *s;

    CHECK_OK(train_ssim_new(&s, SIDE, 2, &err));
    for (int flat = 0; flat < 2; flat++) {
        double along = 0, h = flat ? 2e-4 : 2e-3, up, down;

        for (int k = 0; k < N; k++) {
            waves(y + k * EACH, SIDE, k);
            waves(t + k * EACH, SIDE, k + 0.3);
        }
        for (int i = 0; i < VALUES; i++) {
            if (flat) {
                y[i] = 0.5f + 0.02f * (y[i] - 0.5f);
                t[i] = 0.5f + 0.02f * (t[i] - 0.5f);
            }
            y[i] +=
                (flat ? 1e-3f : 5e-2f) * model_random_normal(1, (uint64_t)i);
        }
        train_ssim_loss(s, y, t, dy, N, SIDE);
        for (int i = 0; i < VALUES; i++) {
            direction[i] = dy[i] > 0 ? 1 : -1;
            direction[i] *= model_random_unit(2, (uint64_t)i);
            along += (double)direction[i] * (double)dy[i];
        }
        for (int i = 0; i < VALUES; i++)
            moved[i] = y[i] + (float)h * direction[i];
        up = train_ssim_loss(s, moved, t, NULL, N, SIDE);
        for (int i = 0; i < VALUES; i++)
            moved[i] = y[i] - (float)h * direction[i];
        down = train_ssim_loss(s, moved, t, NULL, N, SIDE);
        CHECK_NEAR((up - down) / (2 * h) / along, 1, 5e-3);
    }
    train_ssim_free(s);
}

TEST(train_ssim_bits_do_not_depend_on_threads)
{
    enum { SIDE = 32, N = 5, EACH = SIDE * SIDE * 2, VALUES = N * EACH };
    static float y[VALUES], t[VALUES], dy[2][VALUES];
    double loss[2];

    for (int k = 0; k < N; k++) {
        waves(y + k * EACH, SIDE, k);
        waves(t + k * EACH, SIDE, k + 0.1);
    }
    for (int threads = 1; threads <= 2; threads++) {
        struct train_ssim *s;

        CHECK_OK(train_ssim_new(&s, SIDE, threads, &err));
        loss[threads - 1] = train_ssim_loss(s, y, t, dy[threads - 1], N, SIDE);
        train_ssim_free(s);
    }
    CHECK(loss[0] == loss[1]);
    CHECK(memcmp((char *)dy[0], (char *)dy[1], sizeof(dy[0])) == 0);
}

/* --- sums --- */

TEST(train_loss_square_is_the_sum_of_squares)
{
    enum { N = 100003 };
    float *x = malloc(N * sizeof(float));
    double want = 0;

    for (uint64_t i = 0; i < N; i++) {
        x[i] = model_random_normal(1, i);
        want += (double)x[i] * (double)x[i];
    }
    CHECK_NEAR(train_loss_square(x, N, 1) / want, 1, 1e-12);
    CHECK(train_loss_square(x, N, 1) == train_loss_square(x, N, 2));
    CHECK_NEAR(train_loss_square(x, 3, 2),
               x[0] * x[0] + x[1] * x[1] + x[2] * x[2], 1e-6);
    free(x);
}

/* --- the discriminator --- */

TEST(train_critic_bce_is_finite_and_has_its_gradient)
{
    static const float z[] = {-200, -2, -0.25f, 0, 0.5f, 3, 300};
    float dz[7], one, d;

    for (int t = 0; t < 2; t++) {
        train_critic_bce(z, (float)t, 1, dz, 7);
        for (int i = 0; i < 7; i++) {
            float up = z[i] + 1e-3f, down = z[i] - 1e-3f;
            double q = (train_critic_bce(&up, (float)t, 1, &d, 1) -
                        train_critic_bce(&down, (float)t, 1, &d, 1)) /
                       (double)(up - down);

            CHECK_NEAR(dz[i] * 7, q, 1e-4);
        }
    }
    one = 0;
    CHECK_NEAR(train_critic_bce(&one, 1, 1, &d, 1), log(2), 1e-12);
    one = -200;
    CHECK_NEAR(train_critic_bce(&one, 1, 0.5f, &d, 1), 200, 1e-9);
    CHECK_NEAR(d, -0.5, 1e-7);
}

#define SIDE 32
#define N    4

/* A discriminator at work on made-up photos. */
struct stage {
    struct model_critic *model;
    struct train_critic *critic;
    struct train_batch batch;
    float x[N * SIDE * SIDE], target[2 * N * SIDE * SIDE];
    float made[2 * N * SIDE * SIDE], dy[2 * N * SIDE * SIDE];
};

static void stage_open(struct stage *s, const struct backend_ops *ops)
{
    struct backend_setup setup = {.batch = N,
                                  .height = SIDE,
                                  .width = SIDE,
                                  .precision = BACKEND_F32,
                                  .threads = 1};

    memset(s, 0, sizeof(*s));
    CHECK_OK(model_critic_new(&s->model, 34, &err));
    CHECK_OK(train_critic_start(s->model, 1, &err));
    CHECK_OK(train_critic_open(&s->critic, ops, s->model, &setup, &err));
    for (uint64_t i = 0; i < N * SIDE * SIDE; i++) {
        s->x[i] = sinf((float)(i % SIDE) * 0.5f);
        for (uint64_t c = 0; c < 2; c++) {
            // the true colours follow the lightness, the made ones do not
            s->target[2 * i + c] = 0.5f + 0.2f * s->x[i];
            s->made[2 * i + c] = 0.5f + 0.1f * model_random_normal(c, i / SIDE);
        }
    }
    s->batch = (struct train_batch){SIDE, s->x, s->target, NULL};
}

static void stage_close(struct stage *s)
{
    train_critic_close(s->critic);
    model_critic_free(s->model);
}

SLOW(train_critic_learns_to_tell_true_from_made, 60)
{
    static struct stage s;
    double first = 0, loss = 0, adversarial;

    stage_open(&s, &backend_onednn);
    for (int i = 0; i < 12; i++) {
        CHECK_OK(
            train_critic_learn(s.critic, &s.batch, s.made, 2e-4, &loss, &err));
        if (i == 0)
            first = loss;
    }
    CHECK_INT(s.model->steps, 12);
    CHECK_NEAR(first, log(2), 0.3);
    CHECK(loss < 0.5 * first);
    CHECK_OK(train_critic_judge(s.critic, &s.batch, s.made, s.dy, &adversarial,
                                &err));
    CHECK(adversarial > 1);
    stage_close(&s);
}

SLOW(train_critic_judgement_has_the_gradient_of_finite_differences, 60)
{
    static struct stage s;
    static float from[2 * N * SIDE * SIDE], ignored[2 * N * SIDE * SIDE];
    double loss, along = 0, up, down, h = 1e-3;
    size_t values = 2 * N * SIDE * SIDE;

    stage_open(&s, &backend_reference);
    for (size_t i = 0; i < values; i++)
        s.dy[i] = 1; // it is added to
    CHECK_OK(train_critic_judge(s.critic, &s.batch, s.made, s.dy, &loss, &err));
    memcpy(from, s.made, sizeof(from));
    for (size_t i = 0; i < values; i++)
        along += fabs((double)s.dy[i] - 1);
    for (size_t i = 0; i < values; i++)
        s.made[i] = from[i] + (float)h * (s.dy[i] > 1 ? 1 : -1);
    CHECK_OK(
        train_critic_judge(s.critic, &s.batch, s.made, ignored, &up, &err));
    for (size_t i = 0; i < values; i++)
        s.made[i] = from[i] - (float)h * (s.dy[i] > 1 ? 1 : -1);
    CHECK_OK(
        train_critic_judge(s.critic, &s.batch, s.made, ignored, &down, &err));
    CHECK_NEAR((up - down) / (2 * h) / along, 1, 1e-2);
    stage_close(&s);
}

TEST(train_critic_refuses_what_leaves_nothing_to_see)
{
    struct backend_setup setup = {.batch = 2,
                                  .height = 16,
                                  .width = 16,
                                  .precision = BACKEND_F32,
                                  .threads = 1};
    struct model_critic *m;
    struct train_critic *c;

    CHECK_FAILS(model_critic_new(&m, 50, &err), TT_USAGE,
                "patch 50: 34 or 70 pixels");
    CHECK_OK(model_critic_new(&m, 70, &err));
    CHECK_INT(m->wiring.net.params, 2765633);
    CHECK_FAILS(train_critic_open(&c, &backend_onednn, m, &setup, &err),
                TT_USAGE, "discriminator: layer 4 has nothing left to see");
    CHECK(c == NULL);
    train_critic_close(NULL);
    model_critic_free(m);
    model_critic_free(NULL);
}
