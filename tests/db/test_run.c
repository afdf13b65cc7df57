#include "db/run.h"

#include <math.h>
#include <stdio.h>

#include "db/dataset.h"
#include "db/model.h"
#include "tests/db/help.h"

TEST(db_run_curve_is_thinned_with_both_ends_kept)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_point *p;
    struct tt_error err;
    size_t n;

    help_unit(db, JOB_TRAIN, "t");
    CHECK_OK(db_begin(db, &err));
    for (int i = 1; i <= 10000; i++)
        CHECK_OK(db_run_metric(db, 1, "loss", i * 3, 1.0 / i, &err));
    CHECK_OK(db_commit(db, &err));
    CHECK_OK(db_history_metric(db, 1, "loss", 0, 400, mem, &p, &n, &err));
    CHECK(n > 300 && n <= 400);
    CHECK_INT(p[0].step, 3);
    CHECK_INT(p[n - 1].step, 30000);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR(p[i].value, 3.0 / (double)p[i].step, 1e-12);
    CHECK_OK(db_history_metric(db, 1, "loss", 29000, 0, mem, &p, &n, &err));
    CHECK_INT(n, 334);
    CHECK_INT(p[0].step, 29001);
    CHECK_OK(db_history_metric(db, 1, "loss", 0, 1, mem, &p, &n, &err));
    CHECK_OK(db_history_metric(db, 1, "nothing", 0, 9, mem, &p, &n, &err));
    CHECK_INT(n, 0);
    CHECK_OK(db_history_metric(db, 1, "loss", 40000, 9, mem, &p, &n, &err));
    CHECK_INT(n, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_run_means_are_of_equal_spans)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_point *p;
    struct tt_error err;
    size_t n;

    help_unit(db, JOB_TRAIN, "t");
    CHECK_OK(db_begin(db, &err));
    for (int i = 1; i <= 1000; i++)
        CHECK_OK(db_run_metric(db, 1, "loss", i, i % 2 ? 3 : 5, &err));
    CHECK_OK(db_run_metric(db, 1, "val_loss", 500, 0.5, &err));
    CHECK_OK(db_run_metric(db, 1, "val_loss", 1000, 0.25, &err));
    CHECK_OK(db_commit(db, &err));
    CHECK_OK(db_history_means(db, 1, "loss", 100, mem, &p, &n, &err));
    CHECK_INT(n, 100);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR(p[i].value, 4, 1e-9);
    CHECK_INT(p[0].step, 6); /* of 1 … 10 */
    CHECK_OK(db_history_means(db, 1, "val_loss", 300, mem, &p, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(p[1].step, 1000);
    CHECK_NEAR(p[1].value, 0.25, 0);
    CHECK_OK(db_history_means(db, 1, "nothing", 9, mem, &p, &n, &err));
    CHECK_INT(n, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_run_is_found_by_its_job)
{
    struct db *db = help_open();
    struct tt_error err;
    int64_t id;

    help_job(db, "photos", 3);
    help_unit(db, JOB_TRAIN, "t");
    CHECK_INT(db_history_run_find(db, "j2", &id, &err), 1);
    CHECK_INT(id, 1);
    CHECK_INT(db_history_run_find(db, "j1", &id, &err), 0);
    db_close(db);
}

TEST(db_run_metric_again_replaces_and_nan_is_a_gap)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_point *p;
    struct tt_error err;
    size_t n;

    help_unit(db, JOB_TRAIN, "t");
    CHECK_OK(db_run_metric(db, 1, "loss", 1, 5, &err));
    CHECK_OK(db_run_metric(db, 1, "loss", 1, 4, &err));
    CHECK_OK(db_run_metric(db, 1, "loss", 2, (double)NAN, &err));
    CHECK_OK(db_history_metric(db, 1, "loss", 0, 0, mem, &p, &n, &err));
    CHECK_INT(n, 1);
    CHECK_NEAR(p[0].value, 4, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_run_rewind_forgets_what_will_be_measured_again)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_series *s;
    struct tt_error err;
    size_t n;

    help_unit(db, JOB_TRAIN, "t");
    for (int i = 1; i <= 10; i++)
        CHECK_OK(db_run_metric(db, 1, "loss", i, 10 - i, &err));
    CHECK_OK(db_run_metric(db, 1, "late", 9, 1, &err));
    CHECK_OK(db_run_rewind(db, 1, 6, &err));
    CHECK_OK(db_history_series(db, 1, mem, &s, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(s[0].first_step, 1);
    CHECK_INT(s[0].last_step, 6);
    CHECK_NEAR(s[0].last, 4, 0);
    CHECK_NEAR(s[0].min, 4, 0);
    CHECK_NEAR(s[0].max, 9, 0);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_run_is_found_by_what_people_type)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    json_t *good = json_loads("{\"best\":{\"name\":\"m\",\"value\":5}}", 0, 0);
    json_t *bad = json_loads("{\"best\":{\"name\":\"m\",\"value\":6}}", 0, 0);
    struct db_run *rows, run;
    struct tt_error err;
    int64_t id;
    size_t n;

    CHECK_INT(db_history_run_find(db, "@last", &id, &err), 0);
    CHECK_INT(db_history_run_find(db, "@best", &id, &err), 0);
    help_unit(db, JOB_TRAIN, "first");
    help_unit(db, JOB_TRAIN, "second");
    help_unit(db, JOB_TRAIN, "third");
    CHECK_OK(db_run_update(db, 2, good, &err));
    CHECK_OK(db_run_update(db, 3, bad, &err));
    CHECK_INT(db_history_run_find(db, "@last", &id, &err), 1);
    CHECK_INT(id, 3);
    CHECK_INT(db_history_run_find(db, "@best", &id, &err), 1);
    CHECK_INT(id, 2);
    CHECK_INT(db_history_run_find(db, "first", &id, &err), 1);
    CHECK_INT(id, 1);
    CHECK_INT(db_history_run_find(db, "r3", &id, &err), 1);
    CHECK_INT(db_history_run_find(db, "r4", &id, &err), 0);
    CHECK_INT(db_history_run(db, 1, mem, &run, &err), 1);
    CHECK(isnan(run.best));
    CHECK_OK(db_history_runs(db, 0, NULL, 0, 2, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[0].id, 3);
    CHECK_OK(db_history_runs(db, 0, "*ir*", 3, 9, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(rows[0].id, 1);
    CHECK_OK(db_history_runs(db, DB_STATE(JOB_DONE), NULL, 0, 9, mem, &rows, &n,
                             &err));
    CHECK_INT(n, 0);
    json_decref(good);
    json_decref(bad);
    db_arena_free(mem);
    db_close(db);
}

static int64_t add_model(struct db *db, const char *name, int64_t version,
                         int fill, int is_new)
{
    struct db_model m = {.name = name, .version = version, .path = "/m.h5"};
    struct tt_error err;
    int64_t id;

    m.sha256.bytes[0] = (uint8_t)fill;
    CHECK_INT(db_model_add(db, &m, HELP_NOW, &id, &err), is_new);
    return id;
}

TEST(db_model_is_its_bytes)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct db_model *rows;
    struct tt_error err;
    int64_t a, b, id;
    size_t n;

    a = add_model(db, "portrait", 1, 0xab, 1);
    b = add_model(db, "portrait", 0, 0xcd, 1);
    CHECK_INT(add_model(db, "other name", 0, 0xab, 0), a);
    add_model(db, "portrait", 2, 0xef, 1); // 2 is taken: the next one
    CHECK_INT(db_history_model_find(db, "portrait", &id, &err), 1);
    CHECK_INT(id, 3);
    CHECK_INT(db_history_model_find(db, "portrait-2", &id, &err), 1);
    CHECK_INT(id, b);
    CHECK_INT(db_history_model_find(db, "AB0000", &id, &err), 1);
    CHECK_INT(id, a);
    CHECK_INT(db_history_model_find(db, "m2", &id, &err), 1);
    CHECK_INT(db_history_model_find(db, "portrait-9", &id, &err), 0);
    CHECK_INT(db_history_model_find(db, "-", &id, &err), 0);
    CHECK_INT(db_history_model_find(db, "", &id, &err), 0);

    CHECK_INT(db_history_model_find(db, "@current", &id, &err), 1);
    CHECK_INT(id, a);
    CHECK_OK(db_model_use(db, b, HELP_NOW, &err));
    CHECK_FAILS(db_model_use(db, 9, HELP_NOW, &err), TT_MISSING, "no model m9");
    CHECK_OK(db_history_models(db, 0, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 3);
    CHECK(rows[1].current && !rows[0].current && !rows[2].current);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_dataset_of_a_job_is_entered_once)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t job = help_unit(db, JOB_INGEST, "i"), a, b;
    struct db_dataset d = {.name = "faces", .path = "/s", .job = job}, *rows;
    struct tt_error err;
    size_t n;

    CHECK_INT(db_dataset_add(db, &d, HELP_NOW, &a, &err), 1);
    CHECK_INT(db_dataset_add(db, &d, HELP_NOW, &b, &err), 0);
    CHECK_INT(a, b);
    d.job = 0;
    CHECK_INT(db_dataset_add(db, &d, HELP_NOW, &b, &err), 1);
    CHECK_OK(db_history_datasets(db, 0, 0, mem, &rows, &n, &err));
    CHECK_INT(n, 2);
    CHECK_INT(rows[0].id, b);
    CHECK_INT(db_history_dataset_find(db, "faces", &a, &err), 1);
    CHECK_INT(a, b);
    CHECK_INT(db_history_dataset_find(db, "d7", &a, &err), 0);
    db_arena_free(mem);
    db_close(db);
}
