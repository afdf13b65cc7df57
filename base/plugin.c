#include "base/plugin.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const char *const places[] = {".", "../lib/tintype", NULL};

/* Where the file is, or false. */
static bool find(const char *file, char path[TT_PATH_SIZE])
{
    const char *own = getenv("TINTYPE_PLUGINS");
    char folder[TT_PATH_SIZE] = "";
    ssize_t n;

    if (own && *own)
        return snprintf(path, TT_PATH_SIZE, "%s/%s", own, file) <
                   TT_PATH_SIZE &&
               tt_file_exists(path);
    n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
    if (n <= 0)
        return false;
    *strrchr(folder, '/') = '\0';
    for (int i = 0; places[i]; i++)
        if (snprintf(path, TT_PATH_SIZE, "%s/%s/%s", folder, places[i], file) <
                TT_PATH_SIZE &&
            tt_file_exists(path))
            return true;
    return false;
}

const void *tt_plugin_open(const char *name, const char *kind, size_t size,
                           struct tt_error *err)
{
    char file[64], path[TT_PATH_SIZE];
    const struct tt_plugin *plugin;
    void *library;

    snprintf(file, sizeof(file), "tintype-%s.so", name);
    if (strchr(file, '/') || !find(file, path)) {
        tt_fail(err, TT_MISSING, "%s: the plug-in %s is not installed", name,
                file);
        return NULL;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        tt_fail(err, TT_UNAVAILABLE, "%s", dlerror());
        return NULL;
    }
    plugin = dlsym(library, TT_PLUGIN_SYMBOL);
    if (plugin && strcmp(plugin->version, TT_VERSION) == 0 &&
        strcmp(plugin->kind, kind) == 0 && plugin->size == size)
        return plugin->table;
    tt_fail(err, TT_UNAVAILABLE, "%s: not a %s plug-in of tintype %s", path,
            kind, TT_VERSION);
    dlclose(library);
    return NULL;
}
