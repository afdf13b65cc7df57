#include "tests/model/cudnn/object.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/plugin.h"
#include "tests/check.h"

static struct tt_error err;

#ifdef __SANITIZE_ADDRESS__
void __lsan_disable(void);
#else
static void __lsan_disable(void)
{
}
#endif

/* A file of this build: the runner is in its folder tests/. */
static void built(const char *name, char *path, size_t size)
{
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    CHECK(n > 0);
    program[n] = '\0';
    *strrchr(program, '/') = '\0';
    snprintf(path, size, "%s/%s", program, name);
}

const struct backend_plug *object_open(void)
{
    const struct backend_plug *plug;
    char folder[PATH_MAX + 64];

    built("..", folder, sizeof(folder));
    setenv("TINTYPE_PLUGINS", folder, 1);
    plug = tt_plugin_open(BACKEND_PLUG_NAME, BACKEND_PLUG_KIND, sizeof(*plug),
                          &err);
    if (!plug && err.code == TT_MISSING)
        check_skip("built without CUDA: no tintype-cudnn.so");
    if (!plug)
        fprintf(stderr, "%s\n", err.text);
    CHECK(plug);
    return plug;
}

void object_null_driver(void)
{
    char path[PATH_MAX + 64];
    void *real = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);

    if (real)
        check_skip("there is a driver here");
    built("model/cudnn/null/libcuda.so.1", path, sizeof(path));
    if (access(path, R_OK) < 0)
        check_skip("built without CUDA: no null driver");
    // whoever asks for libcuda.so.1 from now on is given this one
    CHECK(dlopen(path, RTLD_NOW | RTLD_GLOBAL));
    /* cuDNN forgets memory in libraries that it has unloaded by the time leaks
     * are looked for, so that no suppression can name them */
    __lsan_disable();
}
