/**
 * plugin: a part of the program that needs a library which not every machine
 * has, in a file of its own that is opened when it is asked for:
 * tintype-NAME.so, looked for in $TINTYPE_PLUGINS if that is set, else beside
 * the program, then in ../lib/tintype. It exports one symbol, `tintype_plugin`,
 * a struct tt_plugin.
 *
 * Owns:    a plug-in stays open until the process ends: the libraries below it
 *          do not like to go.
 * Threads: any.
 * Fails:   TT_MISSING (there is no such file), TT_UNAVAILABLE (it cannot be
 *          loaded: a library is missing, or it is of another version).
 */
#ifndef BASE_PLUGIN_H
#define BASE_PLUGIN_H

#include <stddef.h>

#include "base/error.h"

#define TT_PLUGIN_SYMBOL "tintype_plugin"

struct tt_plugin {
    const char *version; /* TT_VERSION of its build */
    const char *kind;    /* of table: "reduce", "backend" … */
    size_t size;         /* of what table points to */
    const void *table;
};

/** The definition that a plug-in ends with. table: a const struct. */
#define TT_PLUGIN(kind_, table_)                                               \
    __attribute__((                                                            \
        visibility("default"))) extern const struct tt_plugin tintype_plugin;  \
    const struct tt_plugin tintype_plugin = {TT_VERSION, kind_,                \
                                             sizeof(table_), &(table_)}

/** Its table; NULL on failure. size: of the table as the caller knows it. */
const void *tt_plugin_open(const char *name, const char *kind, size_t size,
                           struct tt_error *err);

#endif
