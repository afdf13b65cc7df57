#include "scheduler/issue.h"

#include "scheduler/engine.h"
#include "tests/check.h"

TEST(issue_aims_at_ten_seconds_a_chunk)
{
    static const struct {
        int64_t total, done, work_ms;
        int n;
    } cases[] = {
        {80000, 0, 0, 64},         // nothing known yet
        {80000, 31, 31000, 64},    // too little known
        {80000, 100, 20000, 50},   // 0.2 s each
        {80000, 100, 100, 1024},   // very fast
        {80000, 100, 10000000, 8}, // very slow
        {157, 0, 0, 19},           // so that eight may have a part
        {3, 0, 0, 8},
    };
    struct scheduler_options opt = {0};
    struct scheduler s = {.opt = &opt};
    struct db_job job = {.kind = JOB_COLORIZE, .total = 100};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        job.total = cases[i].total;
        job.done = cases[i].done;
        job.work_ms = cases[i].work_ms;
        CHECK_INT(issue_chunk_size(&s, &job), cases[i].n);
    }
    opt.chunk = 5;
    CHECK_INT(issue_chunk_size(&s, &job), 5);
    job.kind = JOB_INGEST;
    CHECK_INT(issue_chunk_size(&s, &job), 1);
}

TEST(issue_widens_the_window_with_the_workers)
{
    struct scheduler_options opt = {0};
    struct scheduler s = {.opt = &opt};

    CHECK_INT(issue_window(&s), 64);
    s.crew.alive = 100;
    CHECK_INT(issue_window(&s), 800);
    s.crew.alive = 10000;
    CHECK_INT(issue_window(&s), 4096);
    opt.window = 7;
    CHECK_INT(issue_window(&s), 7);
    CHECK_INT(issue_share(64, 1), 64);
    CHECK_INT(issue_share(64, 4), 16);
    CHECK_INT(issue_share(64, 1000), 2);
}
