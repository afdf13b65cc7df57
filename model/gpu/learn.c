#include "model/gpu/learn.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/learner.h"

/* --- its memory --- */

size_t gpu_learner_pixels(const struct backend_program *p)
{
    return p->outputs / GPU_COLOURS;
}

int gpu_learner_take(struct backend_program *p, const struct gpu_wish *wishes,
                     size_t n, struct tt_error *err)
{
    const struct gpu_engine_ops *ops = p->engine->ops;

    for (size_t i = 0; i < n; i++) {
        const struct gpu_wish *w = &wishes[i];
        void *at = w->host ? ops->lock(p->engine, w->bytes, err)
                           : ops->take(p->engine, w->bytes, err);

        if (!at)
            return -1;
        *(void **)w->at = at;
    }
    return 0;
}

bool gpu_learn_can(const struct backend_program *p)
{
    const struct backend_layer *last = &p->net.layer[p->net.layers - 1];

    return p->train && p->net.inputs == 1 && last->kind == BACKEND_HEAD &&
           last->co == GPU_COLOURS && p->setup.height == p->setup.width;
}

/* Of a batch on its way: the most of values and numbers. */
static size_t batch_bytes(const struct backend_program *p)
{
    return gpu_learner_pixels(p) * (1 + GPU_COLOURS) * sizeof(uint16_t);
}

static int open_learner(struct backend_program *p, struct tt_error *err)
{
    size_t params = p->net.params * sizeof(float);
    size_t stats = (p->net.stats + 1) * sizeof(float);
    struct gpu_learner *l = calloc(1, sizeof(*l));
    const struct gpu_wish all[] = {
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
    return gpu_learner_take(p, all, sizeof(all) / sizeof(all[0]), err);
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
    gpu_critic_close(l->critic);
    free(l);
    p->learner = NULL;
}

int gpu_learn_prepare(struct backend_program *p,
                      const struct backend_net *critic, struct tt_error *err)
{
    int losses = critic ? BACKEND_LOSSES : BACKEND_GAN;

    if (ready(p, err) < 0 || (critic && gpu_critic_open(p, critic, err) < 0))
        return -1;
    for (int i = 0; i < losses; i++)
        if (gpu_lesson_make(p, (enum backend_loss)i, err) < 0)
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
    for (int i = 0; i < BACKEND_LOSSES; i++)
        assert(!l->list[i]);
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

static int learn_critic(struct backend_program *p,
                        const struct backend_net *net, struct tt_error *err)
{
    return ready(p, err) < 0 ? -1 : gpu_critic_open(p, net, err);
}

/* What a state consists of, and where that is on the card. */
#define PARTS 10

struct part {
    float *host, *card;
    size_t bytes;
};

/* Returns how many. */
static int parts_of(struct backend_program *p,
                    const struct backend_state *state, struct part *parts)
{
    const struct backend_state *other = state->critic;
    size_t params = p->net.params * sizeof(float);
    size_t stats = p->net.stats * sizeof(float);
    struct gpu_learner *l = p->learner;
    int n = 0;

    parts[n++] = (struct part){state->values, p->params, params};
    parts[n++] = (struct part){state->stats, p->stats, stats};
    parts[n++] = (struct part){state->m, l->m, params};
    parts[n++] = (struct part){state->v, l->v, params};
    parts[n++] = (struct part){state->average, l->average, params};
    parts[n++] = (struct part){state->average_stats, l->average_stats, stats};
    if (!other)
        return n;
    assert(l->critic);
    params = l->critic->p->net.params * sizeof(float);
    stats = l->critic->p->net.stats * sizeof(float);
    parts[n++] = (struct part){other->values, l->critic->p->params, params};
    parts[n++] = (struct part){other->stats, l->critic->p->stats, stats};
    parts[n++] = (struct part){other->m, l->critic->m, params};
    parts[n++] = (struct part){other->v, l->critic->v, params};
    return n;
}

/* Running statistics move. */
static int put_momentum(struct backend_program *p, struct tt_error *err)
{
    float momentum = BACKEND_NORM_MOMENTUM;

    return put(p, p->momentum, &momentum, sizeof(momentum), err);
}

static int learn_take(struct backend_program *p,
                      const struct backend_state *state, struct tt_error *err)
{
    struct part parts[PARTS];
    int n;

    if (ready(p, err) < 0)
        return -1;
    n = parts_of(p, state, parts);
    for (int i = 0; i < n; i++)
        if (put(p, parts[i].card, parts[i].host, parts[i].bytes, err) < 0)
            return -1;
    if (state->critic && put_momentum(p->learner->critic->p, err) < 0)
        return -1;
    return put_momentum(p, err);
}

static int learn_give(struct backend_program *p,
                      const struct backend_state *state, struct tt_error *err)
{
    struct part parts[PARTS];
    int n;

    assert(p->learner);
    n = parts_of(p, state, parts);
    for (int i = 0; i < n; i++)
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
    size_t pixels = gpu_learner_pixels(p), bytes = batch_bytes(p);
    int which = !l->which;

    assert(l);
    if (l->records) {
        bytes = (size_t)p->setup.batch * sizeof(uint32_t);
        memcpy(l->staged[which], batch->record, bytes);
    } else {
        uint16_t *to = l->staged[which];

        narrow(batch->x, pixels, -1, 2, to);
        narrow(batch->target, pixels * GPU_COLOURS, GPU_TARGET_LEAST,
               GPU_TARGET_SPAN, to + pixels);
    }
    l->which = which;
    return p->engine->ops->send(p->engine, l->sent[which], l->staged[which],
                                bytes, err);
}

/* What is true of a step of the network, or of the critic. */
static int put_course(struct backend_program *p, struct gpu_course *at,
                      const struct backend_adam *adam, float clip, float weight,
                      struct tt_error *err)
{
    struct backend_adam_factors f = backend_adam_factors(adam);
    struct gpu_course course = {
        .beta1 = f.beta1,
        .beta2 = f.beta2,
        .step = f.step,
        .root = f.root,
        .eps = f.eps,
        .move = f.move,
        .clip = clip,
        .share = 1 / (float)reduce_size(p->setup.group),
        .weight = weight,
        .which = p->learner->which,
    };

    return put(p, at, &course, sizeof(course), err);
}

static int learn_step(struct backend_program *p,
                      const struct backend_lesson *lesson, struct tt_error *err)
{
    bool gan = lesson->loss == BACKEND_GAN;
    struct gpu_learner *l = p->learner;
    struct gpu_list *list;

    if (gpu_lesson_make(p, lesson->loss, err) < 0 ||
        put_course(p, l->course, &lesson->adam, lesson->clip,
                   lesson->gan.weight, err) < 0 ||
        (gan &&
         put_course(p, l->critic->course, &lesson->gan.adam, 0, 0, err) < 0))
        return -1;
    list = gan && lesson->gan.alone ? l->critic->alone : l->list[lesson->loss];
    l->loss = lesson->loss;
    return p->engine->ops->run(p->engine, list, err);
}

static int find_critic(struct backend_program *p, struct backend_found *found,
                       struct tt_error *err)
{
    const struct gpu_critic *c = p->learner->critic;
    double logits = (double)c->p->outputs;
    float said[GPU_SAID];

    if (get(p, said, c->said, sizeof(said), err) < 0)
        return -1;
    found->d_loss =
        ((double)said[GPU_SAID_TRUE] + (double)said[GPU_SAID_MADE]) / 2 /
        logits;
    found->g_adv = (double)said[GPU_SAID_PASSED] / logits;
    return 0;
}

static int learn_found(struct backend_program *p, struct backend_found *found,
                       struct tt_error *err)
{
    double share = 1 / (double)reduce_size(p->setup.group);
    struct gpu_learner *l = p->learner;
    struct gpu_found f;
    double mean;

    *found = (struct backend_found){0};
    if (get(p, &f, l->found, sizeof(f), err) < 0 ||
        reduce_wait(p->setup.group, err) < 0)
        return -1;
    mean = (double)f.loss / gpu_lesson_terms(p, l->loss);
    found->loss = l->loss == BACKEND_SSIM ? 1 - mean : mean;
    found->gradient = sqrt((double)f.square) * share;
    return l->loss == BACKEND_GAN ? find_critic(p, found, err) : 0;
}

const struct backend_learn_ops gpu_learn = {
    .keep = learn_keep,
    .critic = learn_critic,
    .take = learn_take,
    .batch = learn_batch,
    .step = learn_step,
    .found = learn_found,
    .give = learn_give,
};
