#include "model/backend/plug.h"

#include <dlfcn.h>

#include "base/plugin.h"

#define DRIVER "libcuda.so.1"

const struct backend_plug *backend_plug_find(struct tt_error *err)
{
    const struct backend_plug *plug;
    void *driver;

    // the plug-in maps libraries of hundreds of megabytes: not without need
    driver = dlopen(DRIVER, RTLD_LAZY | RTLD_LOCAL);
    if (!driver) {
        tt_fail(err, TT_MISSING, "no driver (%s)", DRIVER);
        return NULL;
    }
    dlclose(driver);
    plug = tt_plugin_open(BACKEND_PLUG_NAME, BACKEND_PLUG_KIND, sizeof(*plug),
                          err);
    return plug && plug->count(err) > 0 ? plug : NULL;
}
