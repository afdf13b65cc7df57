#include "workers/attempt.h"

#include <string.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/check.h"

static void put(const char *folder, const char *name, const char *text)
{
    char path[TT_PATH_SIZE];
    struct tt_error err;

    CHECK_OK(tt_path_join(path, sizeof(path), folder, name, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
    tt_sleep_ms(10); /* so that times of files differ */
}

static void has(const char *folder, const char *name, const char *text)
{
    char path[TT_PATH_SIZE], *data;
    struct tt_error err;
    size_t size;

    CHECK_OK(tt_path_join(path, sizeof(path), folder, name, &err));
    CHECK_OK(tt_file_read(path, 100, &data, &size, &err));
    CHECK_STR(data, text);
    free(data);
}

TEST(workers_attempt_goes_on_where_the_newest_one_was)
{
    struct queue_lease one = {.attempt = 1, .token = "aa.0"};
    struct queue_lease two = {.attempt = 2, .token = "bb:0"};
    struct queue_lease three = {.attempt = 3, .token = "cc.0"};
    char latest[TT_PATH_SIZE], best[TT_PATH_SIZE];
    struct worker_attempt a, b, c;
    struct tt_error err;

    CHECK_OK(worker_attempt_begin(&a, "run", &one, &err));
    CHECK(!a.resumed);
    put(a.folder, "best.h5", "best 1");
    put(a.folder, "epoch-1.h5", "epoch 1");
    put(a.folder, "epoch-2.h5.tt-x", "half of it");
    put(a.folder, "latest.h5", "step 1");
    CHECK_OK(worker_attempt_begin(&b, "run", &two, &err));
    CHECK(b.resumed);
    has(b.folder, "latest.h5", "step 1");
    put(b.folder, "latest.h5", "step 2");
    put(a.folder, "best.h5", "one that was thought dead"); /* no harm */
    CHECK_OK(worker_attempt_begin(&c, "run", &three, &err));
    has(c.folder, "latest.h5", "step 2");
    has(c.folder, "best.h5", "best 1");
    CHECK_INT(worker_attempt_latest("run", latest, &err), 1);
    has(b.folder, "latest.h5", "step 2");
    CHECK(strncmp(latest, "run/try-", 8) == 0);
    CHECK_INT(worker_attempt_latest("no-run", latest, &err), 0);
    CHECK_OK(worker_attempt_finish(&c, latest, best, &err));
    has("run", "best.h5", "best 1");
    has("run", "epoch-1.h5", "epoch 1");
    CHECK(!tt_file_exists("run/epoch-2.h5.tt-x"));
    CHECK(tt_file_exists(latest) && tt_file_exists(best));
    CHECK_INT(worker_attempt_latest("run", latest, &err), 1);
    CHECK_STR(latest, "run/latest.h5");
    CHECK(!tt_file_exists(a.folder) && !tt_file_exists(c.folder));
}

TEST(workers_attempt_at_a_finished_run_finds_its_end)
{
    struct queue_lease lease = {.attempt = 4, .token = "dd.0"};
    char latest[TT_PATH_SIZE], best[TT_PATH_SIZE];
    struct worker_attempt a;
    struct tt_error err;

    CHECK_OK(tt_mkdirs("run", 0700, &err));
    put("run", "best.h5", "best");
    put("run", "latest.h5", "end");
    CHECK_OK(worker_attempt_begin(&a, "run", &lease, &err));
    CHECK(a.resumed);
    has(a.folder, "latest.h5", "end");
    CHECK_OK(worker_attempt_finish(&a, latest, best, &err));
    has("run", "latest.h5", "end");
}

TEST(workers_attempt_says_where_it_cannot_write)
{
    struct queue_lease lease = {.attempt = 1, .token = "ee.0"};
    struct worker_attempt a;
    struct tt_error err;

    CHECK_OK(tt_file_write("file", "", 0, &err));
    CHECK_FAILS(worker_attempt_begin(&a, "file", &lease, &err), TT_OUTPUT,
                "Not a directory");
}
