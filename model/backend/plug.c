#include "model/backend/plug.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRIVER "libcuda.so.1"

const struct backend_plug *backend_plug_open(const char *path,
                                             struct tt_error *err)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct backend_plug *plug;
    backend_plug_fn *entry;

    if (!object) {
        tt_fail(err, TT_MISSING, "%s", dlerror());
        return NULL;
    }
    *(void **)&entry = dlsym(object, BACKEND_PLUG_SYMBOL);
    plug = entry ? entry() : NULL;
    if (plug && plug->version == BACKEND_PLUG_VERSION)
        return plug;
    dlclose(object);
    tt_fail(err, TT_FORMAT, "%s belongs to another version", path);
    return NULL;
}

/* Where the object is, or -1. */
static int place(char *path, size_t size)
{
    static const char *const places[] = {"", "../lib/tintype/"};
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    if (n < 0)
        return -1;
    program[n] = '\0';
    strrchr(program, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int m =
            snprintf(path, size, "%s%s" BACKEND_PLUG_FILE, program, places[i]);

        if (m > 0 && (size_t)m < size && access(path, R_OK) == 0)
            return 0;
    }
    return -1;
}

const struct backend_plug *backend_plug_find(struct tt_error *err)
{
    const struct backend_plug *plug;
    char path[2 * PATH_MAX];
    void *driver;

    // the object maps libraries of hundreds of megabytes: not without need
    driver = dlopen(DRIVER, RTLD_LAZY | RTLD_LOCAL);
    if (!driver) {
        tt_fail(err, TT_MISSING, "no driver (%s)", DRIVER);
        return NULL;
    }
    dlclose(driver);
    if (place(path, sizeof(path)) < 0) {
        tt_fail(err, TT_MISSING, "built without it (no %s)", BACKEND_PLUG_FILE);
        return NULL;
    }
    plug = backend_plug_open(path, err);
    return plug && plug->count(err) > 0 ? plug : NULL;
}
