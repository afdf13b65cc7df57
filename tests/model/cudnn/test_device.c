/* On a card, where there is one: the same comparisons with plain C that the
 * other backends pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/probe.h"
#include "model/params.h"
#include "model/patch.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/cudnn/object.h"
#include "tests/model/gpu/host.h"

static struct tt_error err;

/* The backend of the cards here; skips the test if there are none. */
static const struct backend_ops *card(void)
{
    const struct backend_plug *plug = object_open();

    if (plug->count(&err) < 0)
        check_skip(err.text);
    return plug->ops;
}

SLOW(device_layers_agree_with_plain_c, 300)
{
    const struct backend_ops *ops = card();

    compare_all(ops, BACKEND_BF16, 1e-2, 1e-1);
}

SLOW(device_passes_the_probe, 120)
{
    CHECK_OK(backend_probe(card(), 0, &err));
}

SLOW(device_repeats_its_bits, 300)
{
    const struct backend_ops *ops = card();
    struct result one, two;
    struct stage s;

    stage_preset(&s, "S", 8, 64);
    one = result_of(ops, &s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    two = result_of(ops, &s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    CHECK(memcmp(one.y, two.y, outputs(&s) * sizeof(float)) == 0);
    CHECK(memcmp(one.grads, two.grads, s.net.params * sizeof(float)) == 0);
    CHECK(memcmp(one.stats, two.stats, s.net.stats * sizeof(float)) == 0);
    result_release(&one);
    result_release(&two);
    stage_release(&s);
}

SLOW(device_runs_recorded_lists_as_it_runs_steps, 300)
{
    const struct backend_ops *ops = card();
    float *y[3], *stats;
    struct backend_setup setup;
    struct backend_program *p;
    struct stage s;

    // step by step, recorded, replayed
    stage_preset(&s, "T", 2, 64);
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    stats = malloc(s.net.stats * sizeof(float));
    CHECK_OK(ops->open(&p, &s.net, &setup, &err));
    CHECK_OK(ops->load(p, s.params, s.stats, &err));
    for (int i = 0; i < 3; i++) {
        y[i] = malloc(outputs(&s) * sizeof(float));
        memcpy(stats, s.stats, s.net.stats * sizeof(float));
        CHECK_OK(ops->forward(p, s.x, y[i], stats, &err));
        CHECK(memcmp(y[i], y[0], outputs(&s) * sizeof(float)) == 0);
    }
    for (int i = 0; i < 3; i++)
        free(y[i]);
    ops->close(p);
    free(stats);
    stage_release(&s);
}

#define LESSONS 5

static struct backend_lesson lesson_of(uint64_t i)
{
    static const enum backend_loss losses[LESSONS] = {
        BACKEND_MAE, BACKEND_MAE, BACKEND_SSIM, BACKEND_GAN, BACKEND_GAN};
    struct backend_adam adam = {1e-4f, 0.9f, 0.999f, 1e-8f, 0.5f, i + 1, 1};

    return (struct backend_lesson){
        .loss = losses[i],
        .adam = adam,
        .clip = 1,
        .gan = {.adam = adam, .weight = 20, .alone = i == 3}};
}

/* A critic as it begins; all four blocks of its state. */
static struct backend_state critic_of(const struct model_wiring *w)
{
    size_t params = w->net.params;
    float *block = calloc(3 * params + w->net.stats, sizeof(float));
    struct model_params *first;

    CHECK(block);
    CHECK_OK(model_params_new(&first, w, &err));
    model_params_start(first, w, 1, 0.02);
    memcpy(block, first->values, params * sizeof(float));
    memcpy(block + 3 * params, first->stats, w->net.stats * sizeof(float));
    model_params_free(first);
    return (struct backend_state){.values = block,
                                  .m = block + params,
                                  .v = block + 2 * params,
                                  .stats = block + 3 * params};
}

/* Steps of learning from the same state: their losses, and the weights behind
 * them. */
static void learn(const struct backend_ops *ops, struct backend_program *p,
                  const struct stage *s, const struct model_wiring *critic,
                  const float *target, double loss[LESSONS], float *values)
{
    size_t n = s->net.params;
    float *block = calloc(3 * n + 2 * s->net.stats, sizeof(float));
    float *stats = block + 3 * n;
    struct backend_state state = {.values = values,
                                  .stats = stats,
                                  .m = block,
                                  .v = block + n,
                                  .average = block + 2 * n,
                                  .average_stats = stats + s->net.stats};
    struct backend_state other = critic_of(critic);
    struct backend_batch batch = {s->x, target, NULL};

    memcpy(values, s->params, n * sizeof(float));
    memcpy(stats, s->stats, s->net.stats * sizeof(float));
    state.critic = &other;
    CHECK_OK(ops->learn->take(p, &state, &err));
    for (uint64_t i = 0; i < LESSONS; i++) {
        struct backend_lesson lesson = lesson_of(i);
        struct backend_found found;

        CHECK_OK(ops->learn->batch(p, &batch, &err));
        CHECK_OK(ops->learn->step(p, &lesson, &err));
        CHECK_OK(ops->learn->found(p, &found, &err));
        loss[i] = i < 3 ? found.loss : found.d_loss;
    }
    CHECK_OK(ops->learn->give(p, &state, &err));
    free(block);
    free(other.values);
}

SLOW(device_makes_the_steps_of_plain_loops, 300)
{
    const struct backend_ops *ops[] = {card(), &host_backend};
    float *target, *values[2];
    double loss[2][LESSONS];
    struct model_wiring critic;
    struct stage s;

    stage_preset(&s, "T", 2, 32);
    CHECK_OK(model_patch_init(&critic, 34, &err));
    target = malloc(outputs(&s) * sizeof(float));
    for (size_t i = 0; i < outputs(&s); i++)
        target[i] = 0.5f + 0.3f * sinf((float)i);
    for (size_t i = 0; i < inputs(&s); i++)
        s.x[i] = tanhf(s.x[i]);
    for (int k = 0; k < 2; k++) {
        struct backend_setup setup =
            setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
        struct backend_program *p;
        double again[LESSONS];
        float *once = malloc(s.net.params * sizeof(float));

        values[k] = malloc(s.net.params * sizeof(float));
        CHECK_OK(ops[k]->open(&p, &s.net, &setup, &err));
        CHECK_OK(ops[k]->learn->critic(p, &critic.net, &err));
        learn(ops[k], p, &s, &critic, target, loss[k], once);
        // recorded by now
        learn(ops[k], p, &s, &critic, target, again, values[k]);
        CHECK(memcmp(once, values[k], s.net.params * sizeof(float)) == 0);
        ops[k]->close(p);
        free(once);
    }
    for (int i = 0; i < LESSONS; i++)
        CHECK_NEAR(loss[0][i], loss[1][i], 2e-2 * loss[1][i]);
    CHECK(apart(values[0], values[1], s.net.params) < 1e-2);
    free(values[0]);
    free(values[1]);
    free(target);
    stage_release(&s);
}
