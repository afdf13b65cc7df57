#include "model/gpu/program.h"

#include <assert.h>
#include <stdlib.h>

#include "model/gpu/layers.h"
#include "model/gpu/learn.h"

static size_t bytes(size_t floats)
{
    return floats * sizeof(float);
}

static int check(const struct backend_net *net,
                 const struct backend_setup *setup, struct tt_error *err)
{
    const struct backend_layer *last = &net->layer[net->layers - 1];

    if (backend_net_check(net, setup, err) < 0)
        return -1;
    if (setup->precision == BACKEND_F32)
        return tt_fail(err, TT_USAGE, "the GPU computes in bf16, not in f32");
    if (last->co > GPU_LAST_MOST || last->ci % 8)
        return tt_fail(err, TT_USAGE,
                       "layer %d: %d channels from %d, at most %d from a "
                       "multiple of 8",
                       net->layers - 1, last->co, last->ci, GPU_LAST_MOST);
    for (int l = 0; l < net->layers; l++)
        if ((l > 0 && net->layer[l].from == BACKEND_INPUT) ||
            net->layer[l].join == BACKEND_INPUT)
            return tt_fail(err, TT_USAGE,
                           "layer %d: only the first reads the input", l);
    return 0;
}

static void set_sizes(struct backend_program *p)
{
    struct backend_size in = {p->setup.height, p->setup.width};
    struct backend_size sizes[BACKEND_LAYERS];

    backend_net_sizes(&p->net, in, sizes);
    for (int l = 0; l < p->net.layers; l++) {
        struct gpu_layer *y = &p->layer[l];

        y->def = p->net.layer[l];
        y->in = y->def.from < 0 ? in : sizes[y->def.from];
        y->size = sizes[l];
        y->pixels =
            (size_t)p->setup.batch * (size_t)y->size.h * (size_t)y->size.w;
        y->first = y->def.from == BACKEND_INPUT;
        y->last = l == p->net.layers - 1;
    }
    p->inputs = (size_t)p->setup.batch * (size_t)in.h * (size_t)in.w *
                (size_t)p->net.inputs;
    p->outputs = backend_net_outputs(&p->net, &p->setup);
}

/* A program on that engine, which it takes over or borrows. */
static int make(struct backend_program **out, struct gpu_engine *engine,
                bool borrowed, const struct backend_net *net,
                const struct backend_setup *setup, struct tt_error *err)
{
    struct backend_program *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p) {
        if (!borrowed)
            engine->ops->close(engine);
        return tt_fail(err, TT_NOMEM, "no memory for a program");
    }
    p->engine = engine;
    p->borrowed = borrowed;
    if (check(net, setup, err) < 0)
        goto fail;
    p->net = *net;
    p->setup = *setup;
    if (setup->use != BACKEND_TRAIN)
        p->setup.group = NULL;
    p->train = setup->use == BACKEND_TRAIN;
    engine->group = p->setup.group;
    set_sizes(p);
    if (gpu_tensors_make(p, err) < 0 || gpu_steps_make(p, err) < 0)
        goto fail;
    *out = p;
    return 0;

fail:
    gpu_program_close(p);
    return -1;
}

int gpu_program_open(struct backend_program **out, struct gpu_engine *engine,
                     const struct backend_net *net,
                     const struct backend_setup *setup, struct tt_error *err)
{
    return make(out, engine, false, net, setup, err);
}

int gpu_program_beside(struct backend_program **out,
                       const struct backend_program *by,
                       const struct backend_net *net, struct tt_error *err)
{
    struct backend_setup setup = by->setup;

    setup.input_gradient = true;
    return make(out, by->engine, true, net, &setup, err);
}

static int put(struct backend_program *p, float *at, const float *from,
               size_t floats, struct tt_error *err)
{
    return p->engine->ops->put(p->engine, at, from, bytes(floats), err);
}

static int get(struct backend_program *p, float *to, const float *at,
               size_t floats, struct tt_error *err)
{
    return p->engine->ops->get(p->engine, to, at, bytes(floats), err);
}

int gpu_program_load(struct backend_program *p, const float *params,
                     const float *stats, struct tt_error *err)
{
    if (put(p, p->params, params, p->net.params, err) < 0 ||
        (stats && put(p, p->stats, stats, p->net.stats, err) < 0))
        return -1;
    return p->engine->ops->run(p->engine, p->load, err);
}

int gpu_program_forward(struct backend_program *p, const float *x, float *y,
                        float *stats, struct tt_error *err)
{
    float momentum = p->train && stats ? BACKEND_NORM_MOMENTUM : 0;
    bool move = momentum > 0;

    if (put(p, p->x, x, p->inputs, err) < 0 ||
        put(p, p->momentum, &momentum, 1, err) < 0 ||
        (move && put(p, p->stats, stats, p->net.stats, err) < 0) ||
        p->engine->ops->run(p->engine, p->forward, err) < 0 ||
        get(p, y, p->y, p->outputs, err) < 0)
        return -1;
    return move ? get(p, stats, p->stats, p->net.stats, err) : 0;
}

/* The gradients to the host; with a group, of the mean over its processes. */
static int get_gradients(struct backend_program *p, float *grads,
                         struct tt_error *err)
{
    struct reduce *group = p->setup.group;
    size_t count = p->net.params;
    float share = 1 / (float)reduce_size(group);

    if (get(p, grads, p->grads, count, err) < 0)
        return -1;
    for (size_t i = 0; group && i < count; i++)
        grads[i] *= share;
    return reduce_wait(group, err);
}

int gpu_program_backward(struct backend_program *p, const float *dy,
                         float *grads, float *dx, struct tt_error *err)
{
    struct gpu_list *list = grads ? p->backward : p->back_inputs;

    assert(p->train && (!dx || p->setup.input_gradient));
    if (!grads && !dx)
        return 0;
    if (put(p, p->dy, dy, p->outputs, err) < 0 ||
        p->engine->ops->run(p->engine, list, err) < 0 ||
        (grads && get_gradients(p, grads, err) < 0))
        return -1;
    return dx ? get(p, dx, p->dx, p->inputs, err) : 0;
}

enum backend_precision gpu_program_precision(const struct backend_program *p)
{
    (void)p;
    return BACKEND_BF16;
}

size_t gpu_program_memory(const struct backend_program *p)
{
    return p->engine->ops->memory(p->engine);
}

void gpu_program_drop(struct backend_program *p, struct gpu_list *list)
{
    if (!list)
        return;
    p->engine->ops->forget(p->engine, list);
    free(list);
}

void gpu_program_close(struct backend_program *p)
{
    if (!p)
        return;
    gpu_learn_close(p);
    gpu_program_drop(p, p->load);
    gpu_program_drop(p, p->forward);
    gpu_program_drop(p, p->backward);
    gpu_program_drop(p, p->back_inputs);
    if (!p->borrowed)
        p->engine->ops->close(p->engine);
    free(p);
}
