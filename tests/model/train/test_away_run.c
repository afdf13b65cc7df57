/* Runs of training whose steps a program for a GPU makes, on an engine of plain
 * loops. */
#include <math.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/train/train.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/gpu/host.h"
#include "tests/model/gpu/late.h"
#include "tests/model/reduce/group.h"
#include "tests/model/train/data.h"

static struct tt_error err;

struct log {
    double loss[64], gradient, val, d_loss, g_adv;
    uint64_t steps, stop_after;
};

static void on_metric(void *ctx, const char *series, uint64_t step,
                      double value)
{
    struct log *l = ctx;

    CHECK(isfinite(value));
    if (strcmp(series, "loss") == 0 && step < 64) {
        CHECK_INT(step, l->steps + 1);
        l->loss[step] = value;
    } else if (strcmp(series, "images_per_s") == 0) {
        l->steps = step;
    } else if (strcmp(series, "d_loss") == 0) {
        l->d_loss = value;
    } else if (strcmp(series, "g_adv") == 0) {
        l->g_adv = value;
    } else if (strcmp(series, "gradient") == 0) {
        l->gradient = value;
    } else if (strcmp(series, "val_mae_ab") == 0) {
        l->val = value;
    }
}

static void on_checkpoint(void *ctx, const char *path, bool best,
                          const struct tt_sha256 *sha256, uint64_t epoch,
                          uint64_t step, const struct train_val *val)
{
    const struct log *l = ctx;

    (void)path;
    (void)best;
    (void)sha256;
    (void)epoch;
    (void)val;
    CHECK_INT(step, l->steps); // all that was done has been spoken of
}

static bool on_stop(void *ctx)
{
    const struct log *l = ctx;

    return l->stop_after && l->steps >= l->stop_after;
}

static int run(const struct train_plan *plan, struct log *l)
{
    struct train_events events = {
        .ctx = l, .metric = on_metric, .checkpoint = on_checkpoint};
    struct tt_watch watch = {l, on_stop, NULL};
    struct train_outcome out;

    return train_run(plan, &events, &watch, &out, &err);
}

static struct train_plan plan_of(const char *folder,
                                 const struct backend_ops *ops)
{
    struct train_plan plan = data_plan(folder);

    plan.batch = 4;
    plan.schedule = "mae:1,ssim:1";
    plan.steps = 20;
    plan.warm = 0;
    plan.rate = 1e-4;
    plan.ops = ops;
    return plan;
}

/* |a - b| / |b| of the weights in training and of their average. */
static double files_apart(const char *a, const char *b)
{
    struct model_checkpoint x, y;
    double weights, average;

    CHECK_OK(model_checkpoint_load(&x, a, true, &err));
    CHECK_OK(model_checkpoint_load(&y, b, true, &err));
    CHECK_INT(x.training->step, y.training->step);
    weights = apart(x.training->values, y.training->values, x.params->count);
    average = apart(x.params->values, y.params->values, x.params->count);
    model_checkpoint_release(&x);
    model_checkpoint_release(&y);
    return weights > average ? weights : average;
}

static void check_same_critic(const struct model_critic *x,
                              const struct model_critic *y)
{
    size_t params, stats;

    CHECK(!x == !y);
    if (!x)
        return;
    params = x->wiring.net.params * sizeof(float);
    stats = x->wiring.net.stats * sizeof(float);
    CHECK_INT(x->steps, y->steps);
    CHECK(memcmp(x->values, y->values, params) == 0);
    CHECK(memcmp(x->m, y->m, params) == 0);
    CHECK(memcmp(x->v, y->v, params) == 0);
    CHECK(memcmp(x->stats, y->stats, stats) == 0);
}

static void check_same_state(const char *a, const char *b)
{
    struct model_checkpoint x, y;
    size_t params, stats;

    CHECK_OK(model_checkpoint_load(&x, a, true, &err));
    CHECK_OK(model_checkpoint_load(&y, b, true, &err));
    params = x.params->count * sizeof(float);
    stats = x.params->stat_count * sizeof(float);
    CHECK(memcmp(x.params->values, y.params->values, params) == 0);
    CHECK(memcmp(x.params->stats, y.params->stats, stats) == 0);
    CHECK(memcmp(x.training->values, y.training->values, params) == 0);
    CHECK(memcmp(x.training->stats, y.training->stats, stats) == 0);
    CHECK(memcmp(x.training->m, y.training->m, params) == 0);
    CHECK(memcmp(x.training->v, y.training->v, params) == 0);
    CHECK(x.training->loss_sum == y.training->loss_sum);
    check_same_critic(x.training->critic, y.training->critic);
    model_checkpoint_release(&x);
    model_checkpoint_release(&y);
}

/* Photos that are kept, and photos that are sent. */
static void compare_runs(const char *augment, double within)
{
    struct train_plan here = plan_of("here", NULL);
    struct train_plan away = plan_of("away", &wide_backend);
    struct log one = {0}, two = {0};

    data_make("set", 16, 4);
    here.precision = BACKEND_F32;
    here.augment = away.augment = augment;
    here.clip = away.clip = 0.5;
    CHECK_OK(run(&here, &one));
    CHECK_OK(run(&away, &two));
    CHECK_INT(two.steps, 20);
    for (int i = 1; i <= 20; i++)
        CHECK_NEAR(two.loss[i], one.loss[i], within * one.loss[i]);
    CHECK_NEAR(two.gradient, one.gradient, 5e-2 * one.gradient);
    CHECK_NEAR(two.val, one.val, 1e-2 * one.val);
    CHECK(files_apart("away/latest.h5", "here/latest.h5") < within);
}

SLOW(away_run_with_photos_kept_is_that_of_the_cpu, 300)
{
    compare_runs("none", 1e-4);
}

SLOW(away_run_with_photos_sent_is_that_of_the_cpu, 300)
{
    compare_runs("film", 2e-3);
}

/* Through all stages. A first step of Adam's goes as far by a gradient of next
 * to nothing as by any, so where it has another sign the critics part. */
SLOW(away_run_with_a_critic_is_that_of_the_cpu, 300)
{
    struct train_plan here = plan_of("here", NULL);
    struct train_plan away = plan_of("away", &wide_backend);
    struct log one = {0}, two = {0};

    data_make("set", 16, 4);
    here.precision = BACKEND_F32;
    here.schedule = away.schedule = "mae:1,ssim:1,gan:2";
    here.augment = away.augment = "none";
    here.gan.patch = away.gan.patch = 34;
    here.clip = away.clip = 0.5;
    here.steps = away.steps = 12;
    CHECK_OK(run(&here, &one));
    CHECK_OK(run(&away, &two));
    CHECK_INT(two.steps, 12);
    CHECK(one.loss[7] == 0 && two.loss[7] == 0); // the critic was alone
    for (int i = 1; i <= 12; i++)
        CHECK_NEAR(two.loss[i], one.loss[i], 1e-3 * one.loss[i]);
    CHECK_NEAR(two.d_loss, one.d_loss, 1e-3 * one.d_loss);
    CHECK_NEAR(two.g_adv, one.g_adv, 5e-3 * one.g_adv);
    CHECK(files_apart("away/latest.h5", "here/latest.h5") < 1e-3);
}

/* Through all stages, over two sizes, in bf16. */
static void resume_run(const char *augment)
{
    struct train_plan whole = plan_of("whole", &host_backend), parts;
    struct log l = {0};

    data_make("set", 12, 4);
    whole.augment = augment;
    whole.schedule = "mae:1,ssim:1,gan:1,mae:1";
    whole.sides = "16:1,32:1";
    whole.gan.patch = 34;
    whole.steps = 12;
    CHECK_OK(run(&whole, &l));
    CHECK_INT(l.steps, 12);

    parts = whole;
    parts.folder = "parts";
    parts.resume = true;
    l.steps = 0;
    for (uint64_t stop = 2; stop < 12; stop += 2) {
        l.stop_after = stop;
        CHECK_FAILS(run(&parts, &l), TT_CANCEL, "stopped");
    }
    l.stop_after = 0;
    CHECK_OK(run(&parts, &l));
    CHECK_INT(l.steps, 12);
    check_same_state("parts/latest.h5", "whole/latest.h5");
}

SLOW(away_run_resumed_with_photos_kept_ends_on_the_same_bits, 300)
{
    resume_run("none");
}

SLOW(away_run_resumed_with_photos_sent_ends_on_the_same_bits, 300)
{
    resume_run("film");
}

/* Nothing that is under way is written over: a batch on its way, one in use, a
 * course. */
static void compare_late(const char *augment)
{
    struct train_plan plan = plan_of("prompt", &host_backend);
    struct log l = {0};

    data_make("set", 16, 4);
    plan.augment = augment;
    plan.schedule = "mae:1,ssim:1,gan:2";
    plan.gan.patch = 34;
    plan.sides = "16";
    plan.steps = 8;
    CHECK_OK(run(&plan, &l));
    plan.folder = "late";
    plan.ops = &late_backend;
    l.steps = 0;
    CHECK_OK(run(&plan, &l));
    check_same_state("late/latest.h5", "prompt/latest.h5");
    plan.folder = "eager";
    plan.ops = &late_eager_backend;
    l.steps = 0;
    CHECK_OK(run(&plan, &l));
    check_same_state("eager/latest.h5", "prompt/latest.h5");
}

SLOW(away_run_is_the_same_however_late_its_steps_run, 300)
{
    compare_late("film");
}

SLOW(away_run_with_photos_kept_is_the_same_however_late, 300)
{
    compare_late("none");
}

/* Batch norm goes over both parts. */
SLOW(away_run_in_two_parts_is_that_of_the_cpu, 300)
{
    struct reduce *r =
        group_join("away_run_in_two_parts_is_that_of_the_cpu", 2);
    struct train_plan here = plan_of("here", NULL);
    struct train_plan away = plan_of("away", &wide_backend);
    struct log one = {0}, two = {0};

    data_make("set", 16, 4);
    here.precision = BACKEND_F32;
    here.group = away.group = r;
    here.augment = away.augment = "none";
    here.clip = away.clip = 0.5;
    here.schedule = away.schedule = "mae:1,ssim:1,gan:2";
    here.gan.patch = away.gan.patch = 34;
    here.steps = away.steps = 8;
    CHECK_OK(run(&here, &one));
    CHECK_OK(run(&away, &two));
    CHECK_INT(two.steps, 8);
    if (reduce_rank(r) == 0) {
        CHECK_NEAR(two.loss[1], one.loss[1], 1e-6 * one.loss[1]);
        for (int i = 2; i <= 8; i++)
            CHECK_NEAR(two.loss[i], one.loss[i], 1e-3 * one.loss[i]);
        CHECK_NEAR(two.gradient, one.gradient, 5e-2 * one.gradient);
        CHECK(files_apart("away/latest.h5", "here/latest.h5") < 1e-3);
    }
    reduce_close(r);
}
