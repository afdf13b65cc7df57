#include "model/gpu/layers.h"

static bool take(struct backend_program *p, void *pointer, size_t bytes,
                 struct tt_error *err)
{
    void **at = pointer;

    *at = p->engine->ops->take(p->engine, bytes, err);
    return *at != NULL;
}

static bool take_floats(struct backend_program *p, float **at, size_t count,
                        struct tt_error *err)
{
    return take(p, at, count * sizeof(float), err);
}

/* bf16 */
static bool take_values(struct backend_program *p, gpu_value **at, size_t count,
                        struct tt_error *err)
{
    return take(p, at, count * sizeof(gpu_value), err);
}

/* Whether layer c reads layer l; alone, or joined with another. */
static bool reads(const struct backend_program *p, int c, int l)
{
    return p->layer[c].def.from == l || p->layer[c].def.join == l;
}

static bool joins(const struct backend_program *p, int c)
{
    return p->layer[c].def.join != BACKEND_NONE;
}

/* How many read layer l: alone, joined. */
static void count_readers(const struct backend_program *p, int l, int *alone,
                          int *joined)
{
    *alone = *joined = 0;
    for (int c = l + 1; c < p->net.layers; c++) {
        if (!reads(p, c, l))
            continue;
        if (joins(p, c))
            ++*joined;
        else
            ++*alone;
    }
}

static int take_vectors(struct backend_program *p, struct gpu_layer *y,
                        struct tt_error *err)
{
    size_t co = (size_t)y->def.co;

    if (!p->train)
        return take_floats(p, &y->factor, co, err) &&
                       take_floats(p, &y->shift, co, err)
                   ? 0
                   : -1;
    if (!take_floats(p, &y->sums, 2 * co, err) ||
        !take_floats(p, &y->k, 2 * co, err))
        return -1;
    if (!y->def.norm) {
        y->b = p->params + y->def.bias;
        return 0;
    }
    if (!take_floats(p, &y->mean, co, err) ||
        !take_floats(p, &y->rstd, co, err) || !take_floats(p, &y->a, co, err) ||
        !take_floats(p, &y->b, co, err))
        return -1;
    return 0;
}

/* What a layer puts out, and its weights. */
static int take_output(struct backend_program *p, int l, struct tt_error *err)
{
    struct gpu_layer *y = &p->layer[l];
    size_t taps = y->def.kind == BACKEND_UP
                      ? 16
                      : (size_t)(y->def.kernel * y->def.kernel);
    size_t weights = (size_t)y->def.ci * (size_t)y->def.co * taps;
    size_t values = y->pixels * (size_t)y->def.co;
    int alone, joined;

    count_readers(p, l, &alone, &joined);
    if (alone + joined == 0 || alone + joined > 2)
        return tt_fail(err, TT_USAGE,
                       "layer %d is read by %d others, not by one or two", l,
                       alone + joined);
    y->fused = !p->train && joined == 0 && !y->first &&
               y->def.kind == BACKEND_UNIT && !(y->def.slope > 0);
    if ((alone > 0 && !take_values(p, &y->out, values, err)) ||
        (!y->fused && !take_values(p, &y->conv, values, err)))
        return -1;
    if (!y->first && (!take_values(p, &y->weights, weights, err) ||
                      (p->train && !take_values(p, &y->dw, weights, err))))
        return -1;
    return take_vectors(p, y, err);
}

/* What it reads, and the gradient of that. */
static int take_source(struct backend_program *p, int l, struct tt_error *err)
{
    struct gpu_layer *y = &p->layer[l];
    size_t values = (size_t)p->setup.batch * (size_t)y->in.h * (size_t)y->in.w *
                    (size_t)y->def.ci;

    if (y->first)
        return 0;
    y->src = p->layer[y->def.from].out;
    if (joins(p, l) && !take_values(p, &y->src, values, err))
        return -1;
    return p->train && !take_values(p, &y->diff, values, err) ? -1 : 0;
}

/* Where the output of layer l goes, and its gradient comes from: places of its
 * own, or slices of what a joining layer reads. */
static void wire(struct backend_program *p, int l)
{
    struct gpu_layer *y = &p->layer[l];
    int outs = 0, dzs = 0;

    if (y->out)
        y->outs[outs++] = (struct gpu_place){y->out, (size_t)y->def.co};
    for (int c = l + 1; c < p->net.layers; c++) {
        const struct gpu_layer *by = &p->layer[c];
        size_t step = (size_t)by->def.ci, offset = 0;

        if (!reads(p, c, l))
            continue;
        if (by->def.join == l)
            offset = step - (size_t)y->def.co;
        if (joins(p, c))
            y->outs[outs++] = (struct gpu_place){by->src + offset, step};
        if (by->diff)
            y->dz[dzs++] = (struct gpu_place){by->diff + offset, step};
    }
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Room for the sums of any layer. */
static int take_parts(struct backend_program *p, struct tt_error *err)
{
    size_t members = (size_t)reduce_size(p->setup.group);
    size_t room = p->train ? GPU_PARTS : 1;

    for (int l = 0; l < p->net.layers && p->train; l++) {
        const struct gpu_layer *y = &p->layer[l];
        size_t weights = backend_layer_weights(&y->def);
        size_t co = (size_t)y->def.co;

        if (y->last)
            room = most(room, gpu_pieces(y->pixels, GPU_LAST_PIECE) *
                                  most(co, weights));
        else
            room = most(room, most(gpu_pieces(y->pixels, GPU_PIECE), members) *
                                  2 * co);
        if (y->first)
            room = most(room, gpu_pieces(y->pixels, GPU_FIRST_PIECE) * weights);
    }
    return take_floats(p, &p->part[0], room, err) &&
                   take_floats(p, &p->part[1], room, err)
               ? 0
               : -1;
}

static int take_ends(struct backend_program *p, struct tt_error *err)
{
    if (!take_floats(p, &p->params, p->net.params, err) ||
        !take_floats(p, &p->stats, p->net.stats + 1, err) ||
        !take_floats(p, &p->momentum, 1, err) ||
        !take_floats(p, &p->x, p->inputs, err) ||
        !take_floats(p, &p->y, p->outputs, err))
        return -1;
    if (!p->train)
        return 0;
    if (!take_floats(p, &p->grads, p->net.params, err) ||
        !take_floats(p, &p->dy, p->outputs, err) ||
        !take_floats(p, &p->dpre, p->outputs, err) ||
        !take_floats(p, &p->dx, p->inputs, err))
        return -1;
    return 0;
}

int gpu_tensors_make(struct backend_program *p, struct tt_error *err)
{
    int last = p->net.layers - 1;

    if (take_ends(p, err) < 0)
        return -1;
    for (int l = 0; l < last; l++)
        if (take_output(p, l, err) < 0)
            return -1;
    for (int l = 0; l <= last; l++)
        if (take_source(p, l, err) < 0)
            return -1;
    for (int l = 0; l < last; l++)
        wire(p, l);
    return take_parts(p, err);
}
