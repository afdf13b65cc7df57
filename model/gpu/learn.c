#include "model/gpu/learn.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/layers.h"

#define COLOURS 2 /* channels of the output */

struct gpu_learner {
    float *m, *v, *average, *average_stats;
    float *target; /* N, H, W, 2 */
    struct gpu_course *course;
    struct gpu_found *found;
    void *staged[2]; /* batches in the host's memory */
    void *sent[2];   /* and in the card's: values, or numbers of records */
    int which;       /* of the last that was sent */
    uint8_t *records;
    int from; /* side of those */

    struct gpu_list *list[BACKEND_LOSSES]; /* made when first asked for */
    enum backend_loss loss;                /* of the last step */
};

/* --- its memory --- */

static size_t pixels_of(const struct backend_program *p)
{
    return p->outputs / COLOURS;
}

bool gpu_learn_can(const struct backend_program *p)
{
    const struct backend_layer *last = &p->net.layer[p->net.layers - 1];

    return p->train && p->net.inputs == 1 && last->kind == BACKEND_HEAD &&
           last->co == COLOURS && p->setup.height == p->setup.width;
}

/* Of a batch on its way: the most of values and numbers. */
static size_t batch_bytes(const struct backend_program *p)
{
    return pixels_of(p) * (1 + COLOURS) * sizeof(uint16_t);
}

static int open_learner(struct backend_program *p, struct tt_error *err)
{
    size_t params = p->net.params * sizeof(float);
    size_t stats = (p->net.stats + 1) * sizeof(float);
    struct gpu_learner *l = calloc(1, sizeof(*l));
    struct {
        void *at;
        size_t bytes;
        bool host;
    } all[] = {
        {&l->m, params, false},
        {&l->v, params, false},
        {&l->average, params, false},
        {&l->average_stats, stats, false},
        {&l->target, p->outputs * sizeof(float), false},
        {&l->course, sizeof(*l->course), false},
        {&l->found, sizeof(*l->found), false},
        {&l->sent[0], batch_bytes(p), false},
        {&l->sent[1], batch_bytes(p), false},
        {&l->staged[0], batch_bytes(p), true},
        {&l->staged[1], batch_bytes(p), true},
    };

    if (!l)
        return tt_fail(err, TT_NOMEM, "no memory for learning");
    p->learner = l;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const struct gpu_engine_ops *ops = p->engine->ops;
        void *at = all[i].host ? ops->lock(p->engine, all[i].bytes, err)
                               : ops->take(p->engine, all[i].bytes, err);

        if (!at)
            return -1;
        *(void **)all[i].at = at;
    }
    return 0;
}

static int ready(struct backend_program *p, struct tt_error *err)
{
    if (p->learner)
        return 0;
    if (!gpu_learn_can(p))
        return tt_fail(err, TT_USAGE,
                       "a network for training that colours square photos "
                       "learns here, no other");
    return open_learner(p, err);
}

void gpu_learn_close(struct backend_program *p)
{
    struct gpu_learner *l = p->learner;

    if (!l)
        return;
    for (int i = 0; i < BACKEND_LOSSES; i++)
        gpu_program_drop(p, l->list[i]);
    free(l);
    p->learner = NULL;
}

/* --- lists --- */

static struct gpu_list *new_list(struct tt_error *err)
{
    struct gpu_list *list = calloc(1, sizeof(*list));

    if (!list)
        tt_fail(err, TT_NOMEM, "no memory for the steps");
    return list;
}

static void append(struct gpu_list *list, const struct gpu_list *more)
{
    assert(list->count + more->count <= GPU_STEPS);
    memcpy(list->step + list->count, more->step,
           (size_t)more->count * sizeof(*more->step));
    list->count += more->count;
}

static void add_photos(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_learner *l = p->learner;

    if (l->records)
        gpu_steps_add(list, GPU_pick, pixels_of(p))->pick = (struct gpu_pick){
            .course = l->course,
            .records = l->records,
            .picked = {l->sent[0], l->sent[1]},
            .x = p->x,
            .target = l->target,
            .from = l->from,
            .side = p->setup.width,
        };
    else
        gpu_steps_add(list, GPU_photo, pixels_of(p))->photo =
            (struct gpu_photo){.course = l->course,
                               .sent = {l->sent[0], l->sent[1]},
                               .x = p->x,
                               .target = l->target,
                               .pixels = pixels_of(p)};
}

/* The sum of values, or of their squares, in *out. */
static void add_sum(struct backend_program *p, struct gpu_list *list,
                    enum gpu_kernel kernel, const float *in, size_t values,
                    float *out)
{
    size_t parts = gpu_least(values, GPU_PARTS);
    struct gpu_sum args = {
        .in = in, .part = p->part[0], .values = values, .parts = parts};

    // sum and square have one sort of arguments
    gpu_steps_add(list, kernel, parts)->sum = args;
    gpu_steps_sum(p, list, parts, 1, out);
}

static int add_mae(struct backend_program *p, struct gpu_list *list,
                   struct tt_error *err)
{
    struct gpu_learner *l = p->learner;
    size_t parts = gpu_least(p->outputs, GPU_PARTS);

    (void)err;
    gpu_steps_add(list, GPU_mae, parts)->mae =
        (struct gpu_mae){.y = p->y,
                         .target = l->target,
                         .dy = p->dy,
                         .part = p->part[0],
                         .values = p->outputs,
                         .parts = parts,
                         .step = (float)(1 / (double)p->outputs)};
    gpu_steps_sum(p, list, parts, 1, &l->found->loss);
    return 0;
}

static double windows_of(const struct backend_program *p)
{
    double less = p->setup.width - GPU_SSIM_EDGE;

    return COLOURS * p->setup.batch * less * less;
}

static int add_ssim(struct backend_program *p, struct gpu_list *list,
                    struct tt_error *err)
{
    const struct gpu_engine_ops *ops = p->engine->ops;
    struct gpu_learner *l = p->learner;
    struct gpu_ssim k = {
        .y = p->y,
        .target = l->target,
        .dy = p->dy,
        .photos = (size_t)p->setup.batch,
        .side = (size_t)p->setup.width,
        .less = (size_t)p->setup.width - GPU_SSIM_EDGE,
    };
    size_t rows = gpu_ssim_row_values(&k), windows = gpu_ssim_window_values(&k);

    gpu_ssim_set(&k);
    k.rows = ops->take(p->engine, GPU_SSIM_MOMENTS * rows * sizeof(float), err);
    k.windows = k.rows
                    ? ops->take(p->engine,
                                GPU_SSIM_PLANES * windows * sizeof(float), err)
                    : NULL;
    if (!k.windows)
        return -1;
    gpu_steps_add(list, GPU_ssim_rows, rows)->ssim_rows = k;
    gpu_steps_add(list, GPU_ssim_windows, windows)->ssim_windows = k;
    add_sum(p, list, GPU_sum, k.windows + GPU_SSIM_S * windows, windows,
            &l->found->loss);
    gpu_steps_add(list, GPU_ssim_spread, rows)->ssim_spread = k;
    gpu_steps_add(list, GPU_ssim_grad, p->outputs)->ssim_grad = k;
    return 0;
}

static void add_update(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_learner *l = p->learner;

    add_sum(p, list, GPU_square, p->grads, p->net.params, &l->found->square);
    gpu_steps_add(list, GPU_clip, 1)->clip =
        (struct gpu_clip){.course = l->course, .found = l->found};
    gpu_steps_add(list, GPU_adam, p->net.params)->adam =
        (struct gpu_adam){.course = l->course,
                          .found = l->found,
                          .g = p->grads,
                          .w = p->params,
                          .m = l->m,
                          .v = l->v,
                          .average = l->average};
    gpu_steps_add(list, GPU_follow, p->net.stats)->follow = (struct gpu_follow){
        .course = l->course, .stats = p->stats, .average = l->average_stats};
}

static int fill(struct backend_program *p, enum backend_loss loss,
                struct tt_error *err)
{
    static int (*const losses[])(struct backend_program *, struct gpu_list *,
                                 struct tt_error *) = {
        [BACKEND_MAE] = add_mae,
        [BACKEND_SSIM] = add_ssim,
    };
    struct gpu_list *list = p->learner->list[loss];

    add_photos(p, list);
    append(list, p->load);
    append(list, p->forward);
    if (losses[loss](p, list, err) < 0)
        return -1;
    append(list, p->backward);
    add_update(p, list);
    return 0;
}

static int make_lists(struct backend_program *p, enum backend_loss loss,
                      struct tt_error *err)
{
    struct gpu_learner *l = p->learner;

    if (l->list[loss])
        return 0;
    l->list[loss] = new_list(err);
    if (!l->list[loss])
        return -1;
    if (fill(p, loss, err) == 0)
        return 0;
    gpu_program_drop(p, l->list[loss]);
    l->list[loss] = NULL;
    return -1;
}

int gpu_learn_prepare(struct backend_program *p, struct tt_error *err)
{
    if (ready(p, err) < 0)
        return -1;
    for (int i = 0; i < BACKEND_LOSSES; i++)
        if (make_lists(p, (enum backend_loss)i, err) < 0)
            return -1;
    return 0;
}

/* --- the calls of backend/learn.h --- */

static int put(struct backend_program *p, void *at, const void *from,
               size_t bytes, struct tt_error *err)
{
    return p->engine->ops->put(p->engine, at, from, bytes, err);
}

static int get(struct backend_program *p, void *to, const void *at,
               size_t bytes, struct tt_error *err)
{
    return p->engine->ops->get(p->engine, to, at, bytes, err);
}

static int learn_keep(struct backend_program *p,
                      const struct backend_photos *photos, struct tt_error *err)
{
    size_t side = (size_t)photos->side;
    size_t bytes = photos->count * 3 * side * side;
    struct gpu_learner *l;

    if (ready(p, err) < 0)
        return -1;
    l = p->learner;
    assert(!l->list[BACKEND_MAE] && !l->list[BACKEND_SSIM]);
    if (photos->side > GPU_SHRINK_MOST * p->setup.width ||
        photos->side < p->setup.width ||
        bytes > p->engine->ops->room(p->engine) / 2)
        return 0;
    l->records = p->engine->ops->take(p->engine, bytes, err);
    if (!l->records || put(p, l->records, photos->records, bytes, err) < 0)
        return -1;
    l->from = photos->side;
    return 1;
}

/* What a state consists of, and where that is on the card. */
#define PARTS 6

struct part {
    float *host, *card;
    size_t bytes;
};

static void parts_of(struct backend_program *p,
                     const struct backend_state *state,
                     struct part parts[PARTS])
{
    size_t params = p->net.params * sizeof(float);
    size_t stats = p->net.stats * sizeof(float);
    struct gpu_learner *l = p->learner;
    const struct part all[PARTS] = {
        {state->values, p->params, params},
        {state->stats, p->stats, stats},
        {state->m, l->m, params},
        {state->v, l->v, params},
        {state->average, l->average, params},
        {state->average_stats, l->average_stats, stats},
    };

    memcpy(parts, all, sizeof(all));
}

static int learn_take(struct backend_program *p,
                      const struct backend_state *state, struct tt_error *err)
{
    float momentum = BACKEND_NORM_MOMENTUM;
    struct part parts[PARTS];

    if (ready(p, err) < 0)
        return -1;
    parts_of(p, state, parts);
    for (int i = 0; i < PARTS; i++)
        if (put(p, parts[i].card, parts[i].host, parts[i].bytes, err) < 0)
            return -1;
    return put(p, p->momentum, &momentum, sizeof(momentum), err);
}

static int learn_give(struct backend_program *p,
                      const struct backend_state *state, struct tt_error *err)
{
    struct part parts[PARTS];

    assert(p->learner);
    parts_of(p, state, parts);
    for (int i = 0; i < PARTS; i++)
        if (get(p, parts[i].host, parts[i].card, parts[i].bytes, err) < 0)
            return -1;
    return 0;
}

/* Values from `least` on over `span`, to 16 bits. */
static void narrow(const float *from, size_t n, float least, float span,
                   uint16_t *to)
{
    float scale = GPU_SENT_MOST / span;

    for (size_t i = 0; i < n; i++) {
        float v = (from[i] - least) * scale + 0.5f;

        v = v > 0 ? v : 0;
        to[i] = (uint16_t)(v < GPU_SENT_MOST ? v : GPU_SENT_MOST);
    }
}

static int learn_batch(struct backend_program *p,
                       const struct backend_batch *batch, struct tt_error *err)
{
    struct gpu_learner *l = p->learner;
    size_t pixels = pixels_of(p), bytes = batch_bytes(p);
    int which = !l->which;

    assert(l);
    if (l->records) {
        bytes = (size_t)p->setup.batch * sizeof(uint32_t);
        memcpy(l->staged[which], batch->record, bytes);
    } else {
        uint16_t *to = l->staged[which];

        narrow(batch->x, pixels, -1, 2, to);
        narrow(batch->target, pixels * COLOURS, GPU_TARGET_LEAST,
               GPU_TARGET_SPAN, to + pixels);
    }
    l->which = which;
    return p->engine->ops->send(p->engine, l->sent[which], l->staged[which],
                                bytes, err);
}

static int learn_step(struct backend_program *p,
                      const struct backend_lesson *lesson, struct tt_error *err)
{
    struct backend_adam_factors f = backend_adam_factors(&lesson->adam);
    const struct gpu_engine_ops *ops = p->engine->ops;
    struct gpu_learner *l = p->learner;
    struct gpu_course course = {
        .beta1 = f.beta1,
        .beta2 = f.beta2,
        .step = f.step,
        .root = f.root,
        .eps = f.eps,
        .move = f.move,
        .clip = lesson->clip,
        .share = 1 / (float)reduce_size(p->setup.group),
        .which = l->which,
    };

    if (make_lists(p, lesson->loss, err) < 0 ||
        put(p, l->course, &course, sizeof(course), err) < 0 ||
        ops->run(p->engine, l->list[lesson->loss], err) < 0)
        return -1;
    l->loss = lesson->loss;
    return 0;
}

static int learn_found(struct backend_program *p, struct backend_found *found,
                       struct tt_error *err)
{
    struct gpu_learner *l = p->learner;
    double share = 1 / (double)reduce_size(p->setup.group);
    struct gpu_found f;

    if (get(p, &f, l->found, sizeof(f), err) < 0 ||
        reduce_wait(p->setup.group, err) < 0)
        return -1;
    found->loss = l->loss == BACKEND_SSIM ? 1 - (double)f.loss / windows_of(p)
                                          : (double)f.loss / (double)p->outputs;
    found->gradient = sqrt((double)f.square) * share;
    return 0;
}

const struct backend_learn_ops gpu_learn = {
    .keep = learn_keep,
    .take = learn_take,
    .batch = learn_batch,
    .step = learn_step,
    .found = learn_found,
    .give = learn_give,
};
