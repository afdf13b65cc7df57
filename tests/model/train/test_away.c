/* Steps of learning by a program for a GPU, on an engine of plain loops,
 * against those made of the passes of one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/kernels.h"
#include "model/train/critic.h"
#include "model/train/loss.h"
#include "model/train/ssim.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/gpu/host.h"
#include "tests/model/train/data.h"

static struct tt_error err;

/* The state of a network in one block. */
struct state {
    float *block;
    size_t params, stats;
    struct backend_state at;
};

static struct state state_new(const struct stage *s)
{
    size_t p = s->net.params, n = s->net.stats;
    struct state new = {
        .block = calloc(4 * p + 2 * n, sizeof(float)), .params = p, .stats = n};
    float *b = new.block;

    CHECK(b);
    new.at = (struct backend_state){.values = b,
                                    .stats = b + 4 * p,
                                    .m = b + p,
                                    .v = b + 2 * p,
                                    .average = b + 3 * p,
                                    .average_stats = b + 4 * p + n};
    memcpy(new.at.values, s->params, p * sizeof(float));
    memcpy(new.at.average, s->params, p * sizeof(float));
    memcpy(new.at.stats, s->stats, n * sizeof(float));
    memcpy(new.at.average_stats, s->stats, n * sizeof(float));
    return new;
}

static struct backend_lesson lesson_of(enum backend_loss loss, uint64_t step,
                                       float clip)
{
    return (struct backend_lesson){
        .loss = loss,
        // eps: so that a gradient of next to nothing does not count for all
        .adam = {1e-3f, 0.9f, 0.999f, 1e-2f, 0.5f, step, 1},
        .clip = clip};
}

/* A network that learns by a backend's passes, as the trainer makes steps of
 * them. */
struct pupil {
    const struct backend_ops *ops;
    struct backend_program *p;
    const struct stage *s;
    const float *target;
    struct state state;
    struct train_critic *critic;
    float *y, *dy, *grads;
};

static void pupil_open(struct pupil *u, const struct backend_ops *ops,
                       const struct stage *s, const float *target)
{
    struct backend_setup setup = setup_of(s, BACKEND_TRAIN, BACKEND_AUTO, 1);

    *u = (struct pupil){.ops = ops, .s = s, .target = target};
    u->state = state_new(s);
    u->y = malloc(outputs(s) * sizeof(float));
    u->dy = malloc(outputs(s) * sizeof(float));
    u->grads = malloc(s->net.params * sizeof(float));
    CHECK_OK(ops->open(&u->p, &s->net, &setup, &err));
}

static void pupil_close(struct pupil *u)
{
    u->ops->close(u->p);
    train_critic_close(u->critic);
    free(u->state.block);
    free(u->y);
    free(u->dy);
    free(u->grads);
}

/* The critic learns, and unless it is alone judges. */
static void pupil_is_judged(struct pupil *u,
                            const struct backend_lesson *lesson,
                            struct backend_found *f)
{
    const struct train_batch b = {u->s->side, u->s->x, u->target, NULL};
    size_t values = outputs(u->s);

    CHECK_OK(train_critic_learn(
        u->critic, &b, u->y, (double)lesson->gan.adam.rate, &f->d_loss, &err));
    for (size_t i = 0; i < values; i++)
        u->dy[i] *= lesson->gan.weight;
    if (!lesson->gan.alone)
        CHECK_OK(
            train_critic_judge(u->critic, &b, u->y, u->dy, &f->g_adv, &err));
}

static void pupil_learns(struct pupil *u, const struct backend_lesson *lesson,
                         struct backend_found *f)
{
    size_t count = u->state.params;
    struct backend_state *at = &u->state.at;

    CHECK_OK(u->ops->backward(u->p, u->dy, u->grads, NULL, &err));
    f->gradient = sqrt(train_loss_square(u->grads, count, 1));
    if (lesson->clip > 0 && f->gradient > (double)lesson->clip)
        for (size_t i = 0; i < count; i++)
            u->grads[i] *= (float)((double)lesson->clip / f->gradient);
    backend_adam_step(&lesson->adam, count, at->values, u->grads, at->m, at->v,
                      at->average);
    for (size_t i = 0; i < u->state.stats; i++)
        at->average_stats[i] +=
            (1 - lesson->adam.decay) * (at->stats[i] - at->average_stats[i]);
}

static struct backend_found pupil_step(struct pupil *u,
                                       const struct backend_lesson *lesson)
{
    const struct stage *s = u->s;
    struct backend_state *at = &u->state.at;
    size_t each = outputs(s) / (size_t)s->n;
    struct backend_found f = {0};
    struct train_ssim *ssim;

    CHECK_OK(train_ssim_new(&ssim, s->side, 1, &err));
    CHECK_OK(u->ops->load(u->p, at->values, at->stats, &err));
    CHECK_OK(u->ops->forward(u->p, s->x, u->y,
                             lesson->gan.alone ? NULL : at->stats, &err));
    f.loss = lesson->loss == BACKEND_SSIM
                 ? train_ssim_loss(ssim, u->y, u->target, u->dy, s->n, s->side)
                 : train_loss_mae(u->y, u->target, u->dy, s->n, each, 1);
    if (lesson->loss == BACKEND_GAN)
        pupil_is_judged(u, lesson, &f);
    if (!lesson->gan.alone)
        pupil_learns(u, lesson, &f);
    train_ssim_free(ssim);
    return f;
}

/* As a value is after its way in 16 bits: both sides see that. */
static float sent(float v, float least, float span)
{
    const float step = span / GPU_SENT_MOST;
    float q = rintf((v - least) * (GPU_SENT_MOST / span));

    return fminf(fmaxf(q, 0), GPU_SENT_MOST) * step + least;
}

/* The input as photos have it, and colours to be learnt. */
static float *lesson_photos(struct stage *s)
{
    size_t values = outputs(s);
    float *target = data_values(values, 7);

    for (size_t i = 0; i < inputs(s); i++)
        s->x[i] = sent(tanhf(s->x[i]), -1, 2);
    for (size_t i = 0; i < values; i++)
        target[i] = sent(target[i], GPU_TARGET_LEAST, GPU_TARGET_SPAN);
    return target;
}

static void check_near_state(const struct state *a, const struct state *b)
{
    CHECK(apart(a->at.values, b->at.values, a->params) < 1e-6);
    CHECK(apart(a->at.average, b->at.average, a->params) < 1e-6);
    CHECK(apart(a->at.m, b->at.m, a->params) < 1e-4);
    CHECK(apart(a->at.v, b->at.v, a->params) < 1e-4);
    CHECK(apart(a->at.stats, b->at.stats, a->stats) < 1e-6);
    CHECK(apart(a->at.average_stats, b->at.average_stats, a->stats) < 1e-6);
}

/* One step there: from state to state. */
static struct backend_found
step_there(const struct backend_ops *ops, struct backend_program *p,
           const struct pupil *u, const struct backend_lesson *lesson,
           const struct backend_state *from, const struct backend_state *to)
{
    struct backend_batch batch = {u->s->x, u->target, NULL};
    struct backend_found f;

    CHECK_OK(ops->learn->take(p, from, &err));
    CHECK_OK(ops->learn->batch(p, &batch, &err));
    CHECK_OK(ops->learn->step(p, lesson, &err));
    CHECK_OK(ops->learn->found(p, &f, &err));
    CHECK_OK(ops->learn->give(p, to, &err));
    return f;
}

/* One network that learns here by passes, and there by whole steps. */
struct school {
    const struct backend_ops *ops;
    struct stage s;
    struct backend_setup setup;
    float *target;
    struct pupil here;
    struct backend_program *p;
    struct state away;
};

static void school_open(struct school *t, const struct backend_ops *ops)
{
    t->ops = ops;
    stage_preset(&t->s, "T", 2, 32);
    t->target = lesson_photos(&t->s);
    t->setup = setup_of(&t->s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    t->away = state_new(&t->s);
    pupil_open(&t->here, ops, &t->s, t->target);
    CHECK_OK(ops->open(&t->p, &t->s.net, &t->setup, &err));
}

static void school_close(struct school *t)
{
    t->ops->close(t->p);
    pupil_close(&t->here);
    free(t->away.block);
    free(t->target);
    stage_release(&t->s);
}

/* Each from where the last one made of passes ended: from state to state
 * differences would grow. */
SLOW(away_steps_are_those_made_of_passes, 120)
{
    const struct backend_ops *ops = &wide_backend;
    struct school t;

    school_open(&t, ops);
    for (uint64_t step = 1; step <= 4; step++) {
        struct backend_lesson lesson = lesson_of(
            step < 3 ? BACKEND_MAE : BACKEND_SSIM, step, step % 2 ? 0.05f : 0);
        struct backend_found f, want;

        f = step_there(ops, t.p, &t.here, &lesson, &t.here.state.at,
                       &t.away.at);
        want = pupil_step(&t.here, &lesson);
        CHECK_NEAR(f.loss, want.loss, 1e-6 * want.loss);
        CHECK_NEAR(f.gradient, want.gradient, 1e-4 * want.gradient);
        check_near_state(&t.away, &t.here.state);
    }
    school_close(&t);
}

/* --- with a critic --- */

static struct model_critic *critic_new(void)
{
    struct model_critic *m;

    CHECK_OK(model_critic_new(&m, 34, &err));
    CHECK_OK(train_critic_start(m, 1, &err));
    // so that a gradient of next to nothing does not count for all
    for (size_t i = 0; i < m->wiring.net.params; i++)
        m->v[i] = 1e-6f;
    return m;
}

static struct backend_state critic_state(const struct model_critic *m)
{
    return (struct backend_state){
        .values = m->values, .stats = m->stats, .m = m->m, .v = m->v};
}

static void check_near_critic(const struct model_critic *a,
                              const struct model_critic *b)
{
    size_t params = b->wiring.net.params, stats = b->wiring.net.stats;

    CHECK(apart(a->values, b->values, params) < 1e-6);
    CHECK(apart(a->m, b->m, params) < 1e-4);
    CHECK(apart(a->v, b->v, params) < 1e-4);
    CHECK(apart(a->stats, b->stats, stats) < 1e-6);
}

/* Twice alone, then with the network. */
SLOW(away_gan_steps_are_those_made_of_passes, 300)
{
    const struct backend_ops *ops = &wide_backend;
    struct model_critic *there = critic_new(), *critic = critic_new();
    struct backend_state from_critic = critic_state(critic), from;
    struct backend_state to_critic = critic_state(there), to;
    struct school t;

    school_open(&t, ops);
    CHECK_OK(train_critic_open(&t.here.critic, ops, critic, &t.setup, &err));
    CHECK_OK(ops->learn->critic(t.p, &critic->wiring.net, &err));
    from = t.here.state.at;
    to = t.away.at;
    from.critic = &from_critic;
    to.critic = &to_critic;
    for (uint64_t step = 1; step <= 4; step++) {
        struct backend_lesson lesson =
            lesson_of(BACKEND_GAN, step, step == 4 ? 0.05f : 0);
        struct backend_found f, want;

        lesson.gan.adam = train_critic_adam(critic, 2e-4, 1);
        lesson.gan.weight = 20;
        lesson.gan.alone = step < 3;
        f = step_there(ops, t.p, &t.here, &lesson, &from, &to);
        want = pupil_step(&t.here, &lesson);
        CHECK_NEAR(f.d_loss, want.d_loss, 1e-6 * want.d_loss);
        check_near_critic(there, critic);
        check_near_state(&t.away, &t.here.state);
        if (lesson.gan.alone)
            continue;
        CHECK_NEAR(f.loss, want.loss, 1e-6 * want.loss);
        CHECK_NEAR(f.g_adv, want.g_adv, 1e-5 * want.g_adv);
        CHECK_NEAR(f.gradient, want.gradient, 1e-4 * want.gradient);
    }
    school_close(&t);
    model_critic_free(there);
    model_critic_free(critic);
}

TEST(away_critic_is_one_of_colours)
{
    struct backend_setup setup;
    struct backend_program *p;
    struct stage s;

    stage_preset(&s, "T", 2, 32);
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    CHECK_OK(host_backend.open(&p, &s.net, &setup, &err));
    CHECK_FAILS(host_backend.learn->critic(p, &s.net, &err), TT_USAGE,
                "a critic sees 3 channels and says one logit a patch");
    host_backend.close(p);
    stage_release(&s);
}

TEST(away_learns_nothing_but_colours)
{
    struct backend_photos photos = {NULL, 0, SHARD_SIDE};
    struct backend_setup setup;
    struct backend_program *p;
    struct stage s;

    stage_of(&s, SORTS); // a discriminator
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    CHECK_OK(host_backend.open(&p, &s.net, &setup, &err));
    CHECK_FAILS(
        host_backend.learn->keep(p, &photos, &err), TT_USAGE,
        "a network for training that colours square photos learns here");
    host_backend.close(p);
    stage_release(&s);
}
