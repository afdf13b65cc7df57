#include "tests/ingest/set.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"
#include "tests/check.h"

struct ingest_plan set_plan(const char *const *source, const char *out)
{
    struct ingest_plan plan;

    ingest_plan_init(&plan);
    plan.sources = source;
    plan.n_sources = 1;
    plan.out = out;
    plan.threads = 2;
    plan.shard_records = 5;
    return plan;
}

struct ingest_outcome set_run(const struct ingest_plan *plan)
{
    struct ingest_outcome out;
    struct tt_error err;

    CHECK_OK(ingest_run(plan, NULL, &out, &err));
    ingest_outcome_release(&out);
    return out;
}

void set_start(void)
{
    struct tt_error err;

    CHECK_OK(image_start("test", &err));
}

void set_check_same(const char *a, const char *b, const char *but)
{
    DIR *dir = opendir(a);
    struct dirent *e;
    int count = 0;

    CHECK(dir);
    while ((e = readdir(dir))) {
        struct tt_sha256 one, other;
        char path[512];
        struct tt_error err;

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        CHECK(strncmp(e->d_name, ".tt-", 4) != 0);
        snprintf(path, sizeof(path), "%s/%s", a, e->d_name);
        CHECK_OK(tt_sha256_file(path, &one, NULL, &err));
        snprintf(path, sizeof(path), "%s/%s", b, e->d_name);
        CHECK_OK(tt_sha256_file(path, &other, NULL, &err));
        if (strcmp(e->d_name, but) != 0)
            CHECK(memcmp(&one, &other, sizeof(one)) == 0);
        count++;
    }
    closedir(dir);
    dir = opendir(b);
    CHECK(dir);
    while (readdir(dir))
        count--;
    closedir(dir);
    CHECK_INT(count, -2);
}
