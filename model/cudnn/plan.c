#include "model/cudnn/plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/cudnn/graph.h"
#include "model/cudnn/store.h"

typedef cudnnBackendDescriptor_t descriptor;

#define CONFIGS 32 /* of each mode, best first */
#define NOTES   16

/* An attribute that is text, the caller's to free(); NULL if there is none. */
static char *text_of(descriptor d, cudnnBackendAttributeName_t name)
{
    int64_t size = 0;
    char *text;

    if (cudnnBackendGetAttribute(d, name, CUDNN_TYPE_CHAR, 0, &size, NULL) !=
            CUDNN_STATUS_SUCCESS ||
        size < 1)
        return NULL;
    text = calloc(1, (size_t)size + 1);
    if (text && cudnnBackendGetAttribute(d, name, CUDNN_TYPE_CHAR, size, &size,
                                         text) != CUDNN_STATUS_SUCCESS) {
        free(text);
        return NULL;
    }
    return text;
}

int cudnn_target_open(struct cudnn_target *t, int number, const char *document,
                      struct tt_error *err)
{
    int32_t id = number;

    memset(t, 0, sizeof(*t));
    t->device = cudnn_bag_add(&t->bag, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    if (document)
        cudnn_bag_set(&t->bag, t->device,
                      CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                      CUDNN_TYPE_CHAR, (int64_t)strlen(document), document);
    else
        cudnn_bag_set(&t->bag, t->device, CUDNN_ATTR_DEVICEPROP_DEVICE_ID,
                      CUDNN_TYPE_INT32, 1, &id);
    cudnn_bag_finish(&t->bag, t->device, "device properties");
    if (cudnn_bag_end(&t->bag, err) == 0) {
        t->document =
            text_of(t->device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION);
        if (t->document)
            return 0;
        tt_fail(err, TT_BUG, "cuDNN does not tell a device's properties");
    }
    cudnn_target_close(t);
    return -1;
}

void cudnn_target_close(struct cudnn_target *t)
{
    cudnn_bag_release(&t->bag);
    free(t->document);
    t->document = NULL;
}

/* Finalized, and within the budget. */
static bool finish(struct cudnn_plan *p, const struct cudnn_target *t,
                   descriptor plan)
{
    int64_t workspace = 0, count = 0;

    if (cudnnBackendFinalize(plan) != CUDNN_STATUS_SUCCESS ||
        cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                 CUDNN_TYPE_INT64, 1, &count,
                                 &workspace) != CUDNN_STATUS_SUCCESS ||
        workspace < 0 || (size_t)workspace > t->budget)
        return false;
    p->plan = plan;
    p->workspace = (size_t)workspace;
    return true;
}

/* A plan for the target, of an engine's configuration or of its own text. */
static bool try_plan(struct cudnn_plan *p, const struct cudnn_target *t,
                     descriptor config, const char *text)
{
    descriptor plan = NULL;
    cudnnStatus_t s = cudnnBackendCreateDescriptor(
        CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &plan);

    if (s == CUDNN_STATUS_SUCCESS)
        s = cudnnBackendSetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                     &t->device);
    if (s == CUDNN_STATUS_SUCCESS && text)
        s = cudnnBackendSetAttribute(
            plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION,
            CUDNN_TYPE_CHAR, (int64_t)strlen(text), text);
    else if (s == CUDNN_STATUS_SUCCESS)
        s = cudnnBackendSetAttribute(plan,
                                     CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config);
    if (s == CUDNN_STATUS_SUCCESS && finish(p, t, plan))
        return true;
    if (plan)
        cudnnBackendDestroyDescriptor(plan);
    return false;
}

/* Whether an engine gives the same bits each time. */
static bool repeats(descriptor config)
{
    cudnnBackendNumericalNote_t notes[NOTES];
    int64_t count = 0;
    descriptor engine = NULL;
    bool known, same = true;

    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR,
                                     &engine) != CUDNN_STATUS_SUCCESS)
        return false;
    known = cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count,
                                     &engine) == CUDNN_STATUS_SUCCESS &&
            cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                     CUDNN_TYPE_NUMERICAL_NOTE, NOTES, &count,
                                     notes) == CUDNN_STATUS_SUCCESS;
    for (int64_t i = 0; known && i < count && i < NOTES; i++)
        if (notes[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)
            same = false;
    cudnnBackendDestroyDescriptor(engine);
    return known && same;
}

/* The first good one of those that cuDNN proposes in a mode. */
static bool search(struct cudnn_plan *p, const struct cudnn_target *t,
                   descriptor graph, cudnnBackendHeurMode_t mode)
{
    struct cudnn_bag *b = &p->bag;
    descriptor heur = cudnn_bag_add(b, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    descriptor configs[CONFIGS];
    int64_t count = 0;

    cudnn_bag_set_part(b, heur, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    cudnn_bag_set(b, heur, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1,
                  &mode);
    cudnn_bag_set_part(b, heur, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, t->device);
    cudnn_bag_finish(b, heur, "heuristics");
    for (int i = 0; i < CONFIGS; i++)
        configs[i] = cudnn_bag_add(b, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    if (b->status != CUDNN_STATUS_SUCCESS ||
        cudnnBackendGetAttribute(heur, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, CONFIGS, &count,
                                 configs) != CUDNN_STATUS_SUCCESS)
        return false;
    for (int64_t i = 0; i < count && i < CONFIGS; i++)
        if (repeats(configs[i]) && try_plan(p, t, configs[i], NULL))
            return true;
    return false;
}

static bool restore(struct cudnn_plan *p, const struct cudnn_target *t,
                    const struct cudnn_store_key *key)
{
    char *text = t->store ? cudnn_store_load(t->store, key) : NULL;

    p->restored = text && try_plan(p, t, NULL, text);
    free(text);
    return p->restored;
}

/* A plan that cannot be kept is made again the next time, that is all. */
static void keep(const struct cudnn_plan *p, const struct cudnn_target *t,
                 const struct cudnn_store_key *key)
{
    struct tt_error ignored;
    char *text;

    if (!t->store)
        return;
    text = text_of(p->plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
    if (text && cudnn_store_save(t->store, key, text, &ignored) < 0)
        tt_clear(&ignored);
    free(text);
}

int cudnn_plan_make(struct cudnn_plan *p, const struct cudnn_target *t,
                    const struct gpu_shape *shape, struct tt_error *err)
{
    static const cudnnBackendHeurMode_t modes[] = {CUDNN_HEUR_MODE_A,
                                                   CUDNN_HEUR_MODE_FALLBACK};
    char line[200];
    struct cudnn_store_key key = {cudnnGetVersion(), t->document, line,
                                  t->budget};
    descriptor graph;

    memset(p, 0, sizeof(*p));
    cudnn_graph_key(shape, line, sizeof(line));
    if (restore(p, t, &key))
        return 0;
    graph = cudnn_graph_make(&p->bag, shape);
    for (int i = 0; graph && i < 2; i++)
        if (search(p, t, graph, modes[i])) {
            keep(p, t, &key);
            return 0;
        }
    if (cudnn_bag_end(&p->bag, err) == 0)
        tt_fail(err, TT_USAGE,
                "no engine repeats its bits within %zu MB of workspace",
                t->budget >> 20);
    cudnn_plan_release(p);
    return tt_wrap(err, "cuDNN: %s", line);
}

void cudnn_plan_release(struct cudnn_plan *p)
{
    if (p->plan)
        cudnnBackendDestroyDescriptor(p->plan);
    p->plan = NULL;
    cudnn_bag_release(&p->bag);
}
