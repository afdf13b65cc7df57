#include "model/train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/train/bootstrap.h"
#include "tests/check.h"
#include "tests/model/train/data.h"

enum { PHOTOS = 12 };

static struct tt_error err;

static void make_model(const char *path)
{
    const struct model_preset *preset = model_preset_find("T", &err);
    struct model_checkpoint c = {.side = 32, .gain = 1, .name = "untaught"};

    model_unet_init(&c.unet, preset, true);
    CHECK_OK(model_params_new(&c.params, &c.unet.wiring, &err));
    model_params_start(c.params, &c.unet.wiring, 1, 0);
    CHECK_OK(model_checkpoint_save(&c, path, MODEL_CHECKPOINT_F32, NULL, &err));
    c.name = NULL;
    model_checkpoint_release(&c);
}

static uint8_t *make_records(void)
{
    uint8_t *records = malloc((size_t)PHOTOS * SHARD_RECORD);

    CHECK(records);
    for (uint32_t i = 0; i < PHOTOS; i++)
        data_record(i, records + (size_t)i * SHARD_RECORD);
    return records;
}

static void count(void *ctx, const char *name, double value)
{
    CHECK(strlen(name) > 5 && isfinite(value));
    ++*(int *)ctx;
}

static uint64_t told;

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx;
    CHECK(done > told && done <= total);
    CHECK_INT(total, 2 * PHOTOS);
    told = done;
}

TEST(train_bootstrap_is_as_wide_as_the_error_of_a_mean)
{
    enum { N = 400 };
    static double values[2 * N], means[2 * TRAIN_BOOTSTRAP_DRAWS],
        again[2 * TRAIN_BOOTSTRAP_DRAWS], first[TRAIN_BOOTSTRAP_DRAWS];
    double low, high, error = sqrt((1 - 1.0 / (N * N)) / 12 / N);

    for (int i = 0; i < N; i++) {
        values[2 * i] = (double)i / N;
        values[2 * i + 1] = 7;
    }
    train_bootstrap(values, N, 2, 1, 1, means);
    train_bootstrap(values, N, 2, 1, 3, again);
    for (int i = 0; i < 2 * TRAIN_BOOTSTRAP_DRAWS; i++)
        CHECK_NEAR(again[i], means[i], 0);
    for (int d = 0; d < TRAIN_BOOTSTRAP_DRAWS; d++) {
        first[d] = means[2 * d];
        CHECK_NEAR(means[2 * d + 1], 7, 1e-12);
    }
    train_bootstrap_ends(first, TRAIN_BOOTSTRAP_DRAWS, &low, &high);
    CHECK_NEAR(low, 0.5 - 1.96 * error, 0.3 * error);
    CHECK_NEAR(high, 0.5 + 1.96 * error, 0.3 * error);
    train_bootstrap(values + 1, 1, 1, 1, 1, means);
    train_bootstrap_ends(means, TRAIN_BOOTSTRAP_DRAWS, &low, &high);
    CHECK_NEAR(high - low, 0, 0);
}

SLOW(evaluate_records_without_a_dataset, 60)
{
    struct tt_watch watch = {.progress = progress};
    struct evaluate_plan plan = {.checkpoint = "m.h5",
                                 .n_records = PHOTOS,
                                 .by_skin = true,
                                 .threads = 1};
    struct evaluate_result r, seen;
    const struct evaluate_value *gray = r.all.of[EVALUATE_GRAY];
    uint64_t photos = 0;
    int values = 0;

    make_model("m.h5");
    CHECK_FAILS(evaluate_run(&plan, NULL, &r, &err), TT_INPUT, "no photo");
    plan.records = make_records();
    CHECK_OK(evaluate_run(&plan, &watch, &r, &err));
    CHECK_INT(told, 2 * PHOTOS);
    CHECK_INT(r.photos, PHOTOS);
    CHECK_INT(r.all.photos, PHOTOS);
    CHECK(!r.has_lookup);
    CHECK(gray[EVALUATE_MAE_AB].low < gray[EVALUATE_MAE_AB].mean);
    CHECK(gray[EVALUATE_MAE_AB].high > gray[EVALUATE_MAE_AB].mean);
    CHECK_NEAR(gray[EVALUATE_CF_RATIO].high, 0, 1e-6);
    for (int i = 0; i < r.groups; i++)
        photos += r.group[i].photos;
    CHECK_INT(photos, PHOTOS);
    evaluate_each(&r.all, r.has_lookup, count, &values);
    CHECK_INT(values, 2 * EVALUATE_MEASURES * 3);

    /* another grey is another L*, but the same colours are missing */
    plan.rec601 = true;
    CHECK_OK(evaluate_run(&plan, NULL, &seen, &err));
    CHECK_NEAR(seen.all.of[EVALUATE_GRAY][EVALUATE_MAE_AB].mean,
               gray[EVALUATE_MAE_AB].mean, 1e-9);
    CHECK(seen.all.of[EVALUATE_GRAY][EVALUATE_PSNR].mean <
          gray[EVALUATE_PSNR].mean);
    free(plan.records);
}
