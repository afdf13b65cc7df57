#include "model/train/run.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Whether a checkpoint's network is the plan's. */
static int check_same(const struct model_unet *u, const struct train_plan *plan,
                      const char *path, struct tt_error *err)
{
    if (strcmp(u->preset->name, plan->preset) != 0)
        return tt_fail(err, TT_USAGE, "%s is of preset %s, not %s", path,
                       u->preset->name, plan->preset);
    if (u->norm != plan->norm)
        return tt_fail(err, TT_USAGE, "%s is %s batch norm", path,
                       u->norm ? "with" : "without");
    return 0;
}

/* The weights of another checkpoint as the first of this run. */
static int start_from(struct train_run *r, const char *path,
                      struct tt_error *err)
{
    struct model_checkpoint other;
    int rc;

    if (model_checkpoint_load(&other, path, false, err) < 0)
        return -1;
    rc = check_same(&other.unet, r->plan, path, err);
    if (rc == 0) {
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

    model_unet_init(&c->unet, preset, r->plan->norm);
    c->gain = 1;
    if (model_params_new(&c->params, &c->unet.wiring, err) < 0 ||
        model_training_new(&c->training, &c->unet.wiring, err) < 0)
        return -1;
    model_params_start(c->params, &c->unet.wiring, r->plan->seed, 0);
    if (r->plan->init && start_from(r, r->plan->init, err) < 0)
        return -1;
    memcpy(c->training->values, c->params->values,
           c->params->count * sizeof(float));
    memcpy(c->training->stats, c->params->stats,
           c->params->stat_count * sizeof(float));
    return 0;
}

/* All of a checkpoint with the state of training. */
static int go_on(struct train_run *r, const char *path, struct tt_error *err)
{
    if (model_checkpoint_load(&r->net, path, true, err) < 0)
        return -1;
    if (!r->net.training)
        return tt_fail(err, TT_FORMAT,
                       "%s cannot be resumed: no state of "
                       "training in it",
                       path);
    return check_same(&r->net.unet, r->plan, path, err);
}

/* The state of another run, whose best is not in this folder. */
static int proceed(struct train_run *r, struct tt_error *err)
{
    if (go_on(r, r->plan->proceed, err) < 0)
        return -1;
    r->net.training->best = -1;
    return 0;
}

/* A run that goes on knows what was best before, and that it has a file. */
static int recall_best(struct train_run *r, struct tt_error *err)
{
    struct train_val *v = &r->out->best;
    struct model_checkpoint best;
    json_int_t epoch = 0;
    json_t *about;

    if (!train_share_leads(&r->share) || r->state->best < 0 ||
        !tt_file_exists(r->best))
        return 0;
    if (model_checkpoint_load(&best, r->best, false, err) < 0)
        return -1;
    about = best.about ? json_loads(best.about, 0, NULL) : NULL;
    json_unpack(about, "{s:I, s:{s:F, s:F, s:F, s:F, s:F, s:F}}", "epoch",
                &epoch, "metrics", "val_loss", &v->loss, "val_mae_ab",
                &v->mae_ab, "val_psnr", &v->psnr, "val_ssim", &v->ssim,
                "val_ciede2000", &v->ciede2000, "val_cf_ratio", &v->cf_ratio);
    json_decref(about);
    model_checkpoint_release(&best);
    r->out->best_epoch = (uint64_t)epoch;
    memcpy(r->out->best_path, r->best, strlen(r->best) + 1);
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
    if (resume)
        rc = go_on(r, r->latest, err);
    else
        rc = plan->proceed ? proceed(r, err) : start_new(r, preset, err);
    if (rc < 0)
        return -1;
    r->state = r->net.training;
    if (resume && recall_best(r, err) < 0)
        return -1;
    free(r->net.name);
    r->net.name = plan->name ? strdup(plan->name) : NULL;
    if (plan->name && !r->net.name)
        return tt_fail(err, TT_NOMEM, "no memory for a name");
    return 0;
}

int train_keep_longer(const struct train_run *r, double progress,
                      struct tt_error *err)
{
    if (progress < 1 || !r->plan->proceed || !train_share_leads(&r->share) ||
        tt_file_exists(r->latest))
        return 0;
    return tt_fail(err, TT_USAGE,
                   "%s has %llu epochs and %llu steps behind it: more epochs "
                   "than that are needed to go on",
                   r->plan->proceed, (unsigned long long)r->state->epoch,
                   (unsigned long long)r->state->step);
}

static json_t *settings_json(const struct train_run *r)
{
    const struct train_plan *p = r->plan;
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:i, s:I, s:f, s:i, s:b, s:f, s:s, s:i, s:i}",
        "preset", p->preset, "sides", p->sides, "schedule", p->schedule,
        "epochs", p->epochs, "steps", (json_int_t)p->steps, "minutes",
        p->minutes, "batch", r->share.whole, "batch_norm", p->norm, "rate",
        p->rate, "course", p->course, "plateau", p->plateau, "warm", p->warm);

    json_object_update_new(
        o, json_pack("{s:f, s:f, s:i, s:I, s:s, s:f, s:s, s:s}", "average",
                     p->average, "clip", p->clip, "patience", p->patience,
                     "seed", (json_int_t)p->seed, "augment", p->augment, "film",
                     p->film, "backend", r->ops->name, "precision",
                     backend_precision_word(r->precision)));
    json_object_set_new(o, "processes",
                        json_integer(reduce_size(r->share.group)));
    json_object_set_new(o, "gan",
                        json_pack("{s:i, s:f, s:f, s:f}", "patch", p->gan.patch,
                                  "rate", p->gan.rate, "alone", p->gan.alone,
                                  "l1", p->gan.l1));
    return o;
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
    bad |= json_object_set_new(about, "epoch",
                               json_integer((json_int_t)r->state->epoch));
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

/* A second name for a file, in place of what had it. */
static int give_name(const char *file, const char *name, struct tt_error *err)
{
    if (unlink(name) < 0 && errno != ENOENT)
        return tt_fail_errno(err, TT_OUTPUT, "%s", name);
    if (link(file, name) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", name);
    return 0;
}

/* latest.h5 of the epoch that is over stays; the oldest kept one goes. */
static int keep_epoch(struct train_run *r, struct tt_error *err)
{
    uint64_t epoch = r->state->epoch, keep = (uint64_t)r->plan->keep;
    char path[TT_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/epoch-%" PRIu64 ".h5", r->plan->folder,
             epoch);
    if (give_name(r->latest, path, err) < 0 || epoch <= keep)
        return epoch <= keep ? 0 : -1;
    snprintf(path, sizeof(path), "%s/epoch-%" PRIu64 ".h5", r->plan->folder,
             epoch - keep);
    unlink(path); // it may be of another run's making, or gone
    return 0;
}

int train_keep_save(struct train_run *r, const struct train_val *val,
                    struct tt_error *err)
{
    bool best = val && (r->state->best < 0 || val->mae_ab < r->state->best);

    if (train_step_home(r, err) < 0)
        return -1;
    r->net.side = r->side;
    r->net.step = r->state->step;
    r->net.images = r->state->step * (uint64_t)r->share.whole;
    r->saved_s = train_now();
    if (best) {
        r->state->best = val->mae_ab;
        r->out->best = *val;
        r->out->best_epoch = r->state->epoch;
    }
    if (!train_share_leads(&r->share))
        return 0;
    if (describe(r, val, err) < 0 ||
        (best && save_one(r, true, val, err) < 0) ||
        save_one(r, false, val, err) < 0)
        return -1;
    return val && r->plan->keep > 0 ? keep_epoch(r, err) : 0;
}

int train_keep_stage(struct train_run *r, enum train_loss loss,
                     struct tt_error *err)
{
    char path[TT_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/best-%s.h5", r->plan->folder,
             train_loss_word(loss));
    // once: after a kill best.h5 may be of the next stage already
    if (!train_share_leads(&r->share) || !tt_file_exists(r->best) ||
        tt_file_exists(path))
        return 0;
    return give_name(r->best, path, err);
}
