#include "scheduler/scheduler.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/check.h"
#include "tests/scheduler/house.h"

TEST(scheduler_brings_a_job_to_its_end)
{
    struct house h;
    struct db_job job;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 200, 1);
    house_work(&h, &house_steady);
    house_work(&h, &house_steady);
    job = house_wait(&h, id, 10);
    CHECK_INT(job.state, JOB_DONE);
    CHECK_INT(job.done, 200);
    CHECK_INT(job.failed, 0);
    CHECK(job.started >= job.submitted && job.ended >= job.started);
    house_photos(&h, id, 200);
    house_empty(&h);
    CHECK_INT(house_stop(&h, SIGTERM), 0);
}

TEST(scheduler_ends_a_job_in_part_and_tries_the_rest_again)
{
    static const struct house_worker bitten = {.fail_at = 13};
    struct house h;
    struct db_job job;
    int64_t id;
    pid_t pid;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 64, 1);
    pid = house_work(&h, &bitten);
    job = house_wait(&h, id, 15);
    CHECK_INT(job.state, JOB_PARTIAL);
    CHECK_INT(job.done, 56);
    CHECK_INT(job.failed, 8); // the chunk that it was in
    house_photos(&h, id, 64);
    kill(pid, SIGKILL);
    CHECK_INT(house_number(&h, "{\"cmd\":\"retry\",\"job\":1}", "photos"), 8);
    house_work(&h, &house_steady);
    job = house_wait(&h, id, 15);
    CHECK_INT(job.state, JOB_DONE);
    CHECK_INT(job.done, 64);
    CHECK_INT(job.failed, 0);
    house_photos(&h, id, 64);
}

TEST(scheduler_is_not_stuck_by_garbage)
{
    static const struct house_worker mad = {.fail_at = -1,
                                            .garbage = "{\"v\":9}"};
    struct house h;
    struct db_job job;
    int64_t id;
    pid_t pid;

    house_open(&h);
    house_start(&h);
    free(test_redis_ask(&h.redis, "XADD tt:{main}:res * who knows"));
    free(test_redis_ask(&h.redis,
                        "XADD tt:{main}:res * c 99.1 a 1 t x k done b {}"));
    id = house_submit(&h, "colorize", 8, 1);
    pid = house_work(&h, &mad);
    tt_sleep_ms(700);
    kill(pid, SIGKILL);
    house_work(&h, &house_steady);
    job = house_wait(&h, id, 15);
    CHECK_INT(job.done, 8);
    house_photos(&h, id, 8);
    house_empty(&h);
}

TEST(scheduler_cancels_and_clears_the_queue)
{
    struct house h;
    struct db_job job;
    char request[64];
    int64_t id;

    house_open(&h);
    h.opt.chunk = 4;
    house_start(&h);
    id = house_submit(&h, "colorize", 200, 1);
    house_work(&h, &house_slow);
    tt_sleep_ms(500);
    snprintf(request, sizeof(request), "{\"cmd\":\"cancel\",\"job\":%d}",
             (int)id);
    CHECK(house_ok(&h, request));
    job = house_wait(&h, id, 5);
    CHECK_INT(job.state, JOB_CANCELLED);
    CHECK_INT(job.open, 0);
    CHECK(job.done < 200);
    house_empty(&h); // what was in hand is reported
    job = house_job(&h, id);
    CHECK_INT(job.state, JOB_CANCELLED);
    CHECK(job.done > 0 && job.done < 200);
    house_photos(&h, id, (int)job.done);
    CHECK(!house_ok(&h, "{\"cmd\":\"cancel\",\"job\":77}"));
}

TEST(scheduler_pauses_and_resumes)
{
    struct house h;
    int64_t id, done;
    pid_t pid;

    house_open(&h);
    h.opt.chunk = 4;
    house_start(&h);
    id = house_submit(&h, "colorize", 100, 1);
    pid = house_work(&h, &house_slow);
    tt_sleep_ms(600);
    CHECK(house_ok(&h, "{\"cmd\":\"pause\",\"job\":1}"));
    tt_sleep_ms(500); // what was begun ends
    done = house_job(&h, id).done;
    CHECK(done < 100);
    tt_sleep_ms(500);
    CHECK_INT(house_job(&h, id).done, done);
    CHECK_INT(house_job(&h, id).state, JOB_PAUSED);
    house_empty(&h);
    CHECK(house_ok(&h, "{\"cmd\":\"resume\",\"job\":1}"));
    kill(pid, SIGKILL);
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, id, 15).done, 100);
    house_photos(&h, id, 100);
}

TEST(scheduler_fails_a_job_whose_manifest_is_gone_and_no_other)
{
    struct house h;
    int64_t lost, good;

    house_open(&h);
    h.opt.window = 2;
    h.opt.chunk = 8;
    house_start(&h);
    tt_sleep_ms(300);
    lost = house_submit(&h, "colorize", 200, 1);
    tt_sleep_ms(200);
    CHECK_INT(house_stop(&h, SIGTERM), 0); // it had the manifest open
    CHECK_INT(unlink("job1.manifest"), 0);
    house_start(&h);
    good = house_submit(&h, "colorize", 40, 1);
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, good, 10).state, JOB_DONE);
    CHECK(house_wait(&h, lost, 10).state >= JOB_PARTIAL);
    house_photos(&h, good, 40);
}

TEST(scheduler_lets_the_urgent_pass)
{
    struct house h;
    int64_t big, small;

    house_open(&h);
    h.opt.chunk = 4;
    h.opt.window = 8;
    house_start(&h);
    big = house_submit(&h, "colorize", 200, 2);
    tt_sleep_ms(300);
    small = house_submit(&h, "colorize", 8, 0);
    house_work(&h, &house_slow);
    house_wait(&h, small, 10);
    CHECK(house_job(&h, big).done < 100);
}

TEST(scheduler_records_a_training)
{
    static const char note[] = "{\"v\":1,\"metrics\":[[\"loss\",1,0.5],"
                               "[\"loss\",2,0.25]],\"done\":2,\"total\":4}";
    static const char result[] =
        "{\"v\":1,\"photos\":[],\"run\":{\"preset\":\"T\",\"step\":4},"
        "\"model\":{\"name\":\"fresh\",\"path\":\"/c.h5\",\"sha256\":"
        "\"aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}"
        "}";
    struct house h;
    struct queue_client *c;
    struct queue_lease lease;
    struct db_arena *mem = db_arena_new();
    struct db_series *series;
    struct tt_error err;
    enum queue_answer answer;
    struct db *db;
    int64_t id, model;
    size_t n = 0;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "train", 0, 1);
    CHECK_OK(queue_client_open(&c, h.redis.url, "main", NULL, &err));
    while (n == 0) {
        CHECK_OK(queue_client_claim(c, "t", 5000, 1, &lease, &n, &err));
        tt_sleep_ms(20);
    }
    CHECK_OK(queue_client_note(c, &lease, note, &answer, &err));
    CHECK_OK(queue_client_result(c, &lease, QUEUE_DONE, result, &answer, &err));
    CHECK_INT(house_wait(&h, id, 10).state, JOB_DONE);
    db = house_read(&h);
    CHECK_OK(db_history_series(db, 1, mem, &series, &n, &err));
    CHECK_INT(n, 1);
    CHECK_STR(series[0].name, "loss");
    CHECK_INT(series[0].last_step, 2);
    CHECK_NEAR(series[0].last, 0.25, 1e-9);
    CHECK_INT(db_history_model_find(db, "fresh", &model, &err), 1);
    queue_lease_release(&lease);
    queue_client_close(c);
    db_arena_free(mem);
    db_close(db);
}

TEST(scheduler_issues_the_rest_of_a_part)
{
    static const char part[] =
        "{\"v\":1,\"photos\":[{\"i\":0,\"state\":\"ok\"},"
        "{\"i\":1,\"state\":\"skipped\"}]}";
    struct house h;
    struct queue_client *c;
    struct queue_lease lease;
    struct tt_error err;
    enum queue_answer answer;
    struct db_job job;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 8, 1);
    c = house_claim(&h, &lease);
    CHECK_OK(queue_client_result(c, &lease, QUEUE_PART, part, &answer, &err));
    CHECK_INT(answer, QUEUE_OK);
    queue_lease_release(&lease);
    queue_client_close(c);
    house_work(&h, &house_steady);
    job = house_wait(&h, id, 10);
    CHECK_INT(job.done, 7);
    CHECK_INT(job.skipped, 1);
    house_photos(&h, id, 8);
    house_empty(&h);
}

TEST(scheduler_knows_who_did_it)
{
    struct house h;
    struct db_arena *mem = db_arena_new();
    struct db_worker *rows;
    struct tt_error err;
    struct db *db;
    char host[256] = "";
    size_t n;
    int64_t id;
    pid_t pid;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 16, 1);
    pid = house_work(&h, &house_steady);
    house_wait(&h, id, 10);
    CHECK_INT(house_number(&h, "{\"cmd\":\"ping\"}", "workers"), 1);
    db = house_read(&h);
    CHECK_OK(db_history_workers(db, 0, 10, mem, &rows, &n, &err));
    CHECK_INT(n, 1);
    CHECK_INT(gethostname(host, sizeof(host) - 1), 0);
    CHECK_STR(rows[0].host, host);
    CHECK_INT(rows[0].photos, 16);
    CHECK_INT(rows[0].ended, 0);
    kill(pid, SIGKILL);
    for (int i = 0; rows[0].ended == 0; i++) { // 3 s of silence, then noticed
        CHECK(i < 100);
        tt_sleep_ms(100);
        CHECK_OK(db_history_workers(db, 0, 10, mem, &rows, &n, &err));
    }
    db_arena_free(mem);
    db_close(db);
}

TEST(scheduler_is_one_a_database)
{
    struct house h;
    struct tt_error err;

    house_open(&h);
    house_start(&h);
    house_refused(&h, &err);
    CHECK_INT(err.code, TT_BUSY);
    CHECK(house_ok(&h, "{\"cmd\":\"ping\"}")); // its socket is still its own
    CHECK(house_ok(&h, "{\"cmd\":\"shutdown\"}"));
    CHECK_INT(house_stop(&h, 0), 0);
}

TEST(scheduler_leaves_the_queue_to_a_later_one)
{
    struct house a, b;
    char state[128];
    int status;

    house_open(&a);
    house_start(&a);
    tt_sleep_ms(300);
    b = a;
    snprintf(state, sizeof(state), "%s/other", a.folder);
    snprintf(b.state, sizeof(b.state), "%s/other", a.folder);
    b.opt.state = b.state;
    house_start(&b); // another database, the same queue: the later one wins
    CHECK(waitpid(a.scheduler, &status, 0) == a.scheduler);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), tt_code_exit(TT_BUSY));
    CHECK_INT(house_stop(&b, SIGINT), 0);
}

TEST(scheduler_takes_over_only_when_told)
{
    struct house h;
    struct tt_error err;
    char backup[256];
    int64_t id;

    house_open(&h);
    house_start(&h);
    snprintf(backup, sizeof(backup),
             "{\"cmd\":\"backup\",\"path\":\"%s/old.db\"}", h.folder);
    CHECK(house_ok(&h, backup));
    id = house_submit(&h, "colorize", 64, 1);
    for (int i = 0; i < 2; i++) {
        tt_sleep_ms(300);
        CHECK_INT(house_stop(&h, SIGTERM), 0);
        house_start(&h);
    }
    tt_sleep_ms(300);
    CHECK_INT(house_stop(&h, SIGTERM), 0);
    CHECK_INT(rename("old.db", "state/tintype.db"), 0);
    house_refused(&h, &err);
    CHECK_INT(err.code, TT_BUSY);
    CHECK(strstr(err.text, "--take-over"));
    h.opt.take_over = true;
    house_start(&h);
    CHECK(house_submit(&h, "colorize", 16, 1) == id); // its record knew none
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, id, 10).done, 16);
    house_empty(&h);
}

TEST(scheduler_refuses_options_that_make_no_sense)
{
    struct house h;
    struct tt_error err;
    char deep[200];

    house_open(&h);
    h.opt.lease = 10;
    house_refused(&h, &err);
    CHECK_INT(err.code, TT_USAGE);
    h.opt.lease = 1000;
    h.opt.queue = "a/b";
    house_refused(&h, &err);
    CHECK(strstr(err.text, "--queue: a/b"));
    h.opt.queue = "main";
    h.opt.redis = "no address";
    house_refused(&h, &err);
    CHECK(strstr(err.text, "not an address"));
    h.opt.redis = h.redis.url;
    snprintf(deep, sizeof(deep), "%s/%0100d", h.folder, 0);
    h.opt.state = deep;
    house_refused(&h, &err);
    CHECK_INT(err.code, TT_USAGE);
    CHECK(strstr(err.text, "choose a shorter state folder"));
}
