#include "model/checkpoint_header.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The counters of training. Those that an older file does not have keep what
 * they have in a new state. */
static const struct {
    const char *name;
    size_t offset;
    bool real, old; /* a double; in every file */
} counters[] = {
    {"epoch", offsetof(struct model_training, epoch), false, true},
    {"batch", offsetof(struct model_training, batch), false, true},
    {"step", offsetof(struct model_training, step), false, true},
    {"stage", offsetof(struct model_training, stage), false, false},
    {"best", offsetof(struct model_training, best), true, true},
    {"stale", offsetof(struct model_training, stale), false, false},
    {"ease", offsetof(struct model_training, ease), true, false},
    {"elapsed_s", offsetof(struct model_training, elapsed_s), true, true},
    {"loss_sum", offsetof(struct model_training, loss_sum), true, true},
    {"losses", offsetof(struct model_training, losses), false, false},
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

static json_t *training_json(const struct model_training *t)
{
    json_t *o = json_object();

    for (size_t i = 0; o && i < COUNTERS; i++) {
        const char *at = (const char *)t + counters[i].offset;
        uint64_t count;
        double value;

        memcpy(&count, at, sizeof(count));
        memcpy(&value, at, sizeof(value));
        json_object_set_new(o, counters[i].name,
                            counters[i].real ? json_real(value)
                                             : json_integer((json_int_t)count));
    }
    if (o && t->critic)
        json_object_set_new(o, "critic",
                            json_pack("{s:i, s:I}", "patch", t->critic->patch,
                                      "steps", (json_int_t)t->critic->steps));
    return o;
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
    root = json_pack("{s:s, s:b, s:s, s:i, s:f, s:I, s:I, s:s, s:o}", "preset",
                     c->unet.preset->name, "norm", c->unet.norm, "weights",
                     half ? "f16" : "f32", "side", c->side, "gain",
                     (double)c->gain, "step", (json_int_t)c->step, "images",
                     (json_int_t)c->images, "name", c->name ? c->name : "",
                     "about", about);
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

static int read_counter(struct model_training *t, size_t i, const json_t *from,
                        struct tt_error *err)
{
    const json_t *value = json_object_get(from, counters[i].name);
    char *at = (char *)t + counters[i].offset;
    uint64_t count = (uint64_t)json_integer_value(value);
    double real = json_number_value(value);

    if (!value && !counters[i].old)
        return 0;
    if (counters[i].real ? !json_is_number(value) : !json_is_integer(value))
        return tt_fail(err, TT_FORMAT, "the state of training is not whole");
    if (counters[i].real)
        memcpy(at, &real, sizeof(real));
    else
        memcpy(at, &count, sizeof(count));
    return 0;
}

int checkpoint_header_training(struct model_training *t, json_t *root,
                               struct tt_error *err)
{
    const json_t *from = json_object_get(root, "training");
    json_t *critic = json_object_get(from, "critic");
    json_int_t steps;
    int patch;

    if (!from)
        return 0;
    for (size_t i = 0; i < COUNTERS; i++)
        if (read_counter(t, i, from, err) < 0)
            return -1;
    if (!json_object_get(from, "losses"))
        t->losses = t->batch;
    if (!critic)
        return 1;
    if (json_unpack(critic, "{s:i, s:I}", "patch", &patch, "steps", &steps) < 0)
        return tt_fail(err, TT_FORMAT, "the state of training is not whole");
    if (model_critic_new(&t->critic, patch, err) < 0)
        return -1;
    t->critic->steps = (uint64_t)steps;
    return 1;
}

int checkpoint_header_parse(struct model_checkpoint *c, json_t *root,
                            bool *half, struct tt_error *err)
{
    const char *preset, *weights, *name;
    int norm = true; // files of before the choice have it
    const struct model_preset *found;
    json_int_t step, images;
    json_t *about;
    double gain;

    if (json_unpack(root, "{s:s, s?b, s:s, s:i, s:F, s:I, s:I, s:s, s:o}",
                    "preset", &preset, "norm", &norm, "weights", &weights,
                    "side", &c->side, "gain", &gain, "step", &step, "images",
                    &images, "name", &name, "about", &about) < 0 ||
        !isfinite(gain) || c->side < MODEL_SIDE_STEP ||
        c->side % MODEL_SIDE_STEP || c->side > 4096)
        return tt_fail(err, TT_FORMAT, "the header is not whole");
    found = model_preset_find(preset, err);
    if (!found) {
        err->code = TT_FORMAT;
        return -1;
    }
    model_unet_init(&c->unet, found, norm);
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
