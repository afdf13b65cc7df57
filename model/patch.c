#include "model/patch.h"

#include <stdio.h>

#define LAYERS 6
#define SLOPE  0.2f

static const struct {
    int size;
    struct {
        int co, stride;
    } layer[LAYERS]; /* the last has one channel */
} patches[] = {
    {34, {{64, 2}, {128, 2}, {256, 1}, {1, 1}}},
    {70, {{64, 2}, {128, 2}, {256, 2}, {512, 1}, {1, 1}}},
};

int model_patch_init(struct model_wiring *w, int size, struct tt_error *err)
{
    int ci = MODEL_PATCH_INPUTS, p = 0;

    while (p < 2 && patches[p].size != size)
        p++;
    if (p == 2)
        return tt_fail(err, TT_USAGE, "patch %d: 34 or 70 pixels", size);
    model_wiring_init(w, MODEL_PATCH_INPUTS);
    for (int l = 0; l == 0 || ci != 1; l++) {
        int co = patches[p].layer[l].co;
        char name[MODEL_NAME];

        snprintf(name, sizeof(name), "patch%d", l);
        model_wiring_add(w, name,
                         (struct backend_layer){
                             .kind = co == 1 ? BACKEND_LOGITS : BACKEND_UNIT,
                             .from = l - 1,
                             .join = BACKEND_NONE,
                             .ci = ci,
                             .co = co,
                             .kernel = 4,
                             .stride = patches[p].layer[l].stride,
                             .norm = l > 0 && co > 1,
                             .slope = SLOPE});
        ci = co;
    }
    model_wiring_finish(w);
    return 0;
}
