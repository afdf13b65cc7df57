#include "queue/queue_client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/check.h"
#include "tests/queue/peer.h"

static struct queue_client *dial(const char *url)
{
    struct queue_client *c;
    struct tt_error err;

    signal(SIGPIPE, SIG_IGN);
    CHECK_OK(queue_client_open(&c, url, "main", NULL, &err));
    return c;
}

static int claim(struct queue_client *c, struct tt_error *err)
{
    struct queue_lease lease;
    size_t n;
    int rc = queue_client_claim(c, "g", 30000, 1, &lease, &n, err);

    if (rc == 0 && n > 0)
        queue_lease_release(&lease);
    return rc < 0 ? -1 : (int)n;
}

TEST(queue_client_refuses_bad_names)
{
    struct queue_client *c;
    struct tt_error err;

    CHECK_FAILS(queue_client_open(&c, "h:1", "a b", NULL, &err), TT_USAGE,
                "a b: a queue's name");
    CHECK_FAILS(queue_client_open(&c, "h:x", "main", NULL, &err), TT_USAGE,
                "not an address");
    CHECK_FAILS(queue_client_open(&c, "h:1", "main", "12", &err), TT_USAGE,
                "16 hex digits");
    CHECK(c == NULL);
    queue_client_close(NULL);
}

TEST(queue_client_outlives_redis)
{
    struct test_redis redis;
    struct peer p;
    struct queue_client *c;
    struct tt_error err;

    test_redis_start(&redis, NULL);
    c = dial(redis.url);
    CHECK_FAILS(claim(c, &err), TT_UNAVAILABLE, "no scheduler has prepared");
    peer_open(&p, &redis, "dbA", 1, false, false);
    PEER_OK(&p, peer_issue(&p, 1, 1, 1, 1));
    CHECK_INT(claim(c, &err), 1);
    test_redis_kill(&redis);
    for (int i = 0; i < 3; i++)
        CHECK_FAILS(claim(c, &err), TT_UNAVAILABLE, "redis at ");
    peer_close(&p);
    test_redis_start(&redis, NULL);
    peer_open(&p, &redis, "dbA", 1, false, false);
    CHECK_INT(claim(c, &err), 0);
    queue_client_close(c);
    peer_close(&p);
}

TEST(queue_client_gives_up_on_a_redis_that_hangs)
{
    struct test_redis redis;
    struct queue_client *c;
    struct tt_error err;
    struct peer p;
    int64_t start;

    test_redis_start(&redis, NULL);
    peer_open(&p, &redis, "dbA", 1, false, false);
    c = dial(redis.url);
    queue_client_timeout(c, 200);
    CHECK_INT(claim(c, &err), 0);
    kill(redis.pid, SIGSTOP);
    start = tt_steady_ms();
    CHECK_FAILS(claim(c, &err), TT_UNAVAILABLE, "unknown outcome: redis at ");
    CHECK(tt_steady_ms() - start < 2000);
    CHECK_FAILS(claim(c, &err), TT_UNAVAILABLE, "does not answer");
    kill(redis.pid, SIGCONT);
    CHECK_INT(claim(c, &err), 0);
    queue_client_close(c);
    peer_close(&p);
}

TEST(queue_client_sends_its_password)
{
    struct test_redis redis;
    struct queue_client *c;
    struct tt_error err;
    char url[256];

    test_redis_start(&redis, NULL);
    free(test_redis_ask(&redis, "CONFIG SET requirepass s3cret"));
    c = dial(redis.url);
    CHECK_FAILS(claim(c, &err), TT_USAGE, "wants a password");
    queue_client_close(c);
    snprintf(url, sizeof(url), "unix://:wrong@%s", redis.url + 5);
    c = dial(url);
    CHECK_FAILS(claim(c, &err), TT_USAGE, "refuses the password");
    queue_client_close(c);
    snprintf(url, sizeof(url), "unix://:s3cret@%s", redis.url + 5);
    c = dial(url);
    CHECK_FAILS(claim(c, &err), TT_UNAVAILABLE, "no scheduler");
    queue_client_close(c);
}

static void *issue_later(void *arg)
{
    struct peer p;

    tt_sleep_ms(150);
    peer_open(&p, arg, "dbA", 1, false, false);
    PEER_OK(&p, peer_issue(&p, 1, 1, 1, 1));
    peer_close(&p);
    return NULL;
}

TEST(queue_client_wakes_when_there_is_work)
{
    struct test_redis redis;
    struct queue_client *c;
    struct tt_error err;
    pthread_t thread;
    int64_t start;

    test_redis_start(&redis, NULL);
    c = dial(redis.url);
    CHECK_INT(queue_client_wait(c, "g", 50, &err), 0);
    CHECK_INT(pthread_create(&thread, NULL, issue_later, &redis), 0);
    start = tt_steady_ms();
    CHECK_INT(queue_client_wait(c, "gt", 10000, &err), 1);
    CHECK(tt_steady_ms() - start < 5000);
    pthread_join(thread, NULL);
    CHECK_INT(claim(c, &err), 1);
    test_redis_kill(&redis);
    start = tt_steady_ms();
    CHECK_FAILS(queue_client_wait(c, "g", 300, &err), TT_UNAVAILABLE, "redis");
    CHECK(tt_steady_ms() - start >= 290); // a loop around it does not spin
    queue_client_close(c);
}

static void *leave_later(void *arg)
{
    tt_sleep_ms(100);
    queue_client_leave(arg);
    return NULL;
}

TEST(queue_client_waits_no_longer_once_it_leaves)
{
    struct test_redis redis;
    struct queue_client *c;
    struct tt_error err;
    pthread_t thread;
    int64_t start = tt_steady_ms();

    test_redis_start(&redis, NULL);
    c = dial(redis.url);
    CHECK_INT(pthread_create(&thread, NULL, leave_later, c), 0);
    CHECK_INT(queue_client_wait(c, "g", 20000, &err), 0);
    pthread_join(thread, NULL);
    CHECK_INT(queue_client_wait(c, "g", 20000, &err), 0);
    CHECK(tt_steady_ms() - start < 10000);
    queue_client_close(c);
}

TEST(queue_client_never_gives_two_tokens_alike)
{
    struct test_redis redis;
    struct queue_client *a, *b;
    struct queue_lease one[3], two[3];
    struct tt_error err;
    struct peer p;
    size_t n, m;

    test_redis_start(&redis, NULL);
    peer_open(&p, &redis, "dbA", 1, false, false);
    a = dial(redis.url);
    CHECK_OK(
        queue_client_open(&b, redis.url, "main", queue_client_id(a), &err));
    CHECK_STR(queue_client_id(a), queue_client_id(b));
    for (int i = 0; i < 6; i++)
        PEER_OK(&p, peer_issue(&p, 1, i, 1, 1));
    CHECK_OK(queue_client_claim(a, "g", 30000, 3, one, &n, &err));
    CHECK_OK(queue_client_claim(b, "g", 30000, 3, two, &m, &err));
    CHECK_INT(n, 3);
    CHECK_INT(m, 3);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            CHECK(strcmp(one[i].token, two[j].token) != 0);
        CHECK(i == 0 || strcmp(one[i].token, one[i - 1].token) != 0);
    }
    for (int i = 0; i < 3; i++) {
        queue_lease_release(&one[i]);
        queue_lease_release(&two[i]);
    }
    queue_client_close(a);
    queue_client_close(b);
    peer_close(&p);
}
