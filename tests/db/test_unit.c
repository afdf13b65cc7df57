#include <stdio.h>
#include <stdlib.h>

#include "tests/db/help.h"

/* What an ingest, a training, an evaluation brings; and notes. */

static const char trained[] =
    "{\"v\":1,\"run\":{\"step\":930,\"steps\":930,\"epoch\":3,\"epochs\":3,"
    "\"best\":{\"name\":\"val_mae_ab\",\"value\":7.25,\"step\":620},"
    "\"checkpoint\":\"/runs/1/best.h5\",\"summary\":{\"seconds\":12}},"
    "\"model\":{\"name\":\"first\",\"path\":\"/runs/1/best.h5\",\"sha256\":"
    "\"0101010101010101010101010101010101010101010101010101010101010101\","
    "\"preset\":\"S\",\"parameters\":1234,\"metrics\":{\"mae\":7.25}}}";

TEST(db_record_training_makes_run_and_model)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_unit(db, JOB_TRAIN, "t");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW), old = c;
    struct job_result r = help_body(trained);
    struct db_outcome out;
    struct db_run run;
    struct db_model m;
    struct tt_error err;

    // Strict: an attempt that lost its lease does not count, late or not.
    c = help_issue(db, id, 1, help_strike(db, &c, -1, HELP_NOW).due);
    out = help_record(db, DB_REPORT_DONE, &old, 1, &r);
    CHECK_INT(out.kind, DB_STALE);
    CHECK_INT(out.att_le, 1);
    out = help_record(db, DB_REPORT_DONE, &c, 2, &r);
    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.job_state, JOB_DONE);
    CHECK_INT(db_history_run(db, 1, mem, &run, &err), 1);
    CHECK_INT(run.job, id);
    CHECK_INT(run.state, JOB_DONE);
    CHECK_INT(run.step, 930);
    CHECK_STR(run.best_name, "val_mae_ab");
    CHECK_NEAR(run.best, 7.25, 1e-12);
    CHECK_STR(run.summary, "{\"seconds\":12}");
    CHECK_INT(db_history_model(db, run.model, mem, &m, &err), 1);
    CHECK_STR(m.name, "first");
    CHECK_INT(m.version, 1);
    CHECK_INT(m.run, 1);
    CHECK(m.current);
    help_sound(db, id);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_ingest_makes_a_dataset)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_unit(db, JOB_INGEST, "faces"), found;
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct job_result r = help_body(
        "{\"v\":1,\"dataset\":{\"name\":\"faces\",\"path\":\"/shards\","
        "\"side\":128,\"seen\":5000,\"records\":2987,\"train\":2389,\"val\":299"
        ",\"test\":299,\"refused\":{\"grayscale\":702,\"duplicate\":260},"
        "\"shards\":[{\"path\":\"train-000.h5\",\"split\":\"train\","
        "\"records\":2389,\"bytes\":100}]}}");
    struct db_dataset d;
    struct tt_error err;

    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &r).job_state, JOB_DONE);
    CHECK_INT(db_history_dataset_find(db, "d1", &found, &err), 1);
    CHECK_INT(db_history_dataset_find(db, "/shards", &found, &err), 1);
    CHECK_INT(db_history_dataset(db, found, mem, &d, &err), 1);
    CHECK_INT(d.job, id);
    CHECK_INT(d.refused, 962);
    CHECK_INT(d.n_shards, 1);
    CHECK_STR(d.shards[0].split, "train");
    CHECK_INT(d.n_verdicts, 2);
    CHECK_STR(d.verdicts[0].reason, "grayscale");
    CHECK_INT(d.verdicts[0].n, 702);
    help_sound(db, id);
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_bodies_that_make_no_sense_do_not_stop_the_recorder)
{
    struct db *db = help_open();
    int64_t id = help_unit(db, JOB_INGEST, "faces");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct job_result r = help_body(
        "{\"v\":1,\"dataset\":{\"shards\":5,\"refused\":[1]},"
        "\"model\":{\"name\":7,\"sha256\":\"xx\"},\"run\":{\"step\":\"x\"},"
        "\"evaluation\":[]}");

    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &r).kind, DB_RECORDED);
    CHECK_INT(help_one(db, "SELECT count(*) FROM event WHERE kind=15"), 2);
    help_sound(db, id);
    job_result_release(&r);
    db_close(db);
}

TEST(db_record_evaluation_stays_with_its_job)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_unit(db, JOB_EVALUATE, "e");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct job_result r = help_body("{\"v\":1,\"evaluation\":{\"n\":299}}");
    struct tt_error err;
    struct db_job job;

    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &r).kind, DB_RECORDED);
    CHECK_INT(db_job_get(db, id, mem, &job, &err), 1);
    CHECK_STR(job.result, "{\"n\":299}");
    job_result_release(&r);
    db_arena_free(mem);
    db_close(db);
}

TEST(db_record_part_of_a_training_is_taken_up_by_the_next)
{
    struct db *db = help_open();
    int64_t id = help_unit(db, JOB_TRAIN, "t");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct job_result r = help_body("{\"v\":1,\"run\":{\"step\":310}}");

    CHECK_INT(help_record(db, DB_REPORT_PART, &c, 1, &r).chunk, CHUNK_SPLIT);
    CHECK_INT(help_one(db, "SELECT step FROM run"), 310);
    c = help_issue(db, id, 1, HELP_NOW + 5000);
    CHECK_INT(help_record(db, DB_REPORT_DONE, &c, 1, &r).job_state, JOB_DONE);
    help_sound(db, id);
    job_result_release(&r);
    db_close(db);
}

static struct db_outcome note(struct db *db, const struct db_chunk *c, int att,
                              const char *body)
{
    struct db_outcome out;
    struct tt_error err;

    CHECK_OK(
        db_record_note(db, c->job, c->seq, att, 0, body, HELP_NOW, &out, &err));
    return out;
}

TEST(db_record_note_counts_only_from_the_current_attempt)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    int64_t id = help_unit(db, JOB_TRAIN, "t");
    struct db_chunk c = help_issue(db, id, 1, HELP_NOW);
    struct db_outcome out;
    struct db_progress p;
    struct db_series *s;
    struct tt_error err;
    size_t n;

    out = note(db, &c, 1,
               "{\"v\":1,\"metrics\":[[\"loss\",10,0.5],[\"loss\",20,0.25],"
               "[\"bad\",1,null],7],\"done\":20,\"total\":40,"
               "\"events\":[\"epoch 1 of 3\"],\"run\":{\"epoch\":1}}");
    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_INT(out.att_le, 0);
    CHECK_INT(note(db, &c, 2, "{\"metrics\":[[\"loss\",30,9]]}").kind,
              DB_STALE);
    CHECK_INT(note(db, &c, 1, "no json").kind, DB_RECORDED);
    CHECK_OK(db_history_series(db, 1, mem, &s, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(s[0].last_step, 20);
    CHECK_NEAR(s[0].min, 0.25, 0);
    CHECK_NEAR(s[0].max, 0.5, 0);
    CHECK_OK(db_history_progress(db, id, HELP_NOW + 2000, &p, &err));
    CHECK_INT(p.ended, 20);
    CHECK_INT(p.total, 40);
    CHECK_NEAR(p.rate, 10, 1e-9);
    CHECK_INT(help_one(db, "SELECT epoch FROM run"), 1);
    help_done(db, &c);
    CHECK_INT(note(db, &c, 1, "{}").kind, DB_STALE);
    db_arena_free(mem);
    db_close(db);
}
