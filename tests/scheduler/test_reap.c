#include "scheduler/reap.h"

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

TEST(reap_gives_the_work_of_a_dead_worker_to_another)
{
    static const struct house_worker dying = {.fail_at = -1, .die_after = 2};
    struct house h;
    struct db_job job;
    int64_t id, start;

    house_open(&h);
    h.opt.lease = 300;
    house_start(&h);
    tt_sleep_ms(600); // past the mercy after a start
    id = house_submit(&h, "colorize", 64, 1);
    waitpid(house_work(&h, &dying), NULL, 0);
    start = tt_steady_ms();
    house_work(&h, &house_steady);
    job = house_wait(&h, id, 15);
    CHECK(tt_steady_ms() - start > 1000); // the lease of 1 s had to end
    CHECK_INT(job.state, JOB_DONE);
    CHECK_INT(job.done, 64);
    house_photos(&h, id, 64);
    house_empty(&h);
}

TEST(reap_takes_back_at_once_what_a_killed_worker_had)
{
    static const struct house_worker dying = {
        .fail_at = -1, .die_after = 2, .lease_ms = 600000};
    struct house h;
    char request[64];
    int64_t id;
    pid_t pid;

    house_open(&h);
    h.opt.lease = 600000;
    house_start(&h);
    id = house_submit(&h, "colorize", 64, 1);
    pid = house_work(&h, &dying);
    waitpid(pid, NULL, 0);
    house_work(&h, &house_steady);
    CHECK(house_ok(&h, "{\"cmd\":\"lost\",\"pid\":1}")); // none of ours
    CHECK(!house_ok(&h, "{\"cmd\":\"lost\"}"));
    tt_sleep_ms(500);
    CHECK_INT(house_job(&h, id).done, 56);
    snprintf(request, sizeof(request), "{\"cmd\":\"lost\",\"pid\":%d}",
             (int)pid);
    CHECK(house_ok(&h, request));
    CHECK_INT(house_wait(&h, id, 15).done, 64);
    house_photos(&h, id, 64);
    house_empty(&h);
}

TEST(reap_blames_nobody_for_leases_that_ended_while_it_was_away)
{
    static const struct house_worker dying = {.fail_at = -1, .die_after = 1};
    struct house h;
    struct db *db;
    struct db_arena *mem = db_arena_new();
    struct db_event *events;
    struct tt_error err;
    size_t n;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_submit(&h, "colorize", 64, 1);
    waitpid(house_work(&h, &dying), NULL, 0);
    CHECK_INT(house_stop(&h, SIGKILL), -1);
    tt_sleep_ms(1200);
    house_start(&h);
    house_work(&h, &house_steady);
    CHECK_INT(house_wait(&h, id, 10).done, 64);
    db = house_read(&h);
    CHECK_OK(db_history_events(db, id, 0, 100, mem, &events, &n, &err));
    for (size_t i = 0; i < n; i++)
        CHECK(events[i].kind != DB_EVENT_STRIKE);
    db_arena_free(mem);
    db_close(db);
}
