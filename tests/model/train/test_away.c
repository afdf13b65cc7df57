/* Steps of learning by a program for a GPU, on an engine of plain loops: its
 * kernels and its steps against the CPU's own arithmetic. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/kernels.h"
#include "model/random.h"
#include "model/train/augment.h"
#include "model/train/loss.h"
#include "model/train/ssim.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/gpu/host.h"
#include "tests/model/train/data.h"

static struct tt_error err;

static double sum_of(const float *part, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)part[i];
    return sum;
}

static float *fill(size_t n, uint64_t key)
{
    float *v = malloc(n * sizeof(float));

    CHECK(v);
    for (size_t i = 0; i < n; i++)
        v[i] = 0.5f + 0.2f * model_random_normal(key, i);
    return v;
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
        float *y = fill(values, 1), *t = fill(values, 2);
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
    float *y = fill(all, 3), *t = fill(all, 4);
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

/* --- a program's steps --- */

/* The state of a network in one block. */
struct state {
    float *block;
    size_t params, stats;
    struct backend_state at;
};

static struct state state_new(const struct stage *s)
{
    size_t p = s->net.params, n = s->net.stats;
    struct state new = {
        .block = calloc(4 * p + 2 * n, sizeof(float)), .params = p, .stats = n};
    float *b = new.block;

    CHECK(b);
    new.at = (struct backend_state){b,         b + 4 * p, b + p,
                                    b + 2 * p, b + 3 * p, b + 4 * p + n};
    memcpy(new.at.values, s->params, p * sizeof(float));
    memcpy(new.at.average, s->params, p * sizeof(float));
    memcpy(new.at.stats, s->stats, n * sizeof(float));
    memcpy(new.at.average_stats, s->stats, n * sizeof(float));
    return new;
}

static struct backend_lesson lesson_of(enum backend_loss loss, uint64_t step,
                                       float clip)
{
    return (struct backend_lesson){
        .loss = loss,
        // eps: so that a gradient of next to nothing does not count for all
        .adam = {1e-3f, 0.9f, 0.999f, 1e-2f, 0.5f, step, 1},
        .clip = clip};
}

/* One step made of a backend's passes, as the trainer makes it. */
static struct backend_found
step_by_passes(struct backend_program *p, const struct backend_ops *ops,
               const struct stage *s, const float *target,
               const struct backend_lesson *lesson, struct state *state)
{
    size_t values = outputs(s), count = state->params;
    float *y = malloc(values * sizeof(float)),
          *dy = malloc(values * sizeof(float));
    float *grads = malloc(count * sizeof(float));
    struct backend_found f;
    struct train_ssim *ssim;

    CHECK_OK(train_ssim_new(&ssim, s->side, 1, &err));
    CHECK_OK(ops->load(p, state->at.values, state->at.stats, &err));
    CHECK_OK(ops->forward(p, s->x, y, state->at.stats, &err));
    f.loss =
        lesson->loss == BACKEND_SSIM
            ? train_ssim_loss(ssim, y, target, dy, s->n, s->side)
            : train_loss_mae(y, target, dy, s->n, values / (size_t)s->n, 1);
    CHECK_OK(ops->backward(p, dy, grads, NULL, &err));
    f.gradient = sqrt(train_loss_square(grads, count, 1));
    if (lesson->clip > 0 && f.gradient > (double)lesson->clip)
        for (size_t i = 0; i < count; i++)
            grads[i] *= (float)((double)lesson->clip / f.gradient);
    backend_adam_step(&lesson->adam, count, state->at.values, grads,
                      state->at.m, state->at.v, state->at.average);
    for (size_t i = 0; i < state->stats; i++)
        state->at.average_stats[i] +=
            (1 - lesson->adam.decay) *
            (state->at.stats[i] - state->at.average_stats[i]);
    train_ssim_free(ssim);
    free(y);
    free(dy);
    free(grads);
    return f;
}

/* As a value is after its way in 16 bits: both sides see that. */
static float sent(float v, float least, float span)
{
    const float step = span / GPU_SENT_MOST;
    float q = rintf((v - least) * (GPU_SENT_MOST / span));

    return fminf(fmaxf(q, 0), GPU_SENT_MOST) * step + least;
}

/* The input as photos have it, and colours to be learnt. */
static float *lesson_photos(struct stage *s)
{
    size_t values = outputs(s);
    float *target = fill(values, 7);

    for (size_t i = 0; i < inputs(s); i++)
        s->x[i] = sent(tanhf(s->x[i]), -1, 2);
    for (size_t i = 0; i < values; i++)
        target[i] = sent(target[i], GPU_TARGET_LEAST, GPU_TARGET_SPAN);
    return target;
}

static void check_near_state(const struct state *a, const struct state *b)
{
    CHECK(apart(a->at.values, b->at.values, a->params) < 1e-6);
    CHECK(apart(a->at.average, b->at.average, a->params) < 1e-6);
    CHECK(apart(a->at.m, b->at.m, a->params) < 1e-4);
    CHECK(apart(a->at.v, b->at.v, a->params) < 1e-4);
    CHECK(apart(a->at.stats, b->at.stats, a->stats) < 1e-6);
    CHECK(apart(a->at.average_stats, b->at.average_stats, a->stats) < 1e-6);
}

/* Each from where the last one made of passes ended: from state to state
 * differences would grow. */
SLOW(away_steps_are_those_made_of_passes, 120)
{
    const struct backend_ops *ops = &wide_backend;
    struct backend_program *p, *q;
    struct backend_setup setup;
    struct backend_batch batch;
    struct state away, here;
    struct stage s;
    float *target;

    stage_preset(&s, "T", 2, 32);
    target = lesson_photos(&s);
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    away = state_new(&s);
    here = state_new(&s);
    CHECK_OK(ops->open(&p, &s.net, &setup, &err));
    CHECK_OK(ops->open(&q, &s.net, &setup, &err));
    batch = (struct backend_batch){s.x, target, NULL};
    for (uint64_t step = 1; step <= 4; step++) {
        struct backend_lesson lesson = lesson_of(
            step < 3 ? BACKEND_MAE : BACKEND_SSIM, step, step % 2 ? 0.05f : 0);
        struct backend_found f, want;

        CHECK_OK(ops->learn->take(p, &here.at, &err));
        CHECK_OK(ops->learn->batch(p, &batch, &err));
        CHECK_OK(ops->learn->step(p, &lesson, &err));
        CHECK_OK(ops->learn->found(p, &f, &err));
        CHECK_OK(ops->learn->give(p, &away.at, &err));
        want = step_by_passes(q, ops, &s, target, &lesson, &here);
        CHECK_NEAR(f.loss, want.loss, 1e-6 * want.loss);
        CHECK_NEAR(f.gradient, want.gradient, 1e-4 * want.gradient);
        check_near_state(&away, &here);
    }
    ops->close(p);
    ops->close(q);
    free(away.block);
    free(here.block);
    free(target);
    stage_release(&s);
}

TEST(away_learns_nothing_but_colours)
{
    struct backend_photos photos = {NULL, 0, SHARD_SIDE};
    struct backend_setup setup;
    struct backend_program *p;
    struct stage s;

    stage_of(&s, SORTS); // a discriminator
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    CHECK_OK(host_backend.open(&p, &s.net, &setup, &err));
    CHECK_FAILS(
        host_backend.learn->keep(p, &photos, &err), TT_USAGE,
        "a network for training that colours square photos learns here");
    host_backend.close(p);
    stage_release(&s);
}
