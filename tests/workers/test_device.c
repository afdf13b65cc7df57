#include "workers/device.h"

#include <dlfcn.h>

#include "tests/check.h"

static struct tt_error err;

TEST(worker_device_that_is_not_said_is_the_cpu)
{
    struct worker_options o = {.device = NULL};

    CHECK_OK(worker_device_choose(&o, BACKEND_AUTO, &err));
    CHECK_STR(o.device, "cpu");
    CHECK_OK(worker_device_choose(&o, BACKEND_F32, &err));
}

TEST(worker_device_auto_is_the_cpu_where_a_card_cannot_do_it)
{
    struct worker_options o = {.device = "auto"};

    CHECK_OK(worker_device_choose(&o, BACKEND_F32, &err));
    CHECK_STR(o.device, "cpu");
    o = (struct worker_options){.device = "auto", .reduce = "mpi"};
    CHECK_OK(worker_device_choose(&o, BACKEND_AUTO, &err));
    CHECK_STR(o.device, "cpu");
    if (dlopen("libcuda.so.1", RTLD_LAZY))
        check_skip("there is a driver here");
    o = (struct worker_options){.device = "auto"};
    CHECK_OK(worker_device_choose(&o, BACKEND_AUTO, &err));
    CHECK_STR(o.device, "cpu");
}

TEST(worker_device_that_is_asked_for_must_be_there)
{
    static const struct {
        const char *device;
        enum backend_precision precision;
        enum tt_code code;
        const char *words;
    } bad[] = {
        {"gpu", BACKEND_AUTO, TT_USAGE, "gpu: a device is auto, cpu, cuda"},
        {"cuda:1000", BACKEND_AUTO, TT_MISSING, "--device: cuda:1000: "},
        {"reference", BACKEND_BF16, TT_USAGE,
         "reference does not compute in bf16"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct worker_options o = {.device = bad[i].device};

        CHECK_FAILS(worker_device_choose(&o, bad[i].precision, &err),
                    bad[i].code, bad[i].words);
    }
}

TEST(worker_device_is_tried_before_it_is_trusted)
{
    // of the backends that are no card, one that is not the CPU's first
    struct worker_options o = {.device = "reference"};

    CHECK_OK(worker_device_choose(&o, BACKEND_AUTO, &err));
    CHECK_STR(o.device, "reference");
}
