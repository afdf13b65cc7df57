#include "model/unet.h"

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
    tt_fail(err, TT_USAGE, "%s: no such preset (T, P, S, W)", name);
    return NULL;
}

struct spec {
    enum backend_kind kind;
    int from, join, ci, co, stride;
    const char *name;
};

static int add(struct model_unet *u, struct spec s)
{
    return model_wiring_add(
        &u->wiring, s.name,
        (struct backend_layer){.kind = s.kind,
                               .from = s.from,
                               .join = s.join,
                               .ci = s.ci,
                               .co = s.co,
                               .kernel = 3,
                               .stride = s.stride,
                               .norm = u->norm && s.kind != BACKEND_HEAD});
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

    u->preset = preset;
    u->norm = norm;
    model_wiring_init(&u->wiring, 1);
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
    model_wiring_finish(&u->wiring);
}
