#include "model/cudnn/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/cudnn/device.h"
#include "model/cudnn/graph.h"
#include "model/cudnn/kernels.h"
#include "model/cudnn/plan.h"
#include "model/cudnn/store.h"

#define WORKSPACE ((size_t)64 << 20) /* bytes that a plan may ask for */
#define ALIGNMENT 256                /* bytes, of what take() gives */

struct block {
    struct block *next;
    void *at;
    bool host; /* page-locked memory of the host */
};

struct gpu_conv {
    struct gpu_conv *next;
    struct cudnn_plan plan;
    struct gpu_operands at;
    struct cudnn_bag bag;          /* of the pack */
    cudnnBackendDescriptor_t pack; /* the tensors' addresses; made when it
                                      runs first */
};

struct engine {
    struct gpu_engine base;
    int number; /* of the card */
    cudnnHandle_t handle;
    cudaStream_t stream;
    cudaStream_t sending; /* what is sent while lists run */
    cudaEvent_t sent;
    bool behind;  /* stream has yet to wait for what was sent */
    bool zeroing; /* memory that was taken is not yet known to be zero */
    struct cudnn_target target;
    char store[TT_PATH_SIZE];
    struct block *blocks;
    struct gpu_conv *convs;
    void *workspace; /* one for all: steps run in order */
    size_t workspace_size, workspace_wanted, memory;
    float *beside; /* the host's, for sums of a group that adds up there */
    size_t beside_count;
    struct backend_needs *needs; /* not NULL: there is no card */
};

static struct engine *engine_of(struct gpu_engine *e)
{
    return (struct engine *)e;
}

/* --- memory --- */

static void release(const struct block *b)
{
    if (b->host)
        cudaFreeHost(b->at);
    else
        cudaFree(b->at);
}

static void *keep(struct engine *e, struct block block, struct tt_error *err)
{
    struct block *b = malloc(sizeof(*b));

    if (!b) {
        release(&block);
        tt_fail(err, TT_NOMEM, "no memory for a program");
        return NULL;
    }
    *b = block;
    b->next = e->blocks;
    e->blocks = b;
    return b->at;
}

static void *engine_take(struct gpu_engine *base, size_t bytes,
                         struct tt_error *err)
{
    struct engine *e = engine_of(base);
    size_t whole = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *at = NULL;

    if (e->needs) {
        // an address that nobody follows
        e->needs->memory += whole;
        return (void *)(uintptr_t)(ALIGNMENT + e->needs->memory - whole);
    }
    if (cudnn_device_status(cudaMalloc(&at, whole), "memory", err) < 0)
        return NULL;
    if (!keep(e, (struct block){.at = at}, err) ||
        cudnn_device_status(cudaMemsetAsync(at, 0, whole, e->stream), "memory",
                            err) < 0)
        return NULL;
    e->memory += whole;
    e->zeroing = true;
    return at;
}

static void *engine_lock(struct gpu_engine *base, size_t bytes,
                         struct tt_error *err)
{
    struct engine *e = engine_of(base);
    void *at = NULL;

    if (e->needs)
        return (void *)(uintptr_t)ALIGNMENT; // as above; none of the card's
    if (cudnn_device_status(cudaMallocHost(&at, bytes), "memory of the host",
                            err) < 0)
        return NULL;
    return keep(e, (struct block){.at = at, .host = true}, err);
}

static int engine_put(struct gpu_engine *base, void *at, const void *from,
                      size_t bytes, struct tt_error *err)
{
    struct engine *e = engine_of(base);

    return cudnn_device_status(
        cudaMemcpyAsync(at, from, bytes, cudaMemcpyHostToDevice, e->stream),
        "copy to the card", err);
}

static int engine_get(struct gpu_engine *base, void *to, const void *at,
                      size_t bytes, struct tt_error *err)
{
    struct engine *e = engine_of(base);

    if (cudnn_device_status(
            cudaMemcpyAsync(to, at, bytes, cudaMemcpyDeviceToHost, e->stream),
            "copy from the card", err) < 0)
        return -1;
    return cudnn_device_status(cudaStreamSynchronize(e->stream), "run", err);
}

static int engine_send(struct gpu_engine *base, void *at, const void *from,
                       size_t bytes, struct tt_error *err)
{
    struct engine *e = engine_of(base);

    // zeros must not come behind what is sent
    if (e->zeroing && cudnn_device_status(cudaStreamSynchronize(e->stream),
                                          "memory", err) < 0)
        return -1;
    e->zeroing = false;
    if (cudnn_device_status(cudaMemcpyAsync(at, from, bytes,
                                            cudaMemcpyHostToDevice, e->sending),
                            "copy to the card", err) < 0 ||
        cudnn_device_status(cudaEventRecord(e->sent, e->sending), "event",
                            err) < 0)
        return -1;
    e->behind = true;
    return 0;
}

/* What runs from here on finds there what was sent. */
static int catch_up(struct engine *e, struct tt_error *err)
{
    if (!e->behind)
        return 0;
    e->behind = false;
    return cudnn_device_status(cudaStreamWaitEvent(e->stream, e->sent, 0),
                               "event", err);
}

static size_t engine_room(const struct gpu_engine *base)
{
    size_t room = 0, all;

    (void)base;
    if (cudaMemGetInfo(&room, &all) != cudaSuccess)
        cudaGetLastError();
    return room;
}

static size_t engine_memory(const struct gpu_engine *base)
{
    const struct engine *e = (const struct engine *)base;

    return e->memory + e->workspace_wanted;
}

/* --- convolutions --- */

static int make_pack(struct engine *e, struct gpu_conv *c, struct tt_error *err)
{
    int64_t ids[4] = {CUDNN_X, CUDNN_W, CUDNN_Y, CUDNN_BIAS};
    const void *at[4] = {c->at.x, c->at.w, c->at.y, c->at.bias};
    int64_t count = c->at.bias ? 4 : 3;
    struct cudnn_bag *b = &c->bag;

    c->pack = cudnn_bag_add(b, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    cudnn_bag_set(b, c->pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
                  CUDNN_TYPE_INT64, count, ids);
    cudnn_bag_set(b, c->pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
                  CUDNN_TYPE_VOID_PTR, count, at);
    cudnn_bag_set(b, c->pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
                  CUDNN_TYPE_VOID_PTR, 1, &e->workspace);
    cudnn_bag_finish(b, c->pack, "addresses");
    return cudnn_bag_end(b, err);
}

static struct gpu_conv *engine_conv(struct gpu_engine *base,
                                    const struct gpu_shape *s,
                                    const struct gpu_operands *at,
                                    struct tt_error *err)
{
    struct engine *e = engine_of(base);
    struct gpu_conv *c = calloc(1, sizeof(*c));

    if (!c) {
        tt_fail(err, TT_NOMEM, "no memory for a plan");
        return NULL;
    }
    if (cudnn_plan_make(&c->plan, &e->target, s, err) < 0) {
        free(c);
        return NULL;
    }
    c->at = *at;
    c->next = e->convs;
    e->convs = c;
    if (c->plan.workspace > e->workspace_wanted)
        e->workspace_wanted = c->plan.workspace;
    if (!e->needs)
        return c;
    e->needs->plans++;
    e->needs->restored += c->plan.restored;
    e->needs->workspace = e->workspace_wanted;
    return make_pack(e, c, err) < 0 ? NULL : c;
}

/* The workspace is as large as the largest plan's, known when the first runs. A
 * plan that comes later may ask for more; those before it, and graphs of them,
 * keep the one that they know. */
static int take_workspace(struct engine *e, struct tt_error *err)
{
    size_t size = e->workspace_wanted;
    void *at = NULL;

    if (size <= e->workspace_size)
        return 0;
    if (cudnn_device_status(cudaMalloc(&at, size), "memory", err) < 0 ||
        !keep(e, (struct block){.at = at}, err))
        return -1;
    e->memory += e->workspace_size;
    e->workspace = at;
    e->workspace_size = size;
    return 0;
}

static int run_conv(struct engine *e, struct gpu_conv *c, struct tt_error *err)
{
    if (!c->pack && make_pack(e, c, err) < 0)
        return -1;
    return cudnn_status(cudnnBackendExecute(e->handle, c->plan.plan, c->pack),
                        "convolution", err);
}

/* --- sums over a group --- */

static int room_beside(struct engine *e, size_t count, struct tt_error *err)
{
    float *at;

    if (count <= e->beside_count)
        return 0;
    at = realloc(e->beside, count * sizeof(float));
    if (!at)
        return tt_fail(err, TT_NOMEM, "no memory for sums");
    e->beside = at;
    e->beside_count = count;
    return 0;
}

/* By way of the host. */
static int add_up_beside(struct engine *e, float *values, size_t count,
                         struct tt_error *err)
{
    size_t bytes = count * sizeof(float);

    if (room_beside(e, count, err) < 0 ||
        engine_get(&e->base, e->beside, values, bytes, err) < 0 ||
        reduce_begin(e->base.group, e->beside, count, err) < 0 ||
        reduce_wait(e->base.group, err) < 0)
        return -1;
    return engine_put(&e->base, values, e->beside, bytes, err);
}

static int add_up(struct engine *e, float *values, size_t count,
                  struct tt_error *err)
{
    if (reduce_on_device(e->base.group))
        return reduce_stream(e->base.group, values, count, e->stream, err);
    return add_up_beside(e, values, count, err);
}

/* --- lists --- */

static int run_step(struct engine *e, const struct gpu_step *s,
                    struct tt_error *err)
{
    if (s->conv)
        return run_conv(e, s->conv, err);
    if (s->sum)
        return add_up(e, s->sum, s->count, err);
    return cudnn_device_status(
        cudnn_kernel_start(s->kernel, &s->args, s->count, e->stream), "kernel",
        err);
}

static int run_steps(struct engine *e, const struct gpu_list *list,
                     struct tt_error *err)
{
    for (int i = 0; i < list->count; i++)
        if (run_step(e, &list->step[i], err) < 0)
            return -1;
    return 0;
}

/* Whether all of it is the card's to do. */
static bool stays(const struct engine *e, const struct gpu_list *list)
{
    for (int i = 0; i < list->count; i++)
        if (list->step[i].sum && !reduce_on_device(e->base.group))
            return false;
    return true;
}

/* The list as one graph. What the libraries will not record is run step by
 * step as before. */
static void record(struct engine *e, struct gpu_list *list)
{
    cudaGraphExec_t exec = NULL;
    cudaGraph_t graph = NULL;
    struct tt_error ignored;
    int rc;

    if (cudaStreamBeginCapture(e->stream, cudaStreamCaptureModeThreadLocal) !=
        cudaSuccess)
        return;
    rc = run_steps(e, list, &ignored);
    if (cudaStreamEndCapture(e->stream, &graph) == cudaSuccess && rc == 0 &&
        cudaGraphInstantiate(&exec, graph, 0) == cudaSuccess)
        list->replay = exec;
    if (graph)
        cudaGraphDestroy(graph);
    cudaGetLastError(); // a recording that failed is no error
}

static int engine_run(struct gpu_engine *base, struct gpu_list *list,
                      struct tt_error *err)
{
    struct engine *e = engine_of(base);

    if (cudnn_device_status(cudaSetDevice(e->number), "device", err) < 0 ||
        take_workspace(e, err) < 0 || catch_up(e, err) < 0)
        return -1;
    if (list->runs == 1 && stays(e, list))
        record(e, list);
    list->runs++;
    if (!list->replay)
        return run_steps(e, list, err);
    return cudnn_device_status(
        cudaGraphLaunch((cudaGraphExec_t)list->replay, e->stream), "graph",
        err);
}

static void engine_forget(struct gpu_engine *base, struct gpu_list *list)
{
    (void)base;
    if (list->replay)
        cudaGraphExecDestroy((cudaGraphExec_t)list->replay);
    list->replay = NULL;
}

/* --- its life --- */

static void engine_close(struct gpu_engine *base)
{
    struct engine *e = engine_of(base);

    if (!e)
        return;
    if (e->sending)
        cudaStreamSynchronize(e->sending);
    if (e->stream)
        cudaStreamSynchronize(e->stream);
    for (struct gpu_conv *c = e->convs, *next; c; c = next) {
        next = c->next;
        cudnn_bag_release(&c->bag);
        cudnn_plan_release(&c->plan);
        free(c);
    }
    for (struct block *b = e->blocks, *next; b; b = next) {
        next = b->next;
        release(b);
        free(b);
    }
    if (e->handle)
        cudnnDestroy(e->handle);
    if (e->sent)
        cudaEventDestroy(e->sent);
    if (e->sending)
        cudaStreamDestroy(e->sending);
    if (e->stream)
        cudaStreamDestroy(e->stream);
    cudnn_target_close(&e->target);
    free(e->beside);
    free(e);
}

static const struct gpu_engine_ops ops = {
    .take = engine_take,
    .put = engine_put,
    .get = engine_get,
    .lock = engine_lock,
    .send = engine_send,
    .room = engine_room,
    .conv = engine_conv,
    .run = engine_run,
    .memory = engine_memory,
    .forget = engine_forget,
    .close = engine_close,
};

static struct engine *engine_new(int number, struct tt_error *err)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (!e) {
        tt_fail(err, TT_NOMEM, "no memory for an engine");
        return NULL;
    }
    e->base.ops = &ops;
    e->number = number;
    return e;
}

static int set_target(struct engine *e, const char *document,
                      struct tt_error *err)
{
    if (cudnn_target_open(&e->target, e->number, document, err) < 0)
        return -1;
    e->target.budget = WORKSPACE;
    return 0;
}

int cudnn_engine_open(struct gpu_engine **out, int number, struct tt_error *err)
{
    struct engine *e = engine_new(number, err);

    *out = NULL;
    if (!e)
        return -1;
    if (cudnn_device_take(number, err) < 0 ||
        cudnn_device_status(
            cudaStreamCreateWithFlags(&e->stream, cudaStreamNonBlocking),
            "stream", err) < 0 ||
        cudnn_device_status(
            cudaStreamCreateWithFlags(&e->sending, cudaStreamNonBlocking),
            "stream", err) < 0 ||
        cudnn_device_status(
            cudaEventCreateWithFlags(&e->sent, cudaEventDisableTiming), "event",
            err) < 0 ||
        cudnn_status(cudnnCreate(&e->handle), "start", err) < 0 ||
        cudnn_status(cudnnSetStream(e->handle, e->stream), "stream", err) < 0 ||
        set_target(e, NULL, err) < 0)
        goto fail;
    if (cudnn_store_folder(e->store, sizeof(e->store)) == 0)
        e->target.store = e->store;
    *out = &e->base;
    return 0;

fail:
    engine_close(&e->base);
    return -1;
}

int cudnn_engine_describe(struct gpu_engine **out, const char *document,
                          const char *store, struct backend_needs *needs,
                          struct tt_error *err)
{
    struct engine *e = engine_new(0, err);

    *out = NULL;
    if (!e)
        return -1;
    e->needs = needs;
    if (set_target(e, document, err) < 0) {
        engine_close(&e->base);
        return -1;
    }
    e->target.store = store;
    *out = &e->base;
    return 0;
}
