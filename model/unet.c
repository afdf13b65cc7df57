#include "model/unet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// clang-format off
const struct model_preset model_presets[] = {
    {"T", "0.5 M parameters, for tests",
     {8, 16, 32, 64, 128},     {1, 2, 2, 2, 2}, 1},
    {"P", "3.5 M, the smallest reading of the paper",
     {32, 64, 128, 256, 512},  {1, 1, 1, 1, 1}, 0},
    {"S", "7.8 M, the standard",
     {32, 64, 128, 256, 512},  {1, 2, 2, 2, 2}, 1},
    {"W", "17.6 M, for GPUs",
     {48, 96, 192, 384, 768},  {1, 2, 2, 2, 2}, 1},
    {NULL, NULL, {0}, {0}, 0},
};
// clang-format on

const struct model_preset *model_preset_find(const char *name,
                                             struct tt_error *err)
{
    for (const struct model_preset *p = model_presets; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    tt_fail(err, TT_MISSING, "%s: no such preset (T, P, S, W)", name);
    return NULL;
}

/* A piece of the parameters behind the last; returns its offset. */
static size_t piece(struct model_unet *u, const char *layer, const char *part,
                    int rank, const int *shape)
{
    struct model_tensor *t = &u->tensor[u->tensors++];

    assert(u->tensors + 2 * BACKEND_LAYERS <= MODEL_TENSORS);
    snprintf(t->name, sizeof(t->name), "%s.%s", layer, part);
    t->rank = rank;
    t->count = 1;
    for (int i = 0; i < rank; i++) {
        t->shape[i] = shape[i];
        t->count *= (size_t)shape[i];
    }
    t->offset = u->net.params;
    u->net.params += t->count;
    return t->offset;
}

struct spec {
    enum backend_kind kind;
    int from, join, ci, co, stride;
    const char *name;
};

static int add(struct model_unet *u, struct spec s)
{
    struct backend_layer *y = &u->net.layer[u->net.layers];
    int weight[4] = {s.co, s.ci, 3, 3};

    assert(u->net.layers < BACKEND_LAYERS);
    snprintf(u->name[u->net.layers], MODEL_NAME, "%s", s.name);
    *y = (struct backend_layer){.kind = s.kind,
                                .from = s.from,
                                .join = s.join,
                                .ci = s.ci,
                                .co = s.co,
                                .kernel = 3,
                                .stride = s.stride,
                                .norm = u->norm && s.kind != BACKEND_HEAD};
    y->weight = piece(u, s.name, "weight", 4, weight);
    if (y->norm)
        y->scale = piece(u, s.name, "scale", 1, &s.co);
    y->bias = piece(u, s.name, "bias", 1, &s.co);
    return u->net.layers++;
}

/* A piece of the running statistics, listed behind all parameters. */
static size_t stat_piece(struct model_unet *u, int l, const char *part)
{
    struct model_tensor *t = &u->tensor[u->tensors + u->stat_tensors++];
    char layer[MODEL_NAME];

    memcpy(layer, u->name[l], sizeof(layer));
    snprintf(t->name, sizeof(t->name), "%s.%s", layer, part);
    t->rank = 1;
    t->shape[0] = u->net.layer[l].co;
    t->count = (size_t)t->shape[0];
    t->offset = u->net.stats;
    u->net.stats += t->count;
    return t->offset;
}

static void add_statistics(struct model_unet *u)
{
    for (int l = 0; l < u->net.layers; l++)
        if (u->net.layer[l].norm) {
            u->net.layer[l].mean = stat_piece(u, l, "mean");
            u->net.layer[l].var = stat_piece(u, l, "var");
        }
}

/* Returns the last layer of each level in skip. */
static void add_encoder(struct model_unet *u, int skip[MODEL_LEVELS])
{
    const struct model_preset *p = u->preset;
    int from = BACKEND_INPUT, ci = 1;
    char name[2 * MODEL_NAME];

    for (int k = 0; k < MODEL_LEVELS; k++) {
        for (int i = 0; i < p->units[k]; i++) {
            int stride = k > 0 && i == 0 ? 2 : 1;

            snprintf(name, sizeof(name), "enc%d.%d", k, i);
            from = add(u, (struct spec){BACKEND_UNIT, from, BACKEND_NONE, ci,
                                        p->channels[k], stride, name});
            ci = p->channels[k];
        }
        skip[k] = from;
    }
}

void model_unet_init(struct model_unet *u, const struct model_preset *preset,
                     bool norm)
{
    int skip[MODEL_LEVELS], from, join = BACKEND_NONE, ci;
    char name[2 * MODEL_NAME];

    memset(u, 0, sizeof(*u));
    u->preset = preset;
    u->norm = norm;
    u->net.inputs = 1;
    add_encoder(u, skip);
    from = skip[MODEL_LEVELS - 1];
    ci = preset->channels[MODEL_LEVELS - 1];
    for (int k = MODEL_LEVELS - 2; k >= 0; k--) {
        int co = preset->channels[k];

        snprintf(name, sizeof(name), "up%d", k);
        from = add(u, (struct spec){BACKEND_UP, from, join, ci, co, 1, name});
        join = skip[k];
        ci = 2 * co;
        for (int i = 0; i < preset->after; i++) {
            snprintf(name, sizeof(name), "dec%d.%d", k, i);
            from = add(
                u, (struct spec){BACKEND_UNIT, from, join, ci, co, 1, name});
            join = BACKEND_NONE;
            ci = co;
        }
    }
    add(u, (struct spec){BACKEND_HEAD, from, join, ci, 2, 1, "head"});
    add_statistics(u);
}
