#include "model/train/run.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* The weights of another checkpoint as the first of this run. */
static int start_from(struct train_run *r, const char *path,
                      struct tt_error *err)
{
    struct model_checkpoint other;
    int rc = 0;

    if (model_checkpoint_load(&other, path, false, err) < 0)
        return -1;
    if (other.unet.preset != r->net.unet.preset) {
        rc = tt_fail(err, TT_USAGE, "%s is of preset %s, not %s", path,
                     other.unet.preset->name, r->net.unet.preset->name);
    } else {
        memcpy(r->net.params->values, other.params->values,
               r->net.params->count * sizeof(float));
        memcpy(r->net.params->stats, other.params->stats,
               r->net.params->stat_count * sizeof(float));
    }
    model_checkpoint_release(&other);
    return rc;
}

static int start_new(struct train_run *r, const struct model_preset *preset,
                     struct tt_error *err)
{
    struct model_checkpoint *c = &r->net;

    model_unet_init(&c->unet, preset, true);
    c->gain = 1;
    if (model_params_new(&c->params, &c->unet, err) < 0 ||
        model_training_new(&c->training, &c->unet, err) < 0)
        return -1;
    model_params_start(c->params, &c->unet, r->plan->seed);
    if (r->plan->init && start_from(r, r->plan->init, err) < 0)
        return -1;
    memcpy(c->training->values, c->params->values,
           c->params->count * sizeof(float));
    memcpy(c->training->stats, c->params->stats,
           c->params->stat_count * sizeof(float));
    return 0;
}

static int go_on(struct train_run *r, const struct model_preset *preset,
                 struct tt_error *err)
{
    if (model_checkpoint_load(&r->net, r->latest, true, err) < 0)
        return -1;
    if (!r->net.training)
        return tt_fail(err, TT_FORMAT,
                       "%s cannot be resumed: no state of "
                       "training in it",
                       r->latest);
    if (r->net.unet.preset != preset)
        return tt_fail(err, TT_USAGE, "%s is of preset %s, not %s", r->latest,
                       r->net.unet.preset->name, preset->name);
    return 0;
}

int train_keep_start(struct train_run *r, struct tt_error *err)
{
    const struct train_plan *plan = r->plan;
    const struct model_preset *preset = model_preset_find(plan->preset, err);
    bool resume = plan->resume && tt_file_exists(r->latest);
    int rc;

    if (!preset)
        return -1;
    rc = resume ? go_on(r, preset, err) : start_new(r, preset, err);
    if (rc < 0)
        return -1;
    r->state = r->net.training;
    free(r->net.name);
    r->net.name = plan->name ? strdup(plan->name) : NULL;
    if (plan->name && !r->net.name)
        return tt_fail(err, TT_NOMEM, "no memory for a name");
    return 0;
}

static json_t *settings_json(const struct train_run *r)
{
    const struct train_plan *p = r->plan;

    return json_pack(
        "{s:s, s:s, s:i, s:I, s:f, s:i, s:f, s:f, s:I, s:s, s:f, s:s, s:s}",
        "preset", p->preset, "sides", p->sides, "epochs", p->epochs, "steps",
        (json_int_t)p->steps, "minutes", p->minutes, "batch", p->batch, "rate",
        p->rate, "average", p->average, "seed", (json_int_t)p->seed, "augment",
        p->augment, "film", p->film, "backend", r->ops->name, "precision",
        backend_precision_word(r->precision));
}

static json_t *metrics_json(const struct train_val *v)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "val_loss", v->loss,
                     "val_mae_ab", v->mae_ab, "val_psnr", v->psnr, "val_ssim",
                     v->ssim, "val_ciede2000", v->ciede2000, "val_cf_ratio",
                     v->cf_ratio);
}

/* What the checkpoint says of itself: the plan's words, how it was trained, how
 * good it is. */
static int describe(struct train_run *r, const struct train_val *val,
                    struct tt_error *err)
{
    const struct train_plan *plan = r->plan;
    json_t *about =
        plan->about ? json_loads(plan->about, 0, NULL) : json_object();
    int bad = !about;

    if (bad)
        return tt_fail(err, TT_USAGE, "what to keep in checkpoints is no JSON");
    bad |= json_object_set_new(about, "settings", settings_json(r));
    bad |= json_object_set_new(about, "photos",
                               json_pack("{s:I, s:I}", "train",
                                         (json_int_t)r->train->count, "val",
                                         (json_int_t)r->val->count));
    if (val)
        bad |= json_object_set_new(about, "metrics", metrics_json(val));
    free(r->net.about);
    r->net.about = bad ? NULL : json_dumps(about, JSON_COMPACT);
    json_decref(about);
    if (!r->net.about)
        return tt_fail(err, TT_NOMEM, "no memory for a checkpoint's words");
    return 0;
}

static int save_one(struct train_run *r, bool best, const struct train_val *val,
                    struct tt_error *err)
{
    const char *path = best ? r->best : r->latest;
    struct tt_sha256 sha256;

    if (model_checkpoint_save(
            &r->net, path, best ? MODEL_CHECKPOINT_F32 : MODEL_CHECKPOINT_FULL,
            &sha256, err) < 0)
        return -1;
    memcpy(best ? r->out->best_path : r->out->latest_path, path,
           strlen(path) + 1);
    if (r->events->checkpoint)
        r->events->checkpoint(r->events->ctx, path, best, &sha256,
                              r->state->epoch, r->state->step, val);
    return 0;
}

int train_keep_save(struct train_run *r, const struct train_val *val,
                    struct tt_error *err)
{
    bool best = val && (r->state->best < 0 || val->mae_ab < r->state->best);

    r->net.side = r->side;
    r->net.step = r->state->step;
    r->net.images = r->state->step * (uint64_t)r->plan->batch;
    if (describe(r, val, err) < 0)
        return -1;
    if (best) {
        r->state->best = val->mae_ab;
        r->out->best = *val;
        r->out->best_epoch = r->state->epoch;
        if (save_one(r, true, val, err) < 0)
            return -1;
    }
    return save_one(r, false, val, err);
}
