#include "workers/belt.h"

#include <pthread.h>

#include "base/clock.h"
#include "tests/check.h"

/* A value that other threads change. */
static size_t look(pthread_mutex_t *lock, const size_t *value)
{
    size_t now;

    pthread_mutex_lock(lock);
    now = *value;
    pthread_mutex_unlock(lock);
    return now;
}

static void *put_three(void *arg)
{
    struct worker_belt *b = arg;
    static int items[] = {1, 2, 3};

    for (int i = 0; i < 3; i++)
        worker_belt_put(b, &items[i]);
    worker_belt_close(b);
    return NULL;
}

TEST(workers_belt_keeps_the_order_and_waits_for_room)
{
    struct worker_belt b;
    pthread_t thread;
    int *item, seen = 0;

    worker_belt_init(&b, 1);
    CHECK(worker_belt_try(&b) == NULL);
    CHECK_INT(pthread_create(&thread, NULL, put_three, &b), 0);
    tt_sleep_ms(20);
    CHECK_INT(look(&b.lock, &b.n), 1);
    while ((item = worker_belt_take(&b)))
        CHECK_INT(*item, ++seen);
    CHECK_INT(seen, 3);
    pthread_join(thread, NULL);
    worker_belt_release(&b);
}

struct taking {
    struct worker_budget *budget;
    size_t bytes;
};

static void *take(void *arg)
{
    struct taking *t = arg;

    worker_budget_take(t->budget, t->bytes);
    return NULL;
}

TEST(workers_budget_lets_one_through_that_is_larger_than_all)
{
    struct worker_budget b;
    struct taking t = {&b, 500};
    pthread_t thread;

    worker_budget_init(&b, 100);
    worker_budget_take(&b, 60);
    worker_budget_take(&b, 40);
    CHECK_INT(pthread_create(&thread, NULL, take, &t), 0);
    worker_budget_give(&b, 60);
    tt_sleep_ms(20);
    CHECK_INT(look(&b.lock, &b.used), 40); /* it waits until it is alone */
    worker_budget_give(&b, 40);
    pthread_join(thread, NULL);
    CHECK_INT(b.used, 500);
    worker_budget_give(&b, 500);
    worker_budget_release(&b);
}
