#include "model/train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/infer.h"
#include "model/train/evaluate.h"
#include "tests/check.h"
#include "tests/model/train/data.h"

static struct tt_error err;

/* What a run said of itself, and when it shall be told to stop. */
struct log {
    double loss, first_loss, mae_ab, gray, lookup;
    uint64_t steps, checkpoints, best;
    uint64_t stop_after; /* steps; 0: never */
};

static void on_metric(void *ctx, const char *series, uint64_t step,
                      double value)
{
    struct log *l = ctx;

    CHECK(isfinite(value));
    if (strcmp(series, "loss") == 0) {
        CHECK_INT(step, l->steps + 1);
        l->steps = step;
        l->loss = value;
        if (step == 1)
            l->first_loss = value;
    } else if (strcmp(series, "val_mae_ab") == 0) {
        l->mae_ab = value;
    } else if (strcmp(series, "gray_mae_ab") == 0) {
        l->gray = value;
    } else if (strcmp(series, "lookup_mae_ab") == 0) {
        l->lookup = value;
    }
}

static void on_checkpoint(void *ctx, const char *path, bool best,
                          const struct tt_sha256 *sha256, uint64_t epoch,
                          uint64_t step, const struct train_val *val)
{
    struct log *l = ctx;
    struct tt_sha256 h;

    (void)epoch;
    (void)val;
    CHECK_INT(step, l->steps);
    CHECK_OK(tt_sha256_file(path, &h, NULL, &err));
    CHECK(memcmp(&h, sha256, sizeof(h)) == 0);
    l->checkpoints += !best;
    l->best += best;
}

static bool on_stop(void *ctx)
{
    const struct log *l = ctx;

    return l->stop_after && l->steps >= l->stop_after;
}

static struct train_plan plan_of(const char *folder)
{
    struct train_plan plan;

    train_plan_init(&plan);
    plan.dataset = "set";
    plan.folder = folder;
    plan.preset = "T";
    plan.sides = "32";
    plan.batch = 8;
    plan.threads = 1; // a barrier a layer is dear on a busy machine
    return plan;
}

static int run(const struct train_plan *plan, struct log *l,
               struct train_outcome *out)
{
    struct train_events events = {l, on_metric, on_checkpoint};
    struct tt_watch watch = {l, on_stop, NULL};

    return train_run(plan, &events, &watch, out, &err);
}

static bool same_file(const char *a, const char *b)
{
    struct tt_sha256 x, y;

    CHECK_OK(tt_sha256_file(a, &x, NULL, &err));
    CHECK_OK(tt_sha256_file(b, &y, NULL, &err));
    return memcmp(&x, &y, sizeof(x)) == 0;
}

SLOW(train_learns_what_a_lookup_cannot, 300)
{
    struct train_plan plan = plan_of("run");
    struct train_outcome out;
    struct log l = {0};
    struct evaluate_plan judge = {
        .checkpoint = "run/best.h5", .dataset = "set", .split = SHARD_VAL};
    struct evaluate_result r;

    data_make("set", 48, 16);
    plan.epochs = 30;
    plan.augment = "none";
    plan.average = 0.95;
    CHECK_OK(run(&plan, &l, &out));
    CHECK_INT(out.steps, 180);
    CHECK_INT(out.epochs, 30);
    CHECK_INT(out.images, 180 * 8);
    CHECK_INT(l.checkpoints, 30);
    CHECK(l.best >= 3);
    CHECK(l.loss < 0.25 * l.first_loss);
    CHECK(l.gray > 12 && l.lookup < l.gray);
    CHECK(l.mae_ab < 0.6 * l.lookup);

    CHECK_OK(evaluate_run(&judge, NULL, &r, &err));
    CHECK_INT(r.photos, 16);
    CHECK_INT(r.side, 32);
    CHECK_NEAR(r.row[EVALUATE_GRAY].mae_ab.mean, l.gray, 1e-9);
    CHECK_NEAR(r.row[EVALUATE_LOOKUP].mae_ab.mean, l.lookup, 1e-9);
    CHECK(r.row[EVALUATE_MODEL].mae_ab.high < l.lookup);
    CHECK(r.row[EVALUATE_MODEL].mae_ab.low < out.best.mae_ab + 1);
    CHECK(r.row[EVALUATE_MODEL].psnr.mean > r.row[EVALUATE_GRAY].psnr.mean);
    CHECK_NEAR(r.row[EVALUATE_GRAY].cf_ratio, 0, 1e-6);
    CHECK_NEAR(r.row[EVALUATE_MODEL].cf_ratio, 1, 0.3);
}

SLOW(train_resumed_ends_on_the_same_bits, 300)
{
    struct train_plan plan = plan_of("whole");
    struct train_outcome out;
    struct log whole = {0}, parts = {0};

    data_make("set", 40, 8);
    plan.steps = 17;
    plan.threads = 2;
    CHECK_OK(run(&plan, &whole, &out));

    plan.folder = "parts";
    plan.resume = true;
    parts.stop_after = 3;
    CHECK_FAILS(run(&plan, &parts, &out), TT_CANCEL, "stopped after step 3");
    CHECK_INT(out.steps, 3);
    CHECK(tt_file_exists("parts/latest.h5"));
    parts.stop_after = 10; // at the end of an epoch
    CHECK_FAILS(run(&plan, &parts, &out), TT_CANCEL, "stopped after step 10");
    parts.stop_after = 0;
    CHECK_OK(run(&plan, &parts, &out));
    CHECK_INT(out.steps, 17);
    CHECK(parts.loss == whole.loss && parts.mae_ab == whole.mae_ab);
    CHECK(same_file("whole/best.h5", "parts/best.h5"));
    // a run that is over has nothing left to do
    CHECK_OK(run(&plan, &parts, &out));
    CHECK_INT(parts.steps, 17);
}

SLOW(train_grows_the_photos_and_starts_from_a_checkpoint, 300)
{
    struct train_plan plan = plan_of("first");
    struct train_outcome out;
    struct log l = {0}, m = {0};
    struct model_checkpoint c;

    data_make("set", 24, 8);
    plan.sides = "32:2,64:1";
    plan.epochs = 3;
    plan.name = "growing";
    plan.about = "{\"terms\":\"none\"}";
    CHECK_OK(run(&plan, &l, &out));
    CHECK_OK(model_checkpoint_load(&c, "first/latest.h5", true, &err));
    CHECK_INT(c.side, 64);
    CHECK_INT(c.step, 9);
    CHECK_STR(c.name, "growing");
    CHECK(strstr(c.about, "\"terms\":\"none\"") != NULL);
    CHECK(strstr(c.about, "\"val_mae_ab\":") != NULL);
    CHECK(strstr(c.about, "\"augment\":\"film\"") != NULL);
    model_checkpoint_release(&c);

    plan.folder = "second";
    plan.init = "first/best.h5";
    plan.epochs = 1;
    CHECK_OK(run(&plan, &m, &out));
    CHECK(m.first_loss < l.first_loss);
    plan.preset = "P";
    CHECK_FAILS(run(&plan, &m, &out), TT_USAGE, "is of preset T, not P");
}

TEST(train_says_what_is_wrong)
{
    struct train_plan plan = plan_of("run"), bad;
    struct train_outcome out;

    data_make("set", 12, 4);
    plan.epochs = 1;
    bad = plan;
    bad.epochs = 0;
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "a run needs an end: epochs, steps or minutes");
    bad = plan;
    bad.dataset = "nowhere";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_MISSING, "nowhere");
    bad = plan;
    bad.batch = 13;
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_INPUT,
                "12 photos to train on are too few for a batch of 13");
    bad = plan;
    bad.preset = "Q";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_MISSING,
                "Q: no such preset");
    bad = plan;
    bad.sides = "64:0.8,100:0.2";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "multiples of 16 up to 128");
    bad = plan;
    bad.augment = "glitter";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "glitter: augment is none, basic or film");
    bad = plan;
    bad.rate = 0;
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "rate must be above 0");
    bad = plan;
    bad.about = "{";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE, "JSON");
}
