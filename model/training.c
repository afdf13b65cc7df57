#include "model/training.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/patch.h"

/* The four blocks of a network in training, in one; values is the owner. */
static int blocks_new(const struct backend_net *net, float **values,
                      float **stats, float **m, float **v, struct tt_error *err)
{
    *values = tt_memory_floats(3 * net->params + net->stats);
    if (!*values)
        return tt_fail(err, TT_NOMEM, "no memory for the state of training");
    *m = *values + net->params;
    *v = *m + net->params;
    *stats = *v + net->params;
    return 0;
}

int model_training_new(struct model_training **out,
                       const struct model_wiring *w, struct tt_error *err)
{
    struct model_training *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (!t)
        return tt_fail(err, TT_NOMEM, "no memory for the state of training");
    t->best = -1;
    t->ease = 1;
    if (blocks_new(&w->net, &t->values, &t->stats, &t->m, &t->v, err) < 0) {
        model_training_free(t);
        return -1;
    }
    *out = t;
    return 0;
}

void model_training_free(struct model_training *t)
{
    if (!t)
        return;
    model_critic_free(t->critic);
    free(t->values);
    free(t);
}

int model_critic_new(struct model_critic **out, int patch, struct tt_error *err)
{
    struct model_critic *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for a discriminator");
    c->patch = patch;
    if (model_patch_init(&c->wiring, patch, err) < 0 ||
        blocks_new(&c->wiring.net, &c->values, &c->stats, &c->m, &c->v, err) <
            0) {
        model_critic_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

void model_critic_free(struct model_critic *c)
{
    if (!c)
        return;
    free(c->values);
    free(c);
}
