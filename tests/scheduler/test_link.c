#include "scheduler/link.h"

#include "base/clock.h"
#include "scheduler/engine.h"
#include "tests/check.h"

TEST(link_is_merciful_after_a_step_of_redis_clock)
{
    struct scheduler_options opt = {.lease = 30000};
    struct scheduler s = {.opt = &opt};
    int64_t redis = 1700000000000;

    s.link.redis_at = redis;
    s.link.steady_at = tt_steady_ms();
    link_clock(&s, redis + 5);
    CHECK_INT(s.link.mercy, 0);
    link_clock(&s, redis + 900); // jitter
    CHECK_INT(s.link.mercy, 0);
    redis += 3600 * 1000; // an hour ahead: all leases end at once
    link_clock(&s, redis);
    CHECK_INT(s.link.mercy, redis + 30000);
    link_clock(&s, redis + 5);
    CHECK_INT(s.link.mercy, redis + 30000);
    redis -= 7200 * 1000; // and back: the mercy is of the new time
    link_clock(&s, redis);
    CHECK_INT(s.link.mercy, redis + 30000);
}
