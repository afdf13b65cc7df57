/* The engine of NCCL, a plug-in: sums of what lies in the memory of the cards,
 * one card a process, on the streams of those that ask. */
#include <cuda_runtime.h>
#include <nccl.h>
#include <stdlib.h>

#include "base/plugin.h"
#include "model/reduce/engine.h"

struct reduce_group {
    ncclComm_t comm;
};

static int check(ncclResult_t code, const char *what, struct tt_error *err)
{
    if (code == ncclSuccess)
        return 0;
    return tt_fail(err, TT_UNAVAILABLE, "%s: %s", what,
                   ncclGetErrorString(code));
}

static int check_cuda(cudaError_t code, const char *what, struct tt_error *err)
{
    if (code == cudaSuccess)
        return 0;
    return tt_fail(err, TT_UNAVAILABLE, "%s: %s", what,
                   cudaGetErrorString(code));
}

/* The processes of a host take its cards in turn. */
static int take_card(const struct reduce_host *host, struct tt_error *err)
{
    int count = 0, number = host->engine->local_rank(host->group);
    cudaError_t code = cudaGetDeviceCount(&count);

    if (code != cudaSuccess || count == 0)
        return tt_fail(err, TT_MISSING, "no GPU: %s",
                       code ? cudaGetErrorString(code) : "none is there");
    if (number >= count)
        return tt_fail(err, TT_USAGE,
                       "process %d of this host has no GPU of its own: there "
                       "are %d",
                       number + 1, count);
    return check_cuda(cudaSetDevice(number), "taking a GPU", err);
}

/* All go on or none: who is alone in ncclCommInitRank waits for ever. */
static int agree(const struct reduce_host *host, int rc, struct tt_error *err)
{
    double failed = rc < 0;

    if (host->engine->sum(host->group, &failed, 1, err) < 0 || rc < 0)
        return -1;
    if (failed > 0)
        return tt_fail(err, TT_UNAVAILABLE, "%.0f of the processes have no GPU",
                       failed);
    return 0;
}

static int introduce(struct reduce_group *g, const struct reduce_host *host,
                     struct tt_error *err)
{
    const struct reduce_engine *e = host->engine;
    int rank = e->rank(host->group), rc = 0;
    ncclUniqueId id = {0};

    if (rank == 0)
        rc = check(ncclGetUniqueId(&id), "starting", err);
    if (agree(host, rc, err) < 0 ||
        e->tell(host->group, 0, &id, sizeof(id), err) < 0)
        return -1;
    return check(ncclCommInitRank(&g->comm, e->size(host->group), id, rank),
                 "joining the group", err);
}

static int nccl_stream(struct reduce_group *g, float *values, size_t count,
                       void *stream, struct tt_error *err)
{
    return check(ncclAllReduce(values, values, count, ncclFloat, ncclSum,
                               g->comm, (cudaStream_t)stream),
                 "adding up", err);
}

static int nccl_wait(struct reduce_group *g, struct tt_error *err)
{
    ncclResult_t state = ncclSuccess;

    if (check(ncclCommGetAsyncError(g->comm, &state), "adding up", err) < 0)
        return -1;
    return check(state, "adding up", err);
}

static void nccl_close(struct reduce_group *g)
{
    if (!g)
        return;
    if (g->comm)
        ncclCommDestroy(g->comm);
    free(g);
}

static int nccl_open(struct reduce_group **out, const struct reduce_host *host,
                     struct tt_error *err)
{
    struct reduce_group *g = calloc(1, sizeof(*g));
    int rc;

    *out = NULL;
    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory for a group");
    rc = agree(host, take_card(host, err), err);
    if (rc == 0)
        rc = introduce(g, host, err);
    if (rc < 0) {
        nccl_close(g);
        return -1;
    }
    *out = g;
    return 0;
}

static const struct reduce_engine engine = {
    .name = "nccl",
    .on_device = true,
    .open = nccl_open,
    .stream = nccl_stream,
    .wait = nccl_wait,
    .close = nccl_close,
};

TT_PLUGIN(REDUCE_KIND, engine);
