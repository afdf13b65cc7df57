/* One step of learning. */
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
};

/* The averages follow the weights: quickly at first, so that they do not
 * remember where these started. */
static void update(struct train_run *r, double rate)
{
    struct model_training *s = r->state;
    struct model_params *p = r->net.params;
    double ramp = (1.0 + (double)s->step) / (10.0 + (double)s->step);
    double decay = ramp < r->plan->average ? ramp : r->plan->average;
    struct backend_adam adam = {
        .rate = (float)rate,
        .beta1 = 0.9f,
        .beta2 = 0.999f,
        .eps = 1e-8f,
        .decay = (float)decay,
        .step = s->step + 1,
        .threads = r->threads,
    };

    backend_adam_step(&adam, p->count, s->values, r->grads, s->m, s->v,
                      p->values);
    for (size_t i = 0; i < p->stat_count; i++)
        p->stats[i] += (float)(1 - decay) * (s->stats[i] - p->stats[i]);
}

static double mae(struct train_run *r, const struct train_batch *b)
{
    size_t each = (size_t)b->side * (size_t)b->side * 2;

    return train_loss_mae(r->y, b->target, r->dy, r->plan->batch, each,
                          r->threads);
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
    f->g_l1 = 2 * apart;
    f->loss = f->g_adv + r->plan->gan.l1 * f->g_l1;
    f->loss3 = apart * 2 / 3;
    return 0;
}

/* At first the discriminator learns alone: the network's running statistics
 * stay as they are, too. */
static int gan(struct train_run *r, const struct train_batch *b, double rate,
               struct finding *f, struct tt_error *err)
{
    struct model_training *s = r->state;
    double first = r->plan->gan.alone * (double)train_batcher_count(r->batcher);
    bool alone = (double)s->critic->steps < first;

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

static int learn(struct train_run *r, struct finding *f, double rate,
                 struct tt_error *err)
{
    struct model_training *s = r->state;

    if (r->ops->backward(r->program, r->dy, r->grads, NULL, err) < 0)
        return -1;
    if (r->plan->clip > 0)
        clip(r, f);
    update(r, rate);
    s->loss_sum += f->loss;
    s->losses++;
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

static void say(const struct train_run *r, const struct finding *f)
{
    if (f->critic)
        train_event(r, "d_loss", f->d_loss);
    if (!f->learnt)
        return;
    train_event(r, "loss", f->loss);
    train_event(r, "loss3", f->loss3);
    if (r->plan->clip > 0)
        train_event(r, "gradient", f->gradient);
    if (!f->critic)
        return;
    train_event(r, "g_adv", f->g_adv);
    train_event(r, "g_l1", f->g_l1);
}

int train_step(struct train_run *r, const struct train_batch *batch,
               double progress, struct tt_error *err)
{
    struct model_training *s = r->state;
    double began = train_now();
    double rate =
        s->ease * train_schedule_rate(&r->schedule, s->step, progress);
    struct finding f = {0};

    if (r->ops->load(r->program, s->values, s->stats, err) < 0 ||
        look(r, batch, rate, &f, err) < 0 || join(r, &f, err) < 0 ||
        (f.learnt && learn(r, &f, rate, err) < 0))
        return -1;
    s->step++;
    s->batch++;
    say(r, &f);
    train_event(r, "rate", rate);
    train_event(r, "images_per_s", r->share.whole / (train_now() - began));
    return 0;
}
