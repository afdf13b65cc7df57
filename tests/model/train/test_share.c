/* One run in two processes, each with a folder and a copy of the set of its
 * own. */
#include "model/train/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/train/train.h"
#include "tests/check.h"
#include "tests/model/reduce/group.h"
#include "tests/model/train/data.h"

static struct tt_error err;

/* What a run said; only rank 0 hears anything. */
struct log {
    double loss[64], val;
    uint64_t steps, stop_after;
};

static void on_metric(void *ctx, const char *series, uint64_t step,
                      double value)
{
    struct log *l = ctx;

    if (strcmp(series, "loss") == 0 && step < 64) {
        l->loss[step] = value;
        l->steps = step;
    } else if (strcmp(series, "val_mae_ab") == 0) {
        l->val = value;
    }
}

static bool on_stop(void *ctx)
{
    const struct log *l = ctx;

    return l->stop_after && l->steps >= l->stop_after;
}

static struct train_plan plan_of(const char *folder, struct reduce *group)
{
    struct train_plan plan = data_plan(folder);

    plan.warm = 1;
    plan.precision = BACKEND_F32;
    plan.group = group;
    return plan;
}

static int run(const struct train_plan *plan, struct log *l)
{
    struct train_events events = {.ctx = l, .metric = on_metric};
    struct tt_watch watch = {l, on_stop, NULL};
    struct train_outcome out;

    return train_run(plan, &events, &watch, &out, &err);
}

static bool same_file(const char *a, const char *b)
{
    struct tt_sha256 x, y;

    CHECK_OK(tt_sha256_file(a, &x, NULL, &err));
    CHECK_OK(tt_sha256_file(b, &y, NULL, &err));
    return memcmp(x.bytes, y.bytes, sizeof(x.bytes)) == 0;
}

/* |a - b| / |b| of the weights in training. */
static double apart(const char *a, const char *b)
{
    struct model_checkpoint x, y;
    double d = 0, all = 0;

    CHECK_OK(model_checkpoint_load(&x, a, true, &err));
    CHECK_OK(model_checkpoint_load(&y, b, true, &err));
    for (size_t i = 0; i < y.params->count; i++) {
        double v = y.training->values[i];

        d += pow((double)x.training->values[i] - v, 2);
        all += v * v;
    }
    model_checkpoint_release(&x);
    model_checkpoint_release(&y);
    return sqrt(d / all);
}

SLOW(train_in_two_parts_ends_where_one_process_does, 120)
{
    struct reduce *r =
        group_join("train_in_two_parts_ends_where_one_process_does", 2);
    struct train_plan alone = plan_of("alone", NULL), parts;
    struct log one = {0}, two = {0};

    data_make("set", 24, 8);
    alone.steps = 4;
    parts = alone;
    parts.group = r;
    parts.folder = "parts";
    CHECK_OK(run(&alone, &one));
    CHECK_OK(run(&parts, &two));
    if (reduce_rank(r) == 0) {
        for (int step = 1; step <= 4; step++)
            CHECK_NEAR(two.loss[step], one.loss[step], 1e-4 * one.loss[step]);
        CHECK_NEAR(two.val, one.val, 1e-3 * one.val);
        CHECK(apart("parts/latest.h5", "alone/latest.h5") < 1e-3);
    } else {
        CHECK(!tt_file_exists("parts"));
        CHECK_INT(two.steps, 4);
    }
    reduce_close(r);
}

SLOW(train_in_parts_resumed_ends_on_the_same_bits, 120)
{
    struct reduce *r =
        group_join("train_in_parts_resumed_ends_on_the_same_bits", 2);
    struct train_plan whole = plan_of("whole", r), parts = plan_of("parts", r);
    struct log l = {0};

    data_make("set", 24, 8);
    whole.schedule = "mae:2,ssim:1,gan:1";
    whole.gan.patch = 34;
    CHECK_OK(run(&whole, &l));
    CHECK_INT(l.steps, 12);

    parts.schedule = whole.schedule;
    parts.gan.patch = 34;
    // the first process alone decides
    parts.resume = reduce_rank(r) == 0;
    l = (struct log){.stop_after = reduce_rank(r) == 0 ? 4 : 1};
    CHECK_FAILS(run(&parts, &l), TT_CANCEL, "stopped after step 4");
    l.stop_after = 0;
    CHECK_OK(run(&parts, &l));
    CHECK_INT(l.steps, 12);
    if (reduce_rank(r) == 0) {
        CHECK(apart("parts/latest.h5", "whole/latest.h5") == 0);
        CHECK(same_file("whole/best.h5", "parts/best.h5"));
    }
    reduce_close(r);
}

SLOW(train_gone_on_with_knows_its_best, 120)
{
    struct train_plan plan = plan_of("run", NULL);
    struct train_outcome first, again;

    data_make("set", 24, 8);
    plan.epochs = 3;
    CHECK_OK(train_run(&plan, NULL, NULL, &first, &err));
    plan.resume = true;
    CHECK_OK(train_run(&plan, NULL, NULL, &again, &err));
    CHECK_STR(again.best_path, "run/best.h5");
    CHECK_INT(again.best_epoch, first.best_epoch);
    CHECK(again.best.mae_ab == first.best.mae_ab);
    CHECK(again.best.cf_ratio == first.best.cf_ratio);
}

SLOW(train_in_parts_fails_everywhere_alike, 120)
{
    struct reduce *r = group_join("train_in_parts_fails_everywhere_alike", 2);
    struct train_plan plan = plan_of("run", r), bad;
    struct log l = {0};

    data_make("set", 24, 8);
    plan.steps = 2;
    bad = plan;
    bad.batch = 9;
    CHECK_FAILS(run(&bad, &l), TT_USAGE,
                "a batch of 9 does not divide among 2 processes");
    bad = plan;
    bad.dataset = reduce_rank(r) == 1 ? "nowhere" : "set";
    CHECK_FAILS(run(&bad, &l), TT_MISSING,
                "process 2 of 2: nowhere: no data set there");
    bad = plan;
    bad.folder = "set/dataset.json/run";
    CHECK_FAILS(run(&bad, &l), TT_OUTPUT, "set/dataset.json");
    // none of these did the group any harm
    CHECK_OK(run(&plan, &l));
    reduce_close(r);
}
