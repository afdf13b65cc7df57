/* Two processes, each with its part of a batch, against one with all of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/backend.h"
#include "model/params.h"
#include "model/random.h"
#include "model/unet.h"
#include "tests/check.h"
#include "tests/model/gpu/host.h"
#include "tests/model/reduce/group.h"

static struct tt_error err;

#define SIDE   32
#define PIXELS ((size_t)SIDE * SIDE)
#define PART   3
#define WHOLE  (2 * PART)

struct stage {
    struct model_unet unet;
    struct model_params *params;
    float x[WHOLE * PIXELS], dy[WHOLE * PIXELS * 2];
};

struct result {
    float y[WHOLE * PIXELS * 2], *grads, *stats;
};

static struct stage *stage_new(void)
{
    struct stage *s = calloc(1, sizeof(*s));

    CHECK(s);
    model_unet_init(&s->unet, model_preset_find("T", &err), true);
    CHECK_OK(model_params_new(&s->params, &s->unet.wiring, &err));
    model_params_start(s->params, &s->unet.wiring, 3, 0);
    for (size_t i = 0; i < WHOLE * PIXELS; i++)
        s->x[i] = model_random_normal(1, i) + (float)i / (WHOLE * PIXELS);
    for (size_t i = 0; i < WHOLE * PIXELS * 2; i++)
        s->dy[i] = model_random_normal(2, i) / (PIXELS * 2);
    return s;
}

static void stage_free(struct stage *s)
{
    model_params_free(s->params);
    free(s);
}

/* A step on `batch` photos from `first` on, with a loss that is a mean over
 * them. */
static void step(const struct backend_ops *ops, const struct stage *s,
                 struct backend_setup setup, size_t first, struct result *r)
{
    size_t count = (size_t)setup.batch * PIXELS * 2;
    float *dy = malloc(count * sizeof(float));
    struct backend_program *p;

    setup.height = setup.width = SIDE;
    setup.use = BACKEND_TRAIN;
    setup.threads = 1;
    r->grads = malloc(s->params->count * sizeof(float));
    r->stats = malloc(s->params->stat_count * sizeof(float));
    CHECK(dy && r->grads && r->stats);
    for (size_t i = 0; i < count; i++)
        dy[i] = s->dy[first * PIXELS * 2 + i] / (float)setup.batch;
    memcpy(r->stats, s->params->stats, s->params->stat_count * sizeof(float));
    CHECK_OK(ops->open(&p, &s->unet.wiring.net, &setup, &err));
    CHECK_OK(ops->load(p, s->params->values, r->stats, &err));
    CHECK_OK(ops->forward(p, s->x + first * PIXELS, r->y, r->stats, &err));
    CHECK_OK(ops->backward(p, dy, r->grads, NULL, &err));
    ops->close(p);
    free(dy);
}

static void result_release(struct result *r)
{
    free(r->grads);
    free(r->stats);
}

static double apart(const float *a, const float *b, size_t n)
{
    double d = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        all += (double)b[i] * b[i];
    }
    return sqrt(d / (all + 1e-30));
}

static void compare(struct reduce *r, const struct backend_ops *ops,
                    enum backend_precision precision, double near)
{
    static struct result whole, part;
    struct stage *s = stage_new();
    struct backend_setup setup = {.batch = WHOLE, .precision = precision};
    size_t first = PART * (size_t)reduce_rank(r);

    step(ops, s, setup, 0, &whole);
    setup.batch = PART;
    setup.group = r;
    step(ops, s, setup, first, &part);
    CHECK(apart(part.y, whole.y + first * PIXELS * 2, PART * PIXELS * 2) <
          near);
    CHECK(apart(part.stats, whole.stats, s->params->stat_count) < near);
    CHECK(apart(part.grads, whole.grads, s->params->count) < 10 * near);
    result_release(&whole);
    result_release(&part);
    stage_free(s);
}

SLOW(backend_in_two_parts_gives_what_one_whole_gives, 120)
{
    struct reduce *r =
        group_join("backend_in_two_parts_gives_what_one_whole_gives", 2);

    compare(r, &backend_onednn, BACKEND_F32, 2e-6);
    if (backend_onednn.can(BACKEND_BF16))
        compare(r, &backend_onednn, BACKEND_BF16, 1e-3);
    reduce_close(r);
}

SLOW(backend_of_a_gpu_in_two_parts_gives_what_one_whole_gives, 300)
{
    struct reduce *r = group_join(
        "backend_of_a_gpu_in_two_parts_gives_what_one_whole_gives", 2);

    compare(r, &wide_backend, BACKEND_AUTO, 2e-6);
    reduce_close(r);
}

static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void repeat(struct reduce *r, const struct backend_ops *ops)
{
    static struct result first, again;
    struct stage *s = stage_new();
    struct backend_setup setup = {.batch = 2, .group = r};

    step(ops, s, setup, 2 * (size_t)reduce_rank(r), &first);
    step(ops, s, setup, 2 * (size_t)reduce_rank(r), &again);
    CHECK(same_bits(first.y, again.y, 2 * PIXELS * 2 * sizeof(float)));
    CHECK(same_bits(first.stats, again.stats,
                    s->params->stat_count * sizeof(float)));
    CHECK(
        same_bits(first.grads, again.grads, s->params->count * sizeof(float)));
    // and everywhere the same
    CHECK_OK(
        reduce_tell(r, 0, again.grads, s->params->count * sizeof(float), &err));
    CHECK(
        same_bits(first.grads, again.grads, s->params->count * sizeof(float)));
    result_release(&first);
    result_release(&again);
    stage_free(s);
}

SLOW(backend_in_parts_gives_the_same_bits_each_time, 120)
{
    struct reduce *r =
        group_join("backend_in_parts_gives_the_same_bits_each_time", 3);

    repeat(r, &backend_onednn);
    repeat(r, &host_backend);
    reduce_close(r);
}

/* Each normalizes over its own part: the gradients are then the mean of what
 * the parts' alone would be. */
static void compare_own(struct reduce *r, const struct backend_ops *ops,
                        enum backend_precision precision)
{
    static struct result alone, part;
    struct stage *s = stage_new();
    struct backend_setup setup = {.batch = PART, .precision = precision};
    size_t first = PART * (size_t)reduce_rank(r);

    step(ops, s, setup, first, &alone);
    for (size_t i = 0; i < s->params->count; i++)
        alone.grads[i] /= 2;
    CHECK_OK(reduce_begin(r, alone.grads, s->params->count, &err));
    CHECK_OK(reduce_wait(r, &err));
    setup.group = r;
    setup.own_norm = true;
    step(ops, s, setup, first, &part);
    CHECK(same_bits(part.y, alone.y, PART * PIXELS * 2 * sizeof(float)));
    CHECK(same_bits(part.stats, alone.stats,
                    s->params->stat_count * sizeof(float)));
    CHECK(apart(part.grads, alone.grads, s->params->count) < 1e-7);
    result_release(&alone);
    result_release(&part);
    stage_free(s);
}

SLOW(backend_in_parts_may_normalize_each_alone, 120)
{
    struct reduce *r =
        group_join("backend_in_parts_may_normalize_each_alone", 2);

    compare_own(r, &backend_onednn, BACKEND_F32);
    compare_own(r, &host_backend, BACKEND_BF16);
    reduce_close(r);
}
