#include "workers/lease.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/check.h"
#include "tests/queue/peer.h"

#define P "tt:{main}"

/* A worker whose main thread is a thread of the test, and whose work thread is
 * the test itself. */
struct rig {
    struct test_redis redis;
    struct peer peer;
    struct worker_options options;
    struct worker_lease *l;
    pthread_t thread;
    int rc;
    struct tt_error err;
};

static void *main_thread(void *arg)
{
    struct rig *r = arg;

    r->rc = worker_lease_run(r->l, &r->err);
    return NULL;
}

static void rig_start(struct rig *r, long lease, long stall)
{
    struct tt_error err;
    sigset_t set;

    memset(r, 0, sizeof(*r));
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    test_redis_start(&r->redis, NULL);
    peer_open(&r->peer, &r->redis, "db-1", 1, false, false);
    CHECK(r->peer.ready);
    r->options = (struct worker_options){.redis = r->redis.url,
                                         .queue = "main",
                                         .classes = "g,t",
                                         .precision = "auto",
                                         .threads = 1,
                                         .lease = lease,
                                         .stall = stall,
                                         .grace = 2000};
    CHECK_OK(worker_lease_open(&r->l, &r->options, &err));
    CHECK_INT(pthread_create(&r->thread, NULL, main_thread, r), 0);
}

static void rig_stop(struct rig *r)
{
    kill(getpid(), SIGTERM);
    tt_sleep_ms(100); /* else what is ahead may be taken still */
    CHECK(worker_lease_take(r->l) == NULL);
    worker_lease_leave(r->l);
    pthread_join(r->thread, NULL);
    worker_lease_close(r->l);
}

/* As the scheduler does, with a payload that makes sense unless it is given. */
static void issue(struct rig *r, int job, const char *payload)
{
    char *fence = test_redis_ask(&r->redis, "HGET " P ":meta fence");
    char usual[200], words[512], *answer;

    snprintf(usual, sizeof(usual),
             "{\"v\":1,\"job\":%d,\"kind\":1,\"first\":10,\"n\":4,\"at\":99,"
             "\"manifest\":\"/m\"}",
             job);
    snprintf(words, sizeof(words), "FCALL tt_issue 1 " P " %s %d.0 1 1g %s",
             fence, job, payload ? payload : usual);
    answer = test_redis_ask(&r->redis, words);
    CHECK_STR(answer, "1");
    free(answer);
    free(fence);
}

static void redis_says(struct rig *r, const char *words, const char *want)
{
    char *answer = test_redis_ask(&r->redis, words);

    CHECK_STR(answer, want);
    free(answer);
}

/* Until Redis answers so, or three seconds have passed. */
static void redis_will_say(struct rig *r, const char *words, const char *want)
{
    for (int i = 0; i < 150; i++) {
        char *answer = test_redis_ask(&r->redis, words);
        bool same = strcmp(answer, want) == 0;

        free(answer);
        if (same)
            return;
        tt_sleep_ms(20);
    }
    redis_says(r, words, want);
}

TEST(workers_lease_lives_as_long_as_the_work_moves)
{
    struct worker_chunk *c;
    struct rig r;

    rig_start(&r, 300, 60000);
    issue(&r, 7, NULL);
    c = worker_lease_take(r.l);
    CHECK(c && c->payload.job == 7 && c->payload.first == 10);
    for (int i = 0; i < 4; i++) {
        worker_chunk_move(c, 10 + i, (uint64_t)i, 4);
        tt_sleep_ms(200);
        CHECK_INT(peer_expired(&r.peer), 0);
        CHECK_INT(r.peer.n, 0);
    }
    redis_says(&r, "HGET " P ":c:7.0 u", "13");
    CHECK(!worker_chunk_stop(c));
    worker_lease_note(r.l, c, strdup("{\"v\":1}"));
    worker_lease_give(r.l, c, WORKER_DONE, strdup("{\"v\":1,\"photos\":[]}"));
    redis_will_say(&r, "HGET " P ":c:7.0 s", "d");
    CHECK_INT(peer_read(&r.peer), 0);
    CHECK_INT(r.peer.n, 2);
    CHECK(r.peer.entries[0].is_note && !r.peer.entries[1].is_note);
    rig_stop(&r);
    CHECK_INT(r.rc, 0);
    CHECK_INT(peer_workers(&r.peer), 0);
    CHECK_STR(r.peer.ended, "drained");
    peer_close(&r.peer);
}

TEST(workers_lease_of_a_cancelled_job_stops_the_work)
{
    struct worker_chunk *c;
    struct rig r;
    int i;

    rig_start(&r, 300, 60000);
    issue(&r, 7, NULL);
    c = worker_lease_take(r.l);
    CHECK(!worker_chunk_stop(c));
    CHECK_INT(peer_retract(&r.peer, false, 7, 0), 0);
    for (i = 0; i < 100 && !worker_chunk_stop(c); i++)
        tt_sleep_ms(10);
    CHECK(i < 100);
    worker_lease_give(r.l, c, WORKER_DROP, NULL);
    rig_stop(&r);
    redis_says(&r, "XLEN " P ":res", "0");
    peer_close(&r.peer);
}

TEST(workers_lease_takes_the_next_chunk_when_the_first_is_about_to_end)
{
    struct worker_chunk *c;
    struct rig r;

    rig_start(&r, 5000, 60000);
    issue(&r, 7, NULL);
    issue(&r, 8, NULL);
    c = worker_lease_take(r.l);
    CHECK_INT(c->payload.job, 7);
    tt_sleep_ms(400);
    redis_says(&r, "HGET " P ":c:8.0 s", "r"); /* for whoever is idle */
    worker_chunk_move(c, 13, 3, 4);
    redis_will_say(&r, "HGET " P ":c:8.0 s", "l");
    worker_lease_give(r.l, c, WORKER_DONE, strdup("{\"v\":1,\"photos\":[]}"));
    redis_will_say(&r, "HGET " P ":c:7.0 s", "d");
    /* what was not begun goes back, without a strike */
    rig_stop(&r);
    redis_says(&r, "HGET " P ":c:8.0 s", "r");
    redis_says(&r, "LRANGE " P ":r:1g 0 -1", "8.0");
    peer_close(&r.peer);
}

TEST(workers_lease_drain_tells_work_that_takes_too_long_to_stop)
{
    struct worker_chunk *c;
    struct rig r;

    rig_start(&r, 5000, 60000);
    issue(&r, 7, NULL);
    c = worker_lease_take(r.l);
    tt_sleep_ms(100);
    worker_chunk_move(c, 13, 3, 4); /* a third of that is left */
    kill(getpid(), SIGTERM);
    tt_sleep_ms(100);
    CHECK(!worker_chunk_stop(c));
    worker_chunk_move(c, 11, 1, 4000); /* and now far more than 2 s */
    CHECK(worker_chunk_stop(c));
    worker_lease_give(r.l, c, WORKER_PART, strdup("{\"v\":1,\"photos\":[]}"));
    CHECK(worker_lease_take(r.l) == NULL);
    worker_lease_leave(r.l);
    pthread_join(r.thread, NULL);
    CHECK_INT(r.rc, 0);
    CHECK_INT(peer_read(&r.peer), 0);
    CHECK_INT(r.peer.n, 1);
    CHECK(r.peer.entries[0].kind == QUEUE_PART);
    worker_lease_close(r.l);
    peer_close(&r.peer);
}

TEST(workers_lease_sends_a_result_when_redis_is_back)
{
    static const char *const persist[] = {"--appendonly", "yes",
                                          "--appendfsync", "always", NULL};
    struct worker_chunk *c;
    struct rig r;

    rig_start(&r, 2000, 60000);
    redis_says(&r, "CONFIG SET appendonly yes", "OK");
    tt_sleep_ms(300);
    issue(&r, 7, NULL);
    c = worker_lease_take(r.l);
    redis_says(&r, "CONFIG SET appendfsync always", "OK");
    issue(&r, 8, NULL);
    test_redis_kill(&r.redis);
    worker_lease_give(r.l, c, WORKER_DONE, strdup("{\"v\":1,\"photos\":[]}"));
    tt_sleep_ms(500);
    test_redis_start(&r.redis, persist);
    redis_will_say(&r, "HGET " P ":c:7.0 s", "d");
    rig_stop(&r);
    peer_close(&r.peer);
}

TEST(workers_lease_lets_go_of_work_that_hangs)
{
    struct worker_chunk *c;
    struct rig r;
    int i;

    rig_start(&r, 2000, 300);
    issue(&r, 7, NULL);
    c = worker_lease_take(r.l);
    for (i = 0; i < 400; i++) {
        CHECK_INT(peer_expired(&r.peer), 0);
        if (r.peer.n == 1)
            break;
        tt_sleep_ms(10);
    }
    CHECK(i < 400);
    worker_lease_give(r.l, c, WORKER_DONE, strdup("{\"v\":1,\"photos\":[]}"));
    redis_will_say(&r, "HGET " P ":c:7.0 s", "d"); /* late, and welcome */
    rig_stop(&r);
    peer_close(&r.peer);
}

TEST(workers_lease_gives_back_a_payload_that_makes_no_sense)
{
    struct rig r;

    rig_start(&r, 2000, 60000);
    issue(&r, 7, "{\"v\":2}");
    redis_will_say(&r, "HGET " P ":c:7.0 s", "d");
    CHECK_INT(peer_read(&r.peer), 0);
    CHECK(r.peer.entries[0].kind == QUEUE_FAIL);
    CHECK(strstr(r.peer.body, "another version"));
    rig_stop(&r);
    peer_close(&r.peer);
}

TEST(workers_lease_ends_after_a_fault_and_says_which)
{
    struct tt_error full;
    struct rig r;

    rig_start(&r, 2000, 60000);
    tt_fail(&full, TT_OUTPUT, "disk full");
    worker_lease_fault(r.l, &full);
    CHECK(worker_lease_take(r.l) == NULL);
    worker_lease_leave(r.l);
    pthread_join(r.thread, NULL);
    CHECK_INT(r.rc, -1);
    CHECK_INT(r.err.code, TT_OUTPUT);
    CHECK_STR(r.err.text, "disk full");
    worker_lease_close(r.l);
    peer_close(&r.peer);
}

TEST(workers_lease_names_bad_lanes)
{
    struct worker_options o = {
        .redis = "/tmp/none", .queue = "main", .classes = "g,T", .lease = 1000};
    struct worker_lease *l;
    struct tt_error err;

    CHECK_FAILS(worker_lease_open(&l, &o, &err), TT_USAGE,
                "--classes: \"g,T\" is not like g,t");
    o.classes = ",";
    CHECK_FAILS(worker_lease_open(&l, &o, &err), TT_USAGE, "none is named");
}
