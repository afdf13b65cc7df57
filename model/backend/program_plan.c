#include "model/backend/program.h"

bool program_trains(const struct backend_program *p)
{
    return p->setup.use == BACKEND_TRAIN;
}

static int last_step(const struct backend_program *p)
{
    return program_trains(p) ? 2 * p->net.layers - 1 : p->net.layers - 1;
}

/* The last step at which layer l reads its input. */
static int last_use(const struct backend_program *p, int l)
{
    return program_trains(p) ? 2 * p->net.layers - 1 - l : l;
}

static int backward_step(const struct backend_program *p, int l)
{
    return 2 * p->net.layers - 1 - l;
}

static size_t tensor_bytes(const struct backend_program *p, int h, int w, int c)
{
    return (size_t)p->setup.batch * (size_t)h * (size_t)w * (size_t)c *
           p->loops->bytes;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

/* A layer that one other joins is part of what that one reads: where a
 * convolution can write a slice and read one, nothing is copied. */
static int home_of(const struct backend_program *p, int l)
{
    int home = -1, joins = 0;

    for (int c = l + 1; c < p->net.layers; c++) {
        const struct backend_layer *by = &p->layer[c].def;

        if (by->join == BACKEND_NONE || (by->from != l && by->join != l))
            continue;
        home = c;
        joins++;
    }
    if (program_trains(p) || !conv_places_apart(p->bf16) || joins != 1)
        return -1;
    return home;
}

/* Bytes from a pixel's first channel in what layer c reads to those of l. */
static size_t offset_in(const struct backend_program *p, int c, int l)
{
    const struct backend_layer *by = &p->layer[c].def;

    if (by->join != l)
        return 0;
    return (size_t)(by->ci - p->layer[l].def.co) * p->loops->bytes;
}

void *program_plan_slice(const struct backend_program *p, int l)
{
    int c = p->layer[l].home;

    return (char *)backend_arena_at(&p->arena, p->layer[c].src) +
           offset_in(p, c, l);
}

/* The buffer of what layer l puts out for those that read it alone. */
static void plan_out(struct backend_program *p, int l)
{
    struct program_layer *y = &p->layer[l];
    int last = -1;

    y->out = -1;
    y->home = home_of(p, l);
    if (y->home >= 0)
        return;
    for (int c = l + 1; c < p->net.layers; c++)
        if (p->layer[c].def.from == l && p->layer[c].def.join == BACKEND_NONE)
            last = max(last, last_use(p, c));
    if (y->def.kind == BACKEND_UNIT && !program_trains(p))
        last = max(last, l); // the convolution writes there
    if (last >= 0)
        y->out = backend_arena_add(
            &p->arena, tensor_bytes(p, y->h, y->w, y->def.co), l, last);
}

static void plan_conv_out(struct backend_program *p, int l)
{
    struct program_layer *y = &p->layer[l];
    size_t size = tensor_bytes(p, y->h, y->w, y->def.co);

    if (y->def.kind == BACKEND_UP && conv_leaves_corners(p->bf16))
        size = tensor_bytes(p, y->h / 2 + 1, y->w / 2 + 1, 4 * y->def.co);
    if (y->home >= 0)
        y->conv_out = -1;
    else if (backend_layer_ends(&y->def))
        y->conv_out =
            backend_arena_add(&p->arena, p->outputs * sizeof(float), l, l);
    else if (program_trains(p))
        y->conv_out =
            backend_arena_add(&p->arena, size, l, backward_step(p, l));
    else if (y->def.kind == BACKEND_UP)
        y->conv_out = backend_arena_add(&p->arena, size, l, l);
    else
        y->conv_out = y->out;
}

static void plan_source(struct backend_program *p, int l)
{
    struct program_layer *y = &p->layer[l];
    int from = y->def.from, join = y->def.join, first;
    size_t size = tensor_bytes(p, y->in.h, y->in.w, y->def.ci);

    if (join != BACKEND_NONE)
        y->src = backend_arena_add(&p->arena, size, max(0, min(from, join)),
                                   last_use(p, l));
    else
        y->src = from == BACKEND_INPUT ? p->input : p->layer[from].out;
    first = join == BACKEND_NONE ? from : min(from, join);
    y->diff = -1;
    if (program_trains(p) && (from != BACKEND_INPUT || p->setup.input_gradient))
        y->diff = backend_arena_add(&p->arena, size, backward_step(p, l),
                                    backward_step(p, max(0, first)));
}

int program_plan(struct backend_program *p, struct tt_error *err)
{
    int head = p->net.layers - 1;

    for (int l = 0; l < p->net.layers; l++)
        if ((l > 0 && p->layer[l].def.from == BACKEND_INPUT) ||
            p->layer[l].def.join == BACKEND_INPUT)
            return tt_fail(err, TT_USAGE,
                           "layer %d: only the first reads the input", l);
    p->input = backend_arena_add(&p->arena, p->inputs * p->loops->bytes, 0,
                                 last_step(p));
    p->y = p->dpre = -1;
    if (program_trains(p)) {
        p->y = backend_arena_add(&p->arena, p->outputs * sizeof(float), head,
                                 head + 1);
        p->dpre = backend_arena_add(&p->arena, p->outputs * p->loops->bytes,
                                    head + 1, head + 1);
    }
    for (int l = 0; l < p->net.layers; l++)
        plan_out(p, l);
    for (int l = 0; l < p->net.layers; l++) {
        plan_conv_out(p, l);
        plan_source(p, l);
    }
    return backend_arena_place(&p->arena, err);
}

int program_plan_wire(struct backend_program *p, int l, struct tt_error *err)
{
    struct program_layer *y = &p->layer[l];
    int outs = 0, dzs = 0;

    y->norm.x = backend_arena_at(&p->arena, y->conv_out);
    if (y->out >= 0) {
        y->norm.out[outs].at = backend_arena_at(&p->arena, y->out);
        y->norm.out[outs++].step = (size_t)y->def.co;
    }
    for (int c = l + 1; c < p->net.layers; c++) {
        const struct program_layer *by = &p->layer[c];
        bool joined = by->def.join != BACKEND_NONE;
        size_t offset = offset_in(p, c, l);

        if (by->def.from != l && by->def.join != l)
            continue;
        if (dzs == 2 || (joined && outs == 2))
            return tt_fail(err, TT_USAGE,
                           "layer %d is read by more than two others", l);
        if (joined) {
            y->norm.out[outs].at =
                (char *)backend_arena_at(&p->arena, by->src) + offset;
            y->norm.out[outs++].step = (size_t)by->def.ci;
        }
        if (by->diff >= 0) {
            y->norm.dz.at[dzs] =
                (char *)backend_arena_at(&p->arena, by->diff) + offset;
            y->norm.dz.step[dzs] = (size_t)by->def.ci;
        }
        dzs++;
    }
    if (dzs == 0)
        return tt_fail(err, TT_USAGE, "layer %d is read by none", l);
    return 0;
}
