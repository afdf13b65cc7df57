#include "model/backend/plug.h"

#include <dlfcn.h>

#include "tests/check.h"
#include "tests/model/cudnn/object.h"

static struct tt_error err;

TEST(plug_of_a_machine_without_a_driver_says_so)
{
    if (dlopen("libcuda.so.1", RTLD_LAZY))
        check_skip("there is a driver here");
    CHECK(backend_plug_find(&err) == NULL);
    CHECK_INT(err.code, TT_MISSING);
    CHECK_STR(err.text, "no driver (libcuda.so.1)");
}

TEST(plug_opens_without_a_device_and_says_that_there_is_none)
{
    const struct backend_plug *plug;
    char text[100];

    if (dlopen("libcuda.so.1", RTLD_LAZY))
        check_skip("there is a driver here");
    plug = object_open();
    CHECK_FAILS(plug->count(&err), TT_MISSING, "no device (CUDA driver");
    CHECK_FAILS(plug->describe(0, text, sizeof(text), &err), TT_UNAVAILABLE,
                "device 0: GPU: properties: ");
}

TEST(plug_with_a_driver_that_knows_no_device_says_so)
{
    const struct backend_plug *plug;

    object_null_driver();
    plug = object_open();
    CHECK_FAILS(plug->count(&err), TT_MISSING, "no device (CUDA driver");
}
