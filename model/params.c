#include "model/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/random.h"

int model_params_new(struct model_params **out, const struct model_wiring *w,
                     struct tt_error *err)
{
    struct model_params *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for parameters");
    p->count = w->net.params;
    p->stat_count = w->net.stats;
    p->values = tt_memory_floats(p->count);
    p->stats = calloc(p->stat_count, sizeof(float));
    if (!p->values || !p->stats) {
        model_params_free(p);
        return tt_fail(err, TT_NOMEM, "no memory for parameters");
    }
    for (int l = 0; l < w->net.layers; l++)
        if (w->net.layer[l].norm)
            for (int c = 0; c < w->net.layer[l].co; c++)
                p->stats[w->net.layer[l].var + (size_t)c] = 1;
    *out = p;
    return 0;
}

/* Fan-in is ci k k for UP too: enlarged pixels are equal, but each weight still
 * meets one. The head has no ReLU behind it, hence half the variance. */
static void start_layer(struct model_params *p, const struct backend_layer *y,
                        uint64_t key, double deviation)
{
    double gain = y->kind == BACKEND_HEAD ? 1 : 2;
    size_t count = backend_layer_weights(y);
    double he = sqrt(gain * y->co / (double)count);
    float spread = (float)(deviation > 0 ? deviation : he);

    for (size_t i = 0; i < count; i++)
        p->values[y->weight + i] = spread * model_random_normal(key, i);
    for (size_t c = 0; c < (size_t)y->co; c++) {
        p->values[y->bias + c] = 0;
        if (!y->norm)
            continue;
        p->values[y->scale + c] = 1;
        p->stats[y->mean + c] = 0;
        p->stats[y->var + c] = 1;
    }
}

void model_params_start(struct model_params *p, const struct model_wiring *w,
                        uint64_t seed, double deviation)
{
    for (int l = 0; l < w->net.layers; l++)
        start_layer(p, &w->net.layer[l], model_random(seed, (uint64_t)l, 0),
                    deviation);
}

void model_params_free(struct model_params *p)
{
    if (!p)
        return;
    free(p->values);
    free(p->stats);
    free(p);
}
