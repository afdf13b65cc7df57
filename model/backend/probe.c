#include "model/backend/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N    2
#define SIDE 16

#define PIXELS (N * SIDE * SIDE)
#define PARAMS 4096
#define STATS  128

/* Most that may lie between two results, of their length: 8 bits of mantissa
 * and ReLUs that turn over explain less. */
#define FORWARD  0.03
#define BACKWARD 0.3

struct result {
    float y[PIXELS * 2], grads[PARAMS], stats[STATS];
    double loss; // the rest: of steps of learning
    float values[PARAMS], m[PARAMS], v[PARAMS], average[PARAMS];
    float average_stats[STATS];
};

struct numbers {
    float x[PIXELS], dy[PIXELS * 2], target[PIXELS * 2];
    float params[PARAMS], stats[STATS];
    struct result want, got;
};

static void add_layer(struct backend_net *net, struct backend_layer y)
{
    size_t co = (size_t)y.co;

    y.weight = net->params;
    y.bias = y.weight + backend_layer_weights(&y);
    net->params = y.bias + co;
    if (y.norm) {
        y.scale = net->params;
        net->params += co;
        y.mean = net->stats;
        y.var = net->stats + co;
        net->stats += 2 * co;
    }
    net->layer[net->layers++] = y;
}

/* Down, up, and joined with what there was. */
static void make_net(struct backend_net *net)
{
    struct backend_layer y = {.kind = BACKEND_UNIT,
                              .from = BACKEND_INPUT,
                              .join = BACKEND_NONE,
                              .ci = 1,
                              .co = 8,
                              .kernel = 3,
                              .stride = 1,
                              .norm = true};

    *net = (struct backend_net){.inputs = 1};
    add_layer(net, y);
    y.from = 0;
    y.ci = 8;
    y.co = 16;
    y.stride = 2;
    add_layer(net, y);
    y.kind = BACKEND_UP;
    y.from = 1;
    y.ci = 16;
    y.co = 8;
    y.stride = 1;
    add_layer(net, y);
    y.kind = BACKEND_HEAD;
    y.from = 2;
    y.join = 0;
    y.co = 2;
    y.norm = false;
    add_layer(net, y);
}

/* Something like noise, the same everywhere. */
static void fill(float *at, size_t count, float middle, float spread)
{
    for (size_t i = 0; i < count; i++)
        at[i] = middle + spread * sinf(12.9898f * (float)(i + 1) * (float)i);
}

static void fill_all(struct numbers *n, const struct backend_net *net)
{
    fill(n->x, PIXELS, 0, 1);
    fill(n->dy, PIXELS * 2, 0, 1.0f / PIXELS);
    fill(n->target, PIXELS * 2, 0.5f, 0.3f);
    fill(n->params, net->params, 0, 0.3f);
    fill(n->stats, net->stats, 1, 0.3f);
    for (int l = 0; l < net->layers; l++)
        if (net->layer[l].norm)
            fill(n->params + net->layer[l].scale, (size_t)net->layer[l].co, 1,
                 0.3f);
}

static int compute(const struct backend_ops *ops, const struct backend_net *net,
                   const struct backend_setup *setup, const struct numbers *n,
                   struct result *out, struct tt_error *err)
{
    struct backend_program *p;
    int rc;

    memcpy(out->stats, n->stats, sizeof(out->stats));
    if (ops->open(&p, net, setup, err) < 0)
        return -1;
    rc = ops->load(p, n->params, n->stats, err);
    // a second time, as a card then runs what it recorded
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = ops->forward(p, n->x, out->y, out->stats, err);
    for (int i = 0; rc == 0 && i < 2 && setup->use == BACKEND_TRAIN; i++) {
        if (i > 0)
            rc = ops->forward(p, n->x, out->y, out->stats, err);
        if (rc == 0)
            rc = ops->backward(p, n->dy, out->grads, NULL, err);
    }
    ops->close(p);
    return rc;
}

/* |a - b| / |b| */
static double apart(const float *a, const float *b, size_t count)
{
    double d = 0, all = 0;

    for (size_t i = 0; i < count; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        all += (double)b[i] * b[i];
    }
    return sqrt(d / (all + 1e-30));
}

static int judge(const struct backend_ops *ops, const char *what,
                 const float *got, const float *want, size_t count,
                 double tolerance, struct tt_error *err)
{
    double d = apart(got, want, count);

    // what is no number is not below either
    if (d < tolerance)
        return 0;
    return tt_fail(err, TT_UNAVAILABLE,
                   "%s computes %s that are %.3g of their size away from plain "
                   "C's",
                   ops->name, what, d);
}

/* --- steps of learning --- */

/* A second one, as with recorded lists; eps so large that a gradient of next to
 * nothing moves nothing. */
#define STEPS 2

static struct backend_lesson lesson_at(uint64_t step)
{
    return (struct backend_lesson){
        .loss = BACKEND_MAE,
        .adam = {1e-2f, 0.9f, 0.999f, 1e-2f, 0.5f, step, 1}};
}

static struct backend_state start(const struct numbers *n, struct result *out)
{
    memcpy(out->values, n->params, sizeof(out->values));
    memcpy(out->average, n->params, sizeof(out->average));
    memcpy(out->stats, n->stats, sizeof(out->stats));
    memcpy(out->average_stats, n->stats, sizeof(out->average_stats));
    memset(out->m, 0, sizeof(out->m));
    memset(out->v, 0, sizeof(out->v));
    return (struct backend_state){
        .values = out->values,
        .stats = out->stats,
        .m = out->m,
        .v = out->v,
        .average = out->average,
        .average_stats = out->average_stats,
    };
}

/* The mean of |y - target|, and its gradient. */
static double mae(const float *y, const float *target, float *dy)
{
    double sum = 0;

    for (size_t i = 0; i < PIXELS * 2; i++) {
        float d = y[i] - target[i];

        sum += fabs((double)d);
        dy[i] = (d > 0 ? 1.0f : -1.0f) / (PIXELS * 2);
    }
    return sum / (PIXELS * 2);
}

/* By plain C, of its passes. */
static int learn_here(const struct backend_net *net,
                      const struct backend_setup *setup,
                      const struct numbers *n, struct result *out,
                      struct tt_error *err)
{
    const struct backend_ops *ops = &backend_reference;
    struct backend_state at = start(n, out);
    float dy[PIXELS * 2];
    struct backend_program *p;
    int rc = 0;

    if (ops->open(&p, net, setup, err) < 0)
        return -1;
    for (uint64_t i = 1; rc == 0 && i <= STEPS; i++) {
        struct backend_lesson lesson = lesson_at(i);

        rc = ops->load(p, at.values, at.stats, err);
        if (rc == 0)
            rc = ops->forward(p, n->x, out->y, at.stats, err);
        out->loss = mae(out->y, n->target, dy);
        if (rc == 0)
            rc = ops->backward(p, dy, out->grads, NULL, err);
        if (rc == 0)
            backend_adam_step(&lesson.adam, net->params, at.values, out->grads,
                              at.m, at.v, at.average);
    }
    ops->close(p);
    return rc;
}

static int learn_there(const struct backend_ops *ops,
                       const struct backend_net *net,
                       const struct backend_setup *setup,
                       const struct numbers *n, struct result *out,
                       struct tt_error *err)
{
    const struct backend_learn_ops *learn = ops->learn;
    const struct backend_batch batch = {n->x, n->target, NULL};
    struct backend_state at = start(n, out);
    struct backend_found found = {0};
    struct backend_program *p;
    int rc;

    if (ops->open(&p, net, setup, err) < 0)
        return -1;
    rc = learn->take(p, &at, err);
    for (uint64_t i = 1; rc == 0 && i <= STEPS; i++) {
        struct backend_lesson lesson = lesson_at(i);

        rc = learn->batch(p, &batch, err);
        if (rc == 0)
            rc = learn->step(p, &lesson, err);
        if (rc == 0)
            rc = learn->found(p, &found, err);
    }
    out->loss = found.loss;
    if (rc == 0)
        rc = learn->give(p, &at, err);
    ops->close(p);
    return rc;
}

static int probe_learning(const struct backend_ops *ops,
                          const struct backend_net *net,
                          struct backend_setup setup, struct numbers *n,
                          struct tt_error *err)
{
    const struct result *want = &n->want, *got = &n->got;
    float losses[2];

    if (!ops->learn)
        return 0;
    if (learn_there(ops, net, &setup, n, &n->got, err) < 0)
        return -1;
    setup.device = 0;
    if (learn_here(net, &setup, n, &n->want, err) < 0)
        return -1;
    losses[0] = (float)got->loss;
    losses[1] = (float)want->loss;
    if (judge(ops, "losses", &losses[0], &losses[1], 1, FORWARD, err) < 0 ||
        judge(ops, "moments", got->m, want->m, net->params, BACKWARD, err) < 0)
        return -1;
    return judge(ops, "weights", got->average, want->average, net->params,
                 FORWARD, err);
}

static int probe(const struct backend_ops *ops, int device, struct numbers *n,
                 struct tt_error *err)
{
    struct backend_setup setup = {
        .batch = N, .height = SIDE, .width = SIDE, .threads = 1};
    struct backend_net net;

    make_net(&net);
    fill_all(n, &net);
    for (int use = BACKEND_INFER; use <= BACKEND_TRAIN; use++) {
        setup.use = (enum backend_use)use;
        setup.device = 0;
        if (compute(&backend_reference, &net, &setup, n, &n->want, err) < 0)
            return -1;
        setup.device = device;
        if (compute(ops, &net, &setup, n, &n->got, err) < 0 ||
            judge(ops, "colours", n->got.y, n->want.y, PIXELS * 2, FORWARD,
                  err) < 0)
            return -1;
    }
    if (judge(ops, "statistics", n->got.stats, n->want.stats, net.stats,
              FORWARD, err) < 0 ||
        judge(ops, "gradients", n->got.grads, n->want.grads, net.params,
              BACKWARD, err) < 0)
        return -1;
    return probe_learning(ops, &net, setup, n, err);
}

int backend_probe(const struct backend_ops *ops, int device,
                  struct tt_error *err)
{
    struct numbers *n = calloc(1, sizeof(*n));
    int rc;

    if (!n)
        return tt_fail(err, TT_NOMEM, "no memory to try a backend");
    rc = probe(ops, device, n, err);
    free(n);
    return rc;
}
