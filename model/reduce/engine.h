/**
 * engine: what a plug-in of kind "reduce" supplies (base/plugin.h). Private to
 * the room.
 *
 * A member that may be NULL is then done by the mpi group that introduced this
 * one.
 */
#ifndef REDUCE_ENGINE_H
#define REDUCE_ENGINE_H

#include "model/reduce/reduce.h"

#define REDUCE_KIND "reduce"

struct reduce_group; /* each engine has its own */
struct reduce_engine;

/** The group that introduces the members of another. */
struct reduce_host {
    const struct reduce_engine *engine;
    struct reduce_group *group;
};

struct reduce_engine {
    const char *name;
    bool on_device;

    /** host: NULL if the engine has all members below. On -1, *out is NULL. */
    int (*open)(struct reduce_group **out, const struct reduce_host *host,
                struct tt_error *err);

    /** May be NULL, all together. */
    int (*rank)(const struct reduce_group *g);
    int (*size)(const struct reduce_group *g);
    int (*local_rank)(const struct reduce_group *g); /* among those of a host */
    int (*tell)(struct reduce_group *g, int from, void *data, size_t size,
                struct tt_error *err);
    int (*sum)(struct reduce_group *g, double *values, size_t count,
               struct tt_error *err);
    int (*meet)(struct reduce_group *g, struct tt_error *err);
    void (*abort)(struct reduce_group *g);

    /** As reduce.h. stream: NULL unless on_device; begin: NULL if so. */
    int (*begin)(struct reduce_group *g, float *values, size_t count,
                 struct tt_error *err);
    int (*stream)(struct reduce_group *g, float *values, size_t count,
                  void *stream, struct tt_error *err);
    int (*wait)(struct reduce_group *g, struct tt_error *err);

    void (*close)(struct reduce_group *g);
};

#endif
