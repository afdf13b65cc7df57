/* One step of learning: made here of a backend's passes, or by it as a whole.
 * Such a step is away: it runs on while the next batch is made, and is spoken
 * of when the next one begins or the state is asked home. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/backend/adam.h"
#include "model/train/loss.h"
#include "model/train/run.h"

/* What a step found. */
struct finding {
    bool critic, learnt;        /* of whom there is something to say */
    double loss, loss3;         /* of the stage, and over three channels */
    double d_loss, g_adv, g_l1; /* of a gan stage */
    double gradient;            /* its 2-norm, with clip */
    double rate, began;
};

/* The averages follow the weights: quickly at first, so that they do not
 * remember where these started. */
static struct backend_adam adam_of(const struct train_run *r, double rate)
{
    const struct model_training *s = r->state;
    double ramp = (1.0 + (double)s->step) / (10.0 + (double)s->step);

    return (struct backend_adam){
        .rate = (float)rate,
        .beta1 = 0.9f,
        .beta2 = 0.999f,
        .eps = 1e-8f,
        .decay = (float)(ramp < r->plan->average ? ramp : r->plan->average),
        .step = s->step + 1,
        .threads = r->threads,
    };
}

static void update(struct train_run *r, double rate)
{
    struct model_training *s = r->state;
    struct model_params *p = r->net.params;
    struct backend_adam adam = adam_of(r, rate);

    backend_adam_step(&adam, p->count, s->values, r->grads, s->m, s->v,
                      p->values);
    for (size_t i = 0; i < p->stat_count; i++)
        p->stats[i] += (1 - adam.decay) * (s->stats[i] - p->stats[i]);
}

static double mae(struct train_run *r, const struct train_batch *b)
{
    size_t each = (size_t)b->side * (size_t)b->side * 2;

    return train_loss_mae(r->y, b->target, r->dy, r->plan->batch, each,
                          r->threads);
}

/* The network's in a gan stage, with g_adv. */
static void set_losses(const struct train_run *r, struct finding *f,
                       double apart)
{
    f->g_l1 = 2 * apart;
    f->loss = f->g_adv + r->plan->gan.l1 * f->g_l1;
    f->loss3 = apart * 2 / 3;
}

/* The gan stage's loss of the network: what the discriminator says, and the
 * distance of the colours in -1..1. */
static int adversary(struct train_run *r, const struct train_batch *b,
                     struct finding *f, struct tt_error *err)
{
    size_t values =
        (size_t)r->plan->batch * (size_t)b->side * (size_t)b->side * 2;
    double apart = mae(r, b);
    float weight = (float)(2 * r->plan->gan.l1);

    for (size_t i = 0; i < values; i++)
        r->dy[i] *= weight;
    if (train_critic_judge(r->critic, b, r->y, r->dy, &f->g_adv, err) < 0)
        return -1;
    set_losses(r, f, apart);
    return 0;
}

/* At first the discriminator learns alone: the network's running statistics
 * stay as they are, too. */
static bool critic_alone(const struct train_run *r)
{
    double first = r->plan->gan.alone * (double)train_batcher_count(r->batcher);

    return (double)r->state->critic->steps < first;
}

static int gan(struct train_run *r, const struct train_batch *b, double rate,
               struct finding *f, struct tt_error *err)
{
    struct model_training *s = r->state;
    bool alone = critic_alone(r);

    if (r->ops->forward(r->program, b->x, r->y, alone ? NULL : s->stats, err) <
            0 ||
        train_critic_learn(r->critic, b, r->y, rate, &f->d_loss, err) < 0)
        return -1;
    f->critic = true;
    f->learnt = !alone;
    return alone ? 0 : adversary(r, b, f, err);
}

/* The loss and its gradient by the output, in dy. */
static int look(struct train_run *r, const struct train_batch *b, double rate,
                struct finding *f, struct tt_error *err)
{
    if (r->loss == TRAIN_GAN)
        return gan(r, b, rate, f, err);
    if (r->ops->forward(r->program, b->x, r->y, r->state->stats, err) < 0)
        return -1;
    f->loss = r->loss == TRAIN_SSIM
                  ? train_ssim_loss(r->ssim, r->y, b->target, r->dy,
                                    r->plan->batch, b->side)
                  : mae(r, b);
    f->loss3 = f->loss * 2 / 3;
    f->learnt = true;
    return 0;
}

/* Shorten a gradient that is too long. */
static void clip(struct train_run *r, struct finding *f)
{
    size_t count = r->net.params->count;

    f->gradient = sqrt(train_loss_square(r->grads, count, r->threads));
    if (f->gradient > r->plan->clip)
        for (size_t i = 0; i < count; i++)
            r->grads[i] *= (float)(r->plan->clip / f->gradient);
}

static void count_loss(struct train_run *r, const struct finding *f)
{
    r->state->loss_sum += f->loss;
    r->state->losses++;
}

static int learn(struct train_run *r, struct finding *f, struct tt_error *err)
{
    if (r->ops->backward(r->program, r->dy, r->grads, NULL, err) < 0)
        return -1;
    if (r->plan->clip > 0)
        clip(r, f);
    update(r, f->rate);
    count_loss(r, f);
    return 0;
}

/* What the processes of the run found, together. */
static int join(struct train_run *r, struct finding *f, struct tt_error *err)
{
    double found[] = {f->loss, f->loss3, f->d_loss, f->g_adv, f->g_l1};

    if (train_share_means(&r->share, found, 5, err) < 0)
        return -1;
    f->loss = found[0];
    f->loss3 = found[1];
    f->d_loss = found[2];
    f->g_adv = found[3];
    f->g_l1 = found[4];
    return 0;
}

static void say_learnt(const struct train_run *r, const struct finding *f)
{
    train_event(r, "loss", f->loss);
    train_event(r, "loss3", f->loss3);
    if (r->plan->clip > 0)
        train_event(r, "gradient", f->gradient);
    if (!f->critic)
        return;
    train_event(r, "g_adv", f->g_adv);
    train_event(r, "g_l1", f->g_l1);
}

static void say(const struct train_run *r, const struct finding *f)
{
    if (f->critic)
        train_event(r, "d_loss", f->d_loss);
    if (f->learnt)
        say_learnt(r, f);
    train_event(r, "rate", f->rate);
    train_event(r, "images_per_s", r->share.whole / (train_now() - f->began));
}

static int step_here(struct train_run *r, const struct train_batch *batch,
                     double rate, struct tt_error *err)
{
    struct model_training *s = r->state;
    struct finding f = {.rate = rate, .began = train_now()};

    if (r->ops->load(r->program, s->values, s->stats, err) < 0 ||
        look(r, batch, rate, &f, err) < 0 || join(r, &f, err) < 0 ||
        (f.learnt && learn(r, &f, err) < 0))
        return -1;
    s->step++;
    s->batch++;
    say(r, &f);
    return 0;
}

/* --- away --- */

/* critic: room for the discriminator's, if it is there as well. */
static struct backend_state state_of(const struct train_run *r,
                                     struct backend_state *critic)
{
    const struct model_critic *c = r->state->critic;

    if (r->beside)
        *critic = (struct backend_state){
            .values = c->values, .stats = c->stats, .m = c->m, .v = c->v};
    return (struct backend_state){
        .values = r->state->values,
        .stats = r->state->stats,
        .m = r->state->m,
        .v = r->state->v,
        .average = r->net.params->values,
        .average_stats = r->net.params->stats,
        .critic = r->beside ? critic : NULL,
    };
}

static int leave(struct train_run *r, struct tt_error *err)
{
    struct backend_state critic, state = state_of(r, &critic);

    if (!r->away && r->ops->learn->take(r->program, &state, err) < 0)
        return -1;
    r->away = true;
    return 0;
}

/* What a step found there, as if it had been made here. */
static struct finding finding_of(const struct train_run *r,
                                 const struct backend_found *found)
{
    struct finding f = {
        .critic = r->step.critic,
        .learnt = r->step.learnt,
        .d_loss = found->d_loss,
        .rate = r->step.rate,
        .began = r->step.began,
    };

    if (!f.learnt)
        return f;
    f.gradient = found->gradient;
    f.loss = found->loss;
    f.loss3 = found->loss * 2 / 3;
    if (!f.critic)
        return f;
    f.g_adv = found->g_adv;
    set_losses(r, &f, found->loss);
    return f;
}

/* The end of the step that is under way. */
static int finish(struct train_run *r, struct finding *f, struct tt_error *err)
{
    struct backend_found found;

    r->step.under_way = false;
    if (r->ops->learn->found(r->program, &found, err) < 0)
        return -1;
    *f = finding_of(r, &found);
    if (join(r, f, err) < 0)
        return -1;
    if (f->learnt)
        count_loss(r, f);
    return 0;
}

static int start(struct train_run *r, double rate, struct tt_error *err)
{
    static const enum backend_loss losses[] = {[TRAIN_MAE] = BACKEND_MAE,
                                               [TRAIN_SSIM] = BACKEND_SSIM,
                                               [TRAIN_GAN] = BACKEND_GAN};
    struct model_critic *critic =
        r->loss == TRAIN_GAN ? r->state->critic : NULL;
    struct backend_lesson lesson = {
        .loss = losses[r->loss],
        .adam = adam_of(r, rate),
        .clip = (float)r->plan->clip,
        .gan = {.weight = (float)(2 * r->plan->gan.l1)},
    };

    r->step.critic = critic != NULL;
    if (critic) {
        lesson.gan.alone = critic_alone(r);
        lesson.gan.adam = train_critic_adam(critic, rate, r->threads);
        critic->steps++;
    }
    r->step.learnt = !lesson.gan.alone;
    r->step.began = train_now();
    r->step.rate = rate;
    r->step.under_way = true;
    return r->ops->learn->step(r->program, &lesson, err);
}

/* The last step ends when the batch of this one is there, and is spoken of when
 * this one runs. In a group nothing is left for later: its processes wait for
 * each other anyway, and what they find they add up at the same places. */
static int step_away(struct train_run *r, const struct train_batch *b,
                     double rate, struct tt_error *err)
{
    struct backend_batch batch = {b->x, b->target,
                                  r->resident ? b->record : NULL};
    bool late = r->step.under_way;
    struct finding f;

    if (leave(r, err) < 0 ||
        r->ops->learn->batch(r->program, &batch, err) < 0 ||
        (late && finish(r, &f, err) < 0) || start(r, rate, err) < 0)
        return -1;
    if (late)
        say(r, &f);
    r->state->step++;
    r->state->batch++;
    if (!r->share.group)
        return 0;
    if (finish(r, &f, err) < 0)
        return -1;
    say(r, &f);
    return 0;
}

int train_step_home(struct train_run *r, struct tt_error *err)
{
    struct backend_state critic, state = state_of(r, &critic);
    struct finding f;

    if (!r->away)
        return 0;
    if (r->step.under_way) {
        if (finish(r, &f, err) < 0)
            return -1;
        say(r, &f);
    }
    if (r->ops->learn->give(r->program, &state, err) < 0)
        return -1;
    r->away = false;
    return 0;
}

int train_step(struct train_run *r, const struct train_batch *batch,
               double progress, struct tt_error *err)
{
    const struct model_training *s = r->state;
    double rate =
        s->ease * train_schedule_rate(&r->schedule, s->step, progress);

    if (r->ops->learn)
        return step_away(r, batch, rate, err);
    assert(batch->x);
    return step_here(r, batch, rate, err);
}
