/**
 * redis: a real redis-server of a test's own, on a socket in the test's folder
 * and no TCP. It dies with the test.
 */
#ifndef TESTS_QUEUE_REDIS_H
#define TESTS_QUEUE_REDIS_H

#include <sys/types.h>

struct test_redis {
    pid_t pid;
    char url[128]; /* "unix:/tmp/…/redis.sock" */
};

/** Start it in the working folder (again) and wait until it answers. extra:
 *  further arguments, NULL at the end, or NULL. Skips the test where there is
 *  no redis-server. */
void test_redis_start(struct test_redis *r, const char *const *extra);

/** kill -9, and wait for it. */
void test_redis_kill(struct test_redis *r);

/** One command, its words with a space between ("FLUSHALL"); what came back as
 *  text: numbers and lists as redis-cli prints them. Freed by the caller. */
char *test_redis_ask(const struct test_redis *r, const char *words);
/** The same, as a number. */
long test_redis_number(const struct test_redis *r, const char *words);

#endif
