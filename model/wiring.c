#include "model/wiring.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void model_wiring_init(struct model_wiring *w, int inputs)
{
    memset(w, 0, sizeof(*w));
    w->net.inputs = inputs;
}

/* The next tensor, behind `end` values of its block; returns its offset. */
static size_t piece(struct model_wiring *w, int at, const char *layer,
                    const char *part, int rank, const int *shape, size_t *end)
{
    struct model_tensor *t = &w->tensor[at];

    assert(at < MODEL_TENSORS);
    snprintf(t->name, sizeof(t->name), "%s.%s", layer, part);
    t->rank = rank;
    t->count = 1;
    for (int i = 0; i < rank; i++) {
        t->shape[i] = shape[i];
        t->count *= (size_t)shape[i];
    }
    t->offset = *end;
    *end += t->count;
    return t->offset;
}

static size_t parameter(struct model_wiring *w, const char *layer,
                        const char *part, int rank, const int *shape)
{
    return piece(w, w->tensors++, layer, part, rank, shape, &w->net.params);
}

static size_t statistic(struct model_wiring *w, int l, const char *part)
{
    return piece(w, w->tensors + w->stat_tensors++, w->name[l], part, 1,
                 &w->net.layer[l].co, &w->net.stats);
}

int model_wiring_add(struct model_wiring *w, const char *name,
                     struct backend_layer layer)
{
    int l = w->net.layers++;
    int shape[4] = {layer.co, layer.ci, layer.kernel, layer.kernel};

    assert(l < BACKEND_LAYERS && w->stat_tensors == 0);
    snprintf(w->name[l], MODEL_NAME, "%s", name);
    layer.weight = parameter(w, name, "weight", 4, shape);
    if (layer.norm)
        layer.scale = parameter(w, name, "scale", 1, shape);
    layer.bias = parameter(w, name, "bias", 1, shape);
    w->net.layer[l] = layer;
    return l;
}

void model_wiring_finish(struct model_wiring *w)
{
    for (int l = 0; l < w->net.layers; l++)
        if (w->net.layer[l].norm) {
            w->net.layer[l].mean = statistic(w, l, "mean");
            w->net.layer[l].var = statistic(w, l, "var");
        }
}
