#include "model/gpu/layers.h"

#include <assert.h>
#include <stdlib.h>

union gpu_args *gpu_steps_add(struct gpu_list *list, enum gpu_kernel kernel,
                              size_t count)
{
    struct gpu_step *s = &list->step[list->count++];

    assert(list->count <= GPU_STEPS);
    s->kernel = kernel;
    s->count = count;
    return &s->args;
}

void gpu_steps_add_up(struct backend_program *p, struct gpu_list *list,
                      float *values, size_t count)
{
    struct gpu_step *s;

    if (!p->setup.group)
        return;
    s = &list->step[list->count++];
    assert(list->count <= GPU_STEPS);
    s->sum = values;
    s->count = count;
}

/* The convolution of a layer, in one of the ways that a training step needs it.
 * An UP is one whose x is the layer's output and whose y is its source. */
static int convolution(struct backend_program *p, struct gpu_list *list,
                       const struct gpu_layer *y, enum gpu_pass pass,
                       struct tt_error *err)
{
    bool up = y->def.kind == BACKEND_UP, forward = pass == GPU_FORWARD;
    gpu_value *in = pass == GPU_BACK_DATA ? y->diff : y->src;
    gpu_value *out = y->fused ? y->out : y->conv;
    struct backend_size big = up ? y->size : y->in;
    struct backend_size small = up ? y->in : y->size;
    struct gpu_shape shape = {
        .pass = pass,
        .n = p->setup.batch,
        .h = big.h,
        .w = big.w,
        .ci = up ? y->def.co : y->def.ci,
        .oh = small.h,
        .ow = small.w,
        .co = up ? y->def.ci : y->def.co,
        .kernel = up ? 4 : y->def.kernel,
        .stride = up ? 2 : y->def.stride,
        .relu = forward && y->fused,
    };
    struct gpu_operands at = {
        .x = up ? out : in,
        .w = pass == GPU_BACK_WEIGHTS ? y->dw : y->weights,
        .y = up ? in : out,
        .bias = y->fused ? y->shift : NULL,
    };
    struct gpu_step *s = &list->step[list->count++];

    assert(list->count <= GPU_STEPS);
    if (up && pass != GPU_BACK_WEIGHTS)
        shape.pass = forward ? GPU_BACK_DATA : GPU_FORWARD;
    s->conv = p->engine->ops->conv(p->engine, &shape, &at, err);
    if (!s->conv)
        return tt_wrap(err, "layer %d", (int)(y - p->layer));
    return 0;
}

/* --- weights --- */

static void load_layer(struct backend_program *p, const struct gpu_layer *y)
{
    bool up = y->def.kind == BACKEND_UP;
    size_t ci = (size_t)y->def.ci, co = (size_t)y->def.co;
    const float *params = p->params, *stats = p->stats;
    size_t weights = backend_layer_weights(&y->def);

    if (!p->train)
        gpu_steps_add(p->load, GPU_fold, co)->fold = (struct gpu_fold){
            .scale = y->def.norm ? params + y->def.scale : NULL,
            .bias = params + y->def.bias,
            .mean = y->def.norm ? stats + y->def.mean : NULL,
            .var = y->def.norm ? stats + y->def.var : NULL,
            .factor = y->factor,
            .shift = y->shift,
            .eps = BACKEND_NORM_EPS,
        };
    if (y->first)
        return;
    if (up)
        gpu_steps_add(p->load, GPU_pack_up, 16 * co * ci)->pack_up =
            (struct gpu_pack_up){.w = params + y->def.weight,
                                 .factor = y->factor,
                                 .out = y->weights,
                                 .ci = ci,
                                 .co = co};
    else
        gpu_steps_add(p->load, GPU_pack, weights)->pack =
            (struct gpu_pack){.w = params + y->def.weight,
                              .factor = y->factor,
                              .out = y->weights,
                              .ci = ci,
                              .taps = weights / ci / co};
}

static void unpack(struct backend_program *p, struct gpu_list *list,
                   const struct gpu_layer *y)
{
    size_t ci = (size_t)y->def.ci, co = (size_t)y->def.co;
    size_t weights = backend_layer_weights(&y->def);
    float *out = p->grads + y->def.weight;

    if (y->def.kind == BACKEND_UP)
        gpu_steps_add(list, GPU_unpack_up, weights)->unpack_up =
            (struct gpu_unpack_up){.dw = y->dw, .out = out, .ci = ci, .co = co};
    else
        gpu_steps_add(list, GPU_unpack, weights)->unpack = (struct gpu_unpack){
            .dw = y->dw, .out = out, .ci = ci, .taps = weights / ci / co};
}

/* --- the first layer and the last --- */

static struct gpu_window window_of(const struct gpu_layer *y)
{
    return (struct gpu_window){.h = y->in.h,
                               .w = y->in.w,
                               .oh = y->size.h,
                               .ow = y->size.w,
                               .kernel = y->def.kernel,
                               .stride = y->def.stride};
}

static struct gpu_first first_of(const struct backend_program *p,
                                 const struct gpu_layer *y)
{
    return (struct gpu_first){
        .x = p->x,
        .w = p->params + y->def.weight,
        .factor = y->factor,
        .y = y->conv,
        .dx = p->dx,
        .part = p->part[0],
        .window = window_of(y),
        .ci = y->def.ci,
        .co = y->def.co,
        .pixels = y->pixels,
    };
}

static struct gpu_last last_of(const struct backend_program *p,
                               const struct gpu_layer *y)
{
    return (struct gpu_last){
        .src = y->src,
        .w = p->params + y->def.weight,
        .bias = p->params + y->def.bias,
        .y = p->y,
        .dy = p->dy,
        .dpre = p->dpre,
        .dsrc = y->diff,
        .part = p->part[0],
        .window = window_of(y),
        .ci = y->def.ci,
        .co = y->def.co,
        .sigmoid = y->def.kind == BACKEND_HEAD,
        .pixels = y->pixels,
    };
}

void gpu_steps_sum(struct backend_program *p, struct gpu_list *list,
                   size_t parts, size_t values, float *out)
{
    for (int from = 0;; from = !from) {
        size_t left = gpu_pieces(parts, GPU_FAN);

        gpu_steps_add(list, GPU_sum_join, left * values)->sum_join =
            (struct gpu_sum_join){.in = p->part[from],
                                  .out = left == 1 ? out : p->part[!from],
                                  .parts = parts,
                                  .values = values};
        if (left == 1)
            return;
        parts = left;
    }
}

static void first_backward(struct backend_program *p, struct gpu_list *list,
                           const struct gpu_layer *y, bool weights)
{
    size_t count = backend_layer_weights(&y->def);
    size_t pieces = gpu_pieces(y->pixels, GPU_FIRST_PIECE);
    struct gpu_first args = first_of(p, y);

    if (weights) {
        gpu_steps_add(list, GPU_first_weights, pieces * count / 8)
            ->first_weights = args;
        gpu_steps_sum(p, list, pieces, count, p->grads + y->def.weight);
    }
    if (p->setup.input_gradient)
        gpu_steps_add(list, GPU_first_back, p->inputs)->first_back = args;
}

static void last_backward(struct backend_program *p, struct gpu_list *list,
                          const struct gpu_layer *y, bool weights)
{
    size_t co = (size_t)y->def.co, count = backend_layer_weights(&y->def);
    size_t pieces = gpu_pieces(y->pixels, GPU_LAST_PIECE);
    struct gpu_last args = last_of(p, y);

    gpu_steps_add(list, GPU_last_grad, p->outputs)->last_grad = args;
    if (weights) {
        gpu_steps_add(list, GPU_last_weights, pieces * count / co / 8)
            ->last_weights = args;
        gpu_steps_sum(p, list, pieces, count, p->grads + y->def.weight);
        gpu_steps_add(list, GPU_last_bias, pieces * co)->last_bias = args;
        gpu_steps_sum(p, list, pieces, co, p->grads + y->def.bias);
    }
    gpu_steps_add(list, GPU_last_back,
                  (size_t)p->setup.batch * (size_t)(y->in.h * y->in.w) *
                      (size_t)y->def.ci / 8)
        ->last_back = args;
}

/* --- batch norm --- */

/* Over how many processes a layer normalizes. */
static size_t norm_members(const struct backend_program *p,
                           const struct gpu_layer *y)
{
    bool together = y->def.norm && !p->setup.own_norm;

    return together ? (size_t)reduce_size(p->setup.group) : 1;
}

/* Join the moments in p->part[from], of so many pixels in pieces of `each`,
 * until one is left. Returns where that is. */
static int join_moments(struct backend_program *p, const struct gpu_layer *y,
                        size_t pixels, size_t each, int from)
{
    size_t co = (size_t)y->def.co, parts = gpu_pieces(pixels, each);

    for (; parts > 1; each *= GPU_FAN, from = !from) {
        parts = gpu_pieces(parts, GPU_FAN);
        gpu_steps_add(p->forward, GPU_moments_join, parts * co)->moments_join =
            (struct gpu_moments_join){.in = p->part[from],
                                      .out = p->part[!from],
                                      .pixels = pixels,
                                      .each = each,
                                      .c = co};
    }
    return from;
}

/* The moments of all processes. They are brought together rather than added up:
 * squares about different means have no sum that keeps their digits. */
static int gather_moments(struct backend_program *p, const struct gpu_layer *y,
                          size_t members, int from)
{
    size_t values = 2 * (size_t)y->def.co;

    gpu_steps_add(p->forward, GPU_among, members * values)->among =
        (struct gpu_among){.in = p->part[from],
                           .out = p->part[!from],
                           .values = values,
                           .rank = (size_t)reduce_rank(p->setup.group)};
    gpu_steps_add_up(p, p->forward, p->part[!from], members * values);
    return join_moments(p, y, members * y->pixels, y->pixels, !from);
}

/* The batch's statistics, and what follows of them. */
static void statistics(struct backend_program *p, const struct gpu_layer *y)
{
    size_t co = (size_t)y->def.co, members = norm_members(p, y);
    int from;

    gpu_steps_add(p->forward, GPU_moments,
                  gpu_pieces(y->pixels, GPU_PIECE) * co / 8)
        ->moments = (struct gpu_moments){
        .x = y->conv, .part = p->part[0], .pixels = y->pixels, .c = co};
    from = join_moments(p, y, y->pixels, GPU_PIECE, 0);
    if (members > 1)
        from = gather_moments(p, y, members, from);
    gpu_steps_add(p->forward, GPU_statistics, co)->statistics =
        (struct gpu_statistics){
            .part = p->part[from],
            .scale = p->params + y->def.scale,
            .bias = p->params + y->def.bias,
            .running_mean = p->stats + y->def.mean,
            .running_var = p->stats + y->def.var,
            .momentum = p->momentum,
            .mean = y->mean,
            .rstd = y->rstd,
            .a = y->a,
            .b = y->b,
            .pixels = members * y->pixels,
            .c = co,
            .eps = BACKEND_NORM_EPS,
        };
}

static void norm_backward(struct backend_program *p, struct gpu_list *list,
                          const struct gpu_layer *y)
{
    size_t co = (size_t)y->def.co, members = norm_members(p, y);
    size_t pieces = gpu_pieces(y->pixels, GPU_PIECE);
    struct gpu_back args = {
        .x = y->conv,
        .a = y->a,
        .b = y->b,
        .mean = y->mean,
        .dz = {y->dz[0], y->dz[1]},
        .part = p->part[0],
        .k = y->k,
        .pixels = y->pixels,
        .c = co,
        .slope = y->def.slope,
    };

    gpu_steps_add(list, GPU_back_sum, pieces * co / 8)->back_sum = args;
    gpu_steps_sum(p, list, pieces, 2 * co, y->sums);
    if (members > 1)
        gpu_steps_add_up(p, list, y->sums, 2 * co);
    gpu_steps_add(list, GPU_back_factors, co)->back_factors =
        (struct gpu_back_factors){
            .sums = y->sums,
            .a = y->a,
            .rstd = y->rstd,
            .k = y->k,
            .dscale = y->def.norm ? p->grads + y->def.scale : NULL,
            .dbias = p->grads + y->def.bias,
            .pixels = members * y->pixels,
            .c = co,
            .share = 1 / (float)members,
        };
    gpu_steps_add(list, GPU_back, y->pixels * co / 8)->back = args;
}

/* --- the lists --- */

static int forward_layer(struct backend_program *p, const struct gpu_layer *y,
                         struct tt_error *err)
{
    size_t co = (size_t)y->def.co;

    if (y->last) {
        gpu_steps_add(p->forward, GPU_last, y->pixels)->last = last_of(p, y);
        return 0;
    }
    if (y->first)
        gpu_steps_add(p->forward, GPU_first, y->pixels * co / 8)->first =
            first_of(p, y);
    else if (convolution(p, p->forward, y, GPU_FORWARD, err) < 0)
        return -1;
    if (p->train && y->def.norm)
        statistics(p, y);
    if (!y->fused)
        gpu_steps_add(p->forward, GPU_norm, y->pixels * co / 8)->norm =
            (struct gpu_norm){.x = y->conv,
                              .a = y->a,
                              .b = p->train ? y->b : y->shift,
                              .out = {y->outs[0], y->outs[1]},
                              .c = co,
                              .slope = y->def.slope};
    return 0;
}

static int backward_layer(struct backend_program *p, struct gpu_list *list,
                          const struct gpu_layer *y, bool weights,
                          struct tt_error *err)
{
    if (y->last) {
        last_backward(p, list, y, weights);
        return 0;
    }
    norm_backward(p, list, y);
    if (y->first) {
        first_backward(p, list, y, weights);
        return 0;
    }
    if (weights) {
        if (convolution(p, list, y, GPU_BACK_WEIGHTS, err) < 0)
            return -1;
        unpack(p, list, y);
    }
    return convolution(p, list, y, GPU_BACK_DATA, err);
}

static int backward_list(struct backend_program *p, struct gpu_list **list,
                         bool weights, struct tt_error *err)
{
    *list = calloc(1, sizeof(**list));
    if (!*list)
        return tt_fail(err, TT_NOMEM, "no memory for the steps");
    for (int l = p->net.layers - 1; l >= 0; l--)
        if (backward_layer(p, *list, &p->layer[l], weights, err) < 0)
            return -1;
    if (weights)
        gpu_steps_add_up(p, *list, p->grads, p->net.params);
    return 0;
}

int gpu_steps_make(struct backend_program *p, struct tt_error *err)
{
    p->load = calloc(1, sizeof(*p->load));
    p->forward = calloc(1, sizeof(*p->forward));
    if (!p->load || !p->forward)
        return tt_fail(err, TT_NOMEM, "no memory for the steps");
    for (int l = 0; l < p->net.layers; l++) {
        if (!p->layer[l].last)
            load_layer(p, &p->layer[l]);
        if (forward_layer(p, &p->layer[l], err) < 0)
            return -1;
    }
    if (!p->train)
        return 0;
    if (backward_list(p, &p->backward, true, err) < 0)
        return -1;
    return p->setup.input_gradient
               ? backward_list(p, &p->back_inputs, false, err)
               : 0;
}
