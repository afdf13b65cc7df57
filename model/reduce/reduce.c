#include "model/reduce/reduce.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/plugin.h"
#include "model/reduce/engine.h"

#define HOST_ENGINE "mpi"

struct reduce {
    const struct reduce_engine *engine;
    struct reduce_group *group;
    struct reduce *host; /* owned; NULL: the engine does it all */
    int rank, size, local_rank;
};

/* Who does what an engine may leave out. */
static struct reduce *talker(struct reduce *r)
{
    return r->host ? r->host : r;
}

static const struct reduce_engine *find(const char *engine,
                                        struct tt_error *err)
{
    return tt_plugin_open(engine, REDUCE_KIND, sizeof(struct reduce_engine),
                          err);
}

int reduce_check(const char *engine, struct tt_error *err)
{
    return find(engine, err) ? 0 : -1;
}

int reduce_open(struct reduce **out, const char *engine, struct tt_error *err)
{
    struct reduce *r = calloc(1, sizeof(*r));
    struct reduce_host host;

    *out = NULL;
    if (!r)
        return tt_fail(err, TT_NOMEM, "no memory for a group");
    r->engine = find(engine, err);
    if (!r->engine)
        goto fail;
    if (!r->engine->tell && reduce_open(&r->host, HOST_ENGINE, err) < 0)
        goto fail;
    if (r->host)
        host = (struct reduce_host){r->host->engine, r->host->group};
    if (r->engine->open(&r->group, r->host ? &host : NULL, err) < 0)
        goto fail;
    r->rank = talker(r)->engine->rank(talker(r)->group);
    r->size = talker(r)->engine->size(talker(r)->group);
    r->local_rank = talker(r)->engine->local_rank(talker(r)->group);
    *out = r;
    return 0;

fail:
    reduce_close(r);
    return tt_wrap(err, "reduce %s", engine);
}

int reduce_rank(const struct reduce *r)
{
    return r ? r->rank : 0;
}

int reduce_size(const struct reduce *r)
{
    return r ? r->size : 1;
}

int reduce_local_rank(const struct reduce *r)
{
    return r ? r->local_rank : 0;
}

bool reduce_on_device(const struct reduce *r)
{
    return r && r->engine->on_device;
}

int reduce_tell(struct reduce *r, int from, void *data, size_t size,
                struct tt_error *err)
{
    if (!r)
        return 0;
    return talker(r)->engine->tell(talker(r)->group, from, data, size, err);
}

int reduce_sum(struct reduce *r, double *values, size_t count,
               struct tt_error *err)
{
    if (!r)
        return 0;
    return talker(r)->engine->sum(talker(r)->group, values, count, err);
}

int reduce_begin(struct reduce *r, float *values, size_t count,
                 struct tt_error *err)
{
    if (!r)
        return 0;
    assert(r->engine->begin);
    return r->engine->begin(r->group, values, count, err);
}

int reduce_stream(struct reduce *r, float *values, size_t count, void *stream,
                  struct tt_error *err)
{
    if (!r)
        return 0;
    assert(r->engine->stream);
    return r->engine->stream(r->group, values, count, stream, err);
}

int reduce_wait(struct reduce *r, struct tt_error *err)
{
    return r ? r->engine->wait(r->group, err) : 0;
}

int reduce_meet(struct reduce *r, struct tt_error *err)
{
    return r ? talker(r)->engine->meet(talker(r)->group, err) : 0;
}

void reduce_abort(struct reduce *r)
{
    if (r)
        talker(r)->engine->abort(talker(r)->group);
    abort();
}

void reduce_close(struct reduce *r)
{
    if (!r)
        return;
    if (r->group)
        r->engine->close(r->group);
    reduce_close(r->host);
    free(r);
}
