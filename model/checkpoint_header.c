#include "model/checkpoint_header.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *training_json(const struct model_training *t)
{
    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "epoch",
                     (json_int_t)t->epoch, "batch", (json_int_t)t->batch,
                     "step", (json_int_t)t->step, "best", t->best, "elapsed_s",
                     t->elapsed_s, "loss_sum", t->loss_sum);
}

char *checkpoint_header_text(const struct model_checkpoint *c, bool half,
                             const struct model_training *t,
                             struct tt_error *err)
{
    json_t *about = c->about ? json_loads(c->about, 0, NULL) : json_object();
    json_t *root;
    char *text = NULL;

    if (!about) {
        tt_fail(err, TT_BUG, "what a checkpoint says of itself is not JSON");
        return NULL;
    }
    root = json_pack("{s:s, s:s, s:i, s:f, s:I, s:I, s:s, s:o}", "preset",
                     c->unet.preset->name, "weights", half ? "f16" : "f32",
                     "side", c->side, "gain", (double)c->gain, "step",
                     (json_int_t)c->step, "images", (json_int_t)c->images,
                     "name", c->name ? c->name : "", "about", about);
    if (root && t && json_object_set_new(root, "training", training_json(t))) {
        json_decref(root);
        root = NULL;
    }
    if (root)
        text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(root);
    if (!text)
        tt_fail(err, TT_NOMEM, "no memory for a checkpoint's header");
    else if (strlen(text) > CHECKPOINT_TEXT_LIMIT) {
        tt_fail(err, TT_INPUT, "a checkpoint's own words are over %d bytes",
                CHECKPOINT_TEXT_LIMIT);
        free(text);
        text = NULL;
    }
    return text;
}

int checkpoint_header_training(struct model_training *t, json_t *root,
                               struct tt_error *err)
{
    json_t *from = json_object_get(root, "training");
    json_int_t epoch, batch, step;

    if (!from)
        return 0;
    if (json_unpack(from, "{s:I, s:I, s:I, s:F, s:F, s:F}", "epoch", &epoch,
                    "batch", &batch, "step", &step, "best", &t->best,
                    "elapsed_s", &t->elapsed_s, "loss_sum", &t->loss_sum) < 0)
        return tt_fail(err, TT_FORMAT, "the state of training is not whole");
    t->epoch = (uint64_t)epoch;
    t->batch = (uint64_t)batch;
    t->step = (uint64_t)step;
    return 1;
}

int checkpoint_header_parse(struct model_checkpoint *c, json_t *root,
                            bool *half, struct tt_error *err)
{
    const char *preset, *weights, *name;
    const struct model_preset *found;
    json_int_t step, images;
    json_t *about;
    double gain;

    if (json_unpack(root, "{s:s, s:s, s:i, s:F, s:I, s:I, s:s, s:o}", "preset",
                    &preset, "weights", &weights, "side", &c->side, "gain",
                    &gain, "step", &step, "images", &images, "name", &name,
                    "about", &about) < 0 ||
        !isfinite(gain) || c->side < MODEL_SIDE_STEP ||
        c->side % MODEL_SIDE_STEP || c->side > 4096)
        return tt_fail(err, TT_FORMAT, "the header is not whole");
    found = model_preset_find(preset, err);
    if (!found) {
        err->code = TT_FORMAT;
        return -1;
    }
    model_unet_init(&c->unet, found, true);
    c->gain = (float)gain;
    c->step = (uint64_t)step;
    c->images = (uint64_t)images;
    *half = strcmp(weights, "f16") == 0;
    c->name = strdup(name);
    c->about = json_dumps(about, JSON_COMPACT);
    if (!c->name || !c->about)
        return tt_fail(err, TT_NOMEM, "no memory for a checkpoint");
    return 0;
}
