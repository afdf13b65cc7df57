#include "cli/curve.h"

#include "db/run.h"
#include "tests/check.h"
#include "tests/db/help.h"

TEST(curve_measures_are_told_from_whose_they_are)
{
    CHECK_STR(cli_curve_measure("val_mae_ab"), "mae_ab");
    CHECK_STR(cli_curve_measure("lookup_psnr"), "psnr");
    CHECK_STR(cli_curve_measure("loss"), "loss");
    CHECK_STR(cli_curve_words("psnr"), "PSNR (dB)");
    CHECK_STR(cli_curve_words("of_my_own"), "of_my_own");
    CHECK_INT(cli_curve_good("mae_ab"), -1);
    CHECK_INT(cli_curve_good("ssim"), 1);
    CHECK_INT(cli_curve_good("rate"), 0);
}

/* Validations at these steps, and so many whole epochs: the steps of one. */
static double steps_of(const char *name, const int64_t at[3], int64_t epochs)
{
    struct cli_record r = {help_open(), db_arena_new()};
    struct tt_error err;
    struct db_run run;
    int64_t job = help_unit(r.db, JOB_TRAIN, name), id;
    double steps;

    CHECK_OK(db_run_of_job(r.db, job, &id, &err));
    for (int i = 0; i < 3 && at[i]; i++)
        CHECK_OK(db_run_metric(r.db, id, "val_mae_ab", at[i], 9 - i, &err));
    CHECK_INT(db_history_run(r.db, id, r.mem, &run, &err), 1);
    run.epoch = epochs;
    CHECK_OK(cli_curve_epoch(&r, &run, &steps, &err));
    cli_record_close(&r);
    return steps;
}

TEST(curve_knows_the_steps_of_an_epoch)
{
    static const struct {
        const char *name;
        int64_t at[3], epochs;
        double steps;
    } rows[] = {
        {"whole", {80, 160, 240}, 3, 80},
        {"lost", {160, 240, 320}, 4, 80}, /* the first went
                            with its worker */
        {"cut", {80, 160, 200}, 2, 80},   /* the last was cut short */
        {"early", {80, 160, 0}, 1, 80}, /* the epoch has not been told of yet */
        {"one", {80, 0, 0}, 1, 80},
        {"none", {30, 0, 0}, 0, 0},
        {"empty", {0, 0, 0}, 2, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_NEAR(steps_of(rows[i].name, rows[i].at, rows[i].epochs),
                   rows[i].steps, 0);
}

TEST(curve_of_a_run_is_against_its_epochs)
{
    struct cli_record r = {help_open(), db_arena_new()};
    struct cli_curve curve;
    struct tt_error err;
    struct db_run run;
    double steps;

    help_unit(r.db, JOB_TRAIN, "t");
    for (int e = 1; e <= 3; e++)
        CHECK_OK(db_run_metric(r.db, 1, "val_mae_ab", 80 * e, 9 - e, &err));
    CHECK_INT(db_history_run(r.db, 1, r.mem, &run, &err), 1);
    CHECK_OK(cli_curve_epoch(&r, &run, &steps, &err));
    CHECK_NEAR(steps, 0, 0); /* no epoch has been told of */
    run.epoch = 3;
    CHECK_OK(cli_curve_epoch(&r, &run, &steps, &err));
    CHECK_NEAR(steps, 80, 0);
    CHECK_OK(cli_curve_load(&r, &run, "val_mae_ab", 300, steps, &curve, &err));
    CHECK_INT(curve.n, 3);
    CHECK_NEAR(curve.x[2], 3, 1e-12);
    CHECK_NEAR(curve.y[2], 6, 1e-12);
    CHECK_OK(cli_curve_load(&r, &run, "val_mae_ab", 300, 0, &curve, &err));
    CHECK_NEAR(curve.x[0], 80, 0);
    CHECK_OK(cli_curve_load(&r, &run, "nothing", 300, steps, &curve, &err));
    CHECK_INT(curve.n, 0);
    cli_record_close(&r);
}
