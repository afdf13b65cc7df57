#include "scheduler/reconcile.h"

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

TEST(reconcile_loses_nothing_whatever_is_killed)
{
    struct house h;
    struct db_job job;
    int64_t id;

    house_open(&h);
    h.opt.chunk = 8;
    house_start(&h);
    id = house_submit(&h, "colorize", 200, 1);
    house_work(&h, &house_slow);
    house_work(&h, &house_slow);
    tt_sleep_ms(300);
    test_redis_kill(&h.redis); // without a log: all is lost
    tt_sleep_ms(200);
    test_redis_start(&h.redis, NULL);
    tt_sleep_ms(600);
    free(test_redis_ask(&h.redis, "FLUSHALL"));
    tt_sleep_ms(700);
    CHECK_INT(house_stop(&h, SIGKILL), -1);
    tt_sleep_ms(200);
    house_start(&h);
    CHECK(house_job(&h, id).state < JOB_ENDED); // else this showed nothing
    job = house_wait(&h, id, 15);
    CHECK_INT(job.state, JOB_DONE);
    CHECK_INT(job.done, 200);
    house_photos(&h, id, 200);
    CHECK_INT(house_stop(&h, SIGTERM), 0);
}

TEST(reconcile_ends_a_cancel_that_redis_missed)
{
    struct house h;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 64, 1);
    tt_sleep_ms(300);
    test_redis_kill(&h.redis);
    CHECK(house_ok(&h, "{\"cmd\":\"cancel\",\"job\":1}"));
    CHECK_INT(house_job(&h, id).state, JOB_CANCELLING);
    test_redis_start(&h.redis, NULL);
    CHECK_INT(house_wait(&h, id, 10).state, JOB_CANCELLED);
    house_empty(&h);
}

TEST(reconcile_issues_what_a_full_redis_refused)
{
    struct house h;
    int64_t id;

    house_open(&h);
    house_start(&h);
    tt_sleep_ms(300);
    free(test_redis_ask(&h.redis, "CONFIG SET maxmemory 1"));
    id = house_submit(&h, "colorize", 64, 1);
    house_work(&h, &house_steady);
    tt_sleep_ms(700);
    CHECK_INT(house_job(&h, id).done, 0);
    free(test_redis_ask(&h.redis, "CONFIG SET maxmemory 0"));
    CHECK_INT(house_wait(&h, id, 10).done, 64);
    house_photos(&h, id, 64);
}

TEST(reconcile_issues_again_what_was_reported_and_is_gone)
{
    struct house h;
    struct queue_client *c;
    struct queue_lease lease;
    struct tt_error err;
    enum queue_answer answer;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 8, 1);
    c = house_claim(&h, &lease);
    CHECK_INT(house_stop(&h, SIGKILL), -1);
    CHECK_OK(queue_client_result(c, &lease, QUEUE_DONE, "{}", &answer, &err));
    CHECK_INT(test_redis_number(&h.redis, "XTRIM tt:{main}:res MAXLEN 0"), 1);
    queue_lease_release(&lease);
    queue_client_close(c);
    house_start(&h);
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, id, 10).done, 8);
    house_photos(&h, id, 8);
    house_empty(&h);
}

TEST(reconcile_begins_when_redis_comes)
{
    struct house h;
    int64_t id;

    house_open(&h);
    test_redis_kill(&h.redis);
    house_start(&h);
    id = house_submit(&h, "colorize", 16, 1);
    CHECK_INT(house_job(&h, id).state, JOB_QUEUED);
    test_redis_start(&h.redis, NULL);
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, id, 10).done, 16);
}
