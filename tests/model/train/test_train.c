#include "model/train/train.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/infer.h"
#include "model/random.h"
#include "model/train/evaluate.h"
#include "tests/check.h"
#include "tests/model/train/data.h"

static struct tt_error err;

/* What a run said of itself, and when it shall be told to stop. */
struct log {
    double loss, first_loss, mae_ab, gray, lookup;
    uint64_t steps, checkpoints, best;
    double loss3, d_loss, g_adv, g_l1, gradient, val_loss, rate;
    char stages[256];    /* "1/2 mae 2/2 gan " */
    uint64_t stop_after; /* steps; 0: never */
};

static void on_metric(void *ctx, const char *series, uint64_t step,
                      double value)
{
    struct log *l = ctx;

    const struct {
        const char *series;
        double *value;
    } last[] = {
        {"loss", &l->loss},
        {"loss3", &l->loss3},
        {"d_loss", &l->d_loss},
        {"g_adv", &l->g_adv},
        {"g_l1", &l->g_l1},
        {"gradient", &l->gradient},
        {"rate", &l->rate},
        {"val_loss", &l->val_loss},
        {"val_mae_ab", &l->mae_ab},
        {"gray_mae_ab", &l->gray},
        {"lookup_mae_ab", &l->lookup},
    };

    CHECK(isfinite(value));
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
        if (strcmp(series, last[i].series) == 0)
            *last[i].value = value;
    if (strcmp(series, "loss") == 0 && step == 1)
        l->first_loss = value;
    if (strcmp(series, "rate") == 0) { // the same number for all of a step
        CHECK_INT(step, l->steps + 1);
        l->steps = step;
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
    if (l->steps)
        CHECK_INT(step, l->steps);
    CHECK_OK(tt_sha256_file(path, &h, NULL, &err));
    CHECK(memcmp(&h, sha256, sizeof(h)) == 0);
    l->checkpoints += !best;
    l->best += best;
}

static void on_stage(void *ctx, int stage, int stages, const char *loss)
{
    struct log *l = ctx;
    size_t used = strlen(l->stages);

    snprintf(l->stages + used, sizeof(l->stages) - used, "%d/%d %s ", stage + 1,
             stages, loss);
}

static bool on_stop(void *ctx)
{
    const struct log *l = ctx;

    return l->stop_after && l->steps >= l->stop_after;
}

static int run(const struct train_plan *plan, struct log *l,
               struct train_outcome *out)
{
    struct train_events events = {l, on_metric, on_stage, on_checkpoint};
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
    struct train_plan plan = data_plan("run");
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
    CHECK_NEAR(r.all.of[EVALUATE_GRAY][EVALUATE_MAE_AB].mean, l.gray, 1e-9);
    CHECK_NEAR(r.all.of[EVALUATE_LOOKUP][EVALUATE_MAE_AB].mean, l.lookup, 1e-9);
    CHECK(r.all.of[EVALUATE_MODEL][EVALUATE_MAE_AB].high < l.lookup);
    CHECK(r.all.of[EVALUATE_MODEL][EVALUATE_MAE_AB].low < out.best.mae_ab + 1);
    CHECK(r.all.of[EVALUATE_MODEL][EVALUATE_PSNR].mean >
          r.all.of[EVALUATE_GRAY][EVALUATE_PSNR].mean);
    CHECK_NEAR(r.all.of[EVALUATE_GRAY][EVALUATE_CF_RATIO].mean, 0, 1e-6);
    CHECK_NEAR(r.all.of[EVALUATE_MODEL][EVALUATE_CF_RATIO].mean, 1, 0.3);
}

SLOW(train_resumed_ends_on_the_same_bits, 300)
{
    struct train_plan plan = data_plan("whole");
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

/* mae, ssim, gan: short, at 32 px. */
static struct train_plan plan_of_stages(const char *folder)
{
    struct train_plan plan = data_plan(folder);

    plan.schedule = "mae:3,ssim:2,gan:2";
    plan.gan.patch = 34;
    plan.gan.alone = 0.4;
    return plan;
}

SLOW(train_goes_through_its_stages, 300)
{
    struct train_plan plan = plan_of_stages("run");
    struct train_outcome out;
    struct model_checkpoint c;
    struct log l = {0};

    data_make("set", 40, 8);
    plan.clip = 1;
    CHECK_OK(run(&plan, &l, &out));
    CHECK_INT(out.steps, 7 * 5);
    CHECK_STR(l.stages, "1/3 mae 2/3 ssim 3/3 gan ");
    CHECK_NEAR(l.g_l1 / 2 * 2 / 3, l.loss3, 1e-12);
    CHECK_NEAR(l.g_adv + 100 * l.g_l1, l.loss, 1e-9);
    CHECK(l.d_loss > 0 && l.d_loss < 2 && l.gradient > 0);
    CHECK_NEAR(l.val_loss, l.mae_ab / 220, 1e-12);
    CHECK(tt_file_exists("run/best-mae.h5"));
    CHECK(tt_file_exists("run/best-ssim.h5"));
    CHECK(!tt_file_exists("run/best-gan.h5"));
    CHECK_OK(model_checkpoint_load(&c, "run/latest.h5", true, &err));
    CHECK_INT(c.training->stage, 2);
    CHECK(c.training->critic);
    CHECK_INT(c.training->critic->steps, 10);
    CHECK_INT(c.training->critic->patch, 34);
    model_checkpoint_release(&c);
    CHECK_OK(model_checkpoint_load(&c, "run/best.h5", true, &err));
    CHECK(!c.training);
    model_checkpoint_release(&c);
}

SLOW(train_without_batch_norm_learns_too, 300)
{
    struct train_plan plan = data_plan("run");
    struct train_outcome out;
    struct evaluate_plan judge = {
        .checkpoint = "run/best.h5", .dataset = "set", .split = SHARD_VAL};
    struct evaluate_result r;
    struct model_checkpoint c;
    struct log l = {0};

    data_make("set", 24, 8);
    plan.norm = false;
    plan.epochs = 30;
    plan.augment = "none";
    plan.average = 0.9;
    CHECK_OK(run(&plan, &l, &out));
    CHECK(l.loss < 0.7 * l.first_loss);
    CHECK_OK(model_checkpoint_load(&c, "run/best.h5", true, &err));
    CHECK(!c.unet.norm);
    CHECK_INT(c.unet.wiring.net.stats, 0);
    model_checkpoint_release(&c);
    CHECK_OK(evaluate_run(&judge, NULL, &r, &err));
    CHECK_NEAR(r.all.of[EVALUATE_MODEL][EVALUATE_MAE_AB].mean, out.best.mae_ab,
               2);

    plan.folder = "second";
    plan.init = "run/best.h5";
    plan.norm = true;
    CHECK_FAILS(run(&plan, &l, &out), TT_USAGE, "is without batch norm");
}

/* The state of training in a file, but for the clock. */
static void check_same_state(const char *a, const char *b)
{
    struct model_checkpoint x, y;
    struct model_training *s, *t;
    size_t params, stats;

    CHECK_OK(model_checkpoint_load(&x, a, true, &err));
    CHECK_OK(model_checkpoint_load(&y, b, true, &err));
    s = x.training;
    t = y.training;
    params = x.params->count * sizeof(float);
    stats = x.params->stat_count * sizeof(float);
    CHECK(memcmp(x.params->values, y.params->values, params) == 0);
    CHECK(memcmp(x.params->stats, y.params->stats, stats) == 0);
    CHECK(memcmp(s->values, t->values, params) == 0);
    CHECK(memcmp(s->m, t->m, params) == 0);
    CHECK(memcmp(s->v, t->v, params) == 0);
    CHECK(memcmp(s->stats, t->stats, stats) == 0);
    CHECK_INT(s->step, t->step);
    CHECK(s->best == t->best && s->ease == t->ease);
    CHECK(!s->critic == !t->critic);
    if (s->critic) {
        params = s->critic->wiring.net.params * sizeof(float);
        CHECK_INT(s->critic->steps, t->critic->steps);
        CHECK(memcmp(s->critic->values, t->critic->values, params) == 0);
        CHECK(memcmp(s->critic->m, t->critic->m, params) == 0);
        CHECK(memcmp(s->critic->v, t->critic->v, params) == 0);
    }
    model_checkpoint_release(&x);
    model_checkpoint_release(&y);
}

/* Train in a child, as OpenMP's threads do not survive a fork. Returns whether
 * it ended by itself; else it was killed after kill_ms (0: never). */
static bool run_in_child(const struct train_plan *plan, int kill_ms)
{
    int status;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        struct train_outcome out;
        struct tt_error e;

        _exit(train_run(plan, NULL, NULL, &out, &e) == 0 ? 0 : 1);
    }
    if (kill_ms > 0) {
        struct timespec wait = {0, kill_ms * 1000000L};

        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) {
        CHECK_INT(WTERMSIG(status), SIGKILL);
        return false;
    }
    CHECK_INT(WEXITSTATUS(status), 0);
    return true;
}

/* Reading a checkpoint starts such threads, too. */
static void check_same_in_child(const char *a, const char *b)
{
    int status;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        check_same_state(a, b);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
}

SLOW(train_killed_twenty_times_ends_on_the_same_bits, 300)
{
    struct train_plan plan = plan_of_stages("whole");
    int kills = 0;

    data_make("set", 24, 8);
    plan.gan.alone = 0.5;
    CHECK(run_in_child(&plan, 0));
    plan.folder = "killed";
    plan.resume = true;
    plan.save_s = 0.05; // in mid-epoch, too
    for (uint64_t i = 0; kills < 20; i++) {
        int ms = (int)model_random_range(5, i, 20, 600);

        if (!run_in_child(&plan, ms)) {
            kills++;
            continue;
        }
        check_same_in_child("whole/latest.h5", "killed/latest.h5");
        CHECK(same_file("whole/best.h5", "killed/best.h5"));
        CHECK(same_file("whole/best-mae.h5", "killed/best-mae.h5"));
        CHECK(unlink("killed/latest.h5") == 0);
        CHECK(unlink("killed/best-mae.h5") == 0);
        CHECK(unlink("killed/best-ssim.h5") == 0);
    }
    CHECK(run_in_child(&plan, 0));
    check_same_in_child("whole/latest.h5", "killed/latest.h5");
    CHECK(same_file("whole/best.h5", "killed/best.h5"));
}

SLOW(train_goes_on_with_a_run_that_was_over, 300)
{
    struct train_plan plan = data_plan("whole");
    struct train_outcome out;
    struct log l = {0}, m = {0};

    data_make("set", 24, 8);
    plan.course = "constant";
    plan.epochs = 4;
    plan.keep = 2;
    CHECK_OK(run(&plan, &l, &out));
    CHECK(!tt_file_exists("whole/epoch-2.h5"));
    CHECK(tt_file_exists("whole/epoch-3.h5"));
    CHECK(same_file("whole/epoch-4.h5", "whole/latest.h5"));

    plan.folder = "first";
    plan.epochs = 2;
    CHECK_OK(run(&plan, &m, &out));
    plan.folder = "more";
    plan.epochs = 4;
    plan.proceed = "first/latest.h5";
    CHECK_OK(run(&plan, &m, &out));
    CHECK_INT(out.steps, 12);
    CHECK(m.loss == l.loss && m.mae_ab == l.mae_ab);
    plan.epochs = 2;
    plan.folder = "no-more";
    CHECK_FAILS(run(&plan, &m, &out), TT_USAGE,
                "first/latest.h5 has 2 epochs and 6 steps behind it");
    plan.proceed = "first/best.h5";
    plan.folder = "none";
    CHECK_FAILS(run(&plan, &m, &out), TT_FORMAT, "no state of training in it");
}

SLOW(train_rate_falls_on_a_plateau_and_a_run_may_end_early, 300)
{
    struct train_plan plan = data_plan("run");
    struct train_outcome out;
    struct log l = {0};

    data_make("set", 16, 4);
    plan.course = "plateau";
    plan.plateau = 2;
    plan.patience = 4;
    plan.rate = 1e-9; // nothing gets better
    plan.average = 0;
    plan.warm = 0;
    plan.epochs = 30;
    CHECK_OK(run(&plan, &l, &out));
    CHECK(out.epochs >= 5 && out.epochs < 30);
    CHECK_NEAR(l.rate, 0.5e-9, 1e-15);
    // it stays over when it is asked again
    plan.resume = true;
    CHECK_OK(run(&plan, &l, &out));
    CHECK_INT(out.steps, l.steps);
}

SLOW(train_grows_the_photos_and_starts_from_a_checkpoint, 300)
{
    struct train_plan plan = data_plan("first");
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
    struct train_plan plan = data_plan("run"), bad;
    struct train_outcome out;

    data_make("set", 12, 4);
    plan.epochs = 1;
    bad = plan;
    bad.dataset = "nowhere";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_MISSING, "nowhere");
    bad = plan;
    bad.batch = 13;
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_INPUT,
                "12 photos to train on are too few for a batch of 13");
    bad = plan;
    bad.preset = "Q";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
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
                "rate 0: from 1e-12 to 1");
    bad = plan;
    bad.gan.patch = 50;
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "patch 50: 34 or 70 pixels");
    bad = plan;
    bad.schedule = "mae:1,psnr:1";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE,
                "schedule mae:1,psnr:1: losses");
    bad = plan;
    bad.about = "{";
    CHECK_FAILS(train_run(&bad, NULL, NULL, &out, &err), TT_USAGE, "JSON");
}
