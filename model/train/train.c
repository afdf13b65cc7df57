#include "model/train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/patch.h"
#include "model/random.h"
#include "model/train/loss.h"
#include "model/train/run.h"

void train_plan_init(struct train_plan *plan)
{
    *plan = (struct train_plan){
        .preset = "S",
        .sides = "64",
        .schedule = "mae",
        .batch = 32,
        .norm = true,
        .rate = 1e-3,
        .course = "cosine",
        .plateau = 3,
        .warm = 50,
        .save_s = 600,
        .gan = {.patch = 70, .rate = 2e-4, .alone = 0.25, .l1 = 100},
        .average = 0.999,
        .seed = 1,
        .augment = "film",
        .film = 0.5,
        .loaders = 1,
    };
}

void train_event(const struct train_run *r, const char *series, double value)
{
    if (r->events->metric)
        r->events->metric(r->events->ctx, series, r->state->step, value);
}

double train_now(void)
{
    return (double)tt_steady_us() * 1e-6;
}

/* Ranges of the plan's numbers; what is not a number fits none. */
static int check_numbers(const struct train_plan *p, struct tt_error *err)
{
    const struct {
        const char *name;
        double value, least, most;
    } numbers[] = {
        {"batch", p->batch, 2, TRAIN_BATCH_MOST},
        {"rate", p->rate, 1e-12, 1},
        {"average", p->average, 0, 0.9999999},
        {"film", p->film, 0, 1},
        {"epochs", p->epochs, 0, 1e6},
        {"plateau", p->plateau, 1, 1e6},
        {"warm", p->warm, 0, 1e9},
        {"clip", p->clip, 0, 1e9},
        {"patience", p->patience, 0, 1e6},
        {"keep", p->keep, 0, 1e6},
        {"loaders", p->loaders, 1, 64},
        {"gan rate", p->gan.rate, 1e-12, 1},
        {"gan alone", p->gan.alone, 0, 1e6},
        {"gan l1", p->gan.l1, 0, 1e9},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!(numbers[i].value >= numbers[i].least) ||
            !(numbers[i].value <= numbers[i].most))
            return tt_fail(err, TT_USAGE, "%s %g: from %g to %g",
                           numbers[i].name, numbers[i].value, numbers[i].least,
                           numbers[i].most);
    return 0;
}

int train_plan_check(const struct train_plan *plan, struct tt_error *err)
{
    struct model_wiring critic;
    struct train_schedule schedule;
    enum train_augment augment;

    if (!model_preset_find(plan->preset, err) || check_numbers(plan, err) < 0 ||
        train_augment_parse(plan->augment, &augment, err) < 0 ||
        train_schedule_init(&schedule, plan, 1, err) < 0)
        return -1;
    return model_patch_init(&critic, plan->gan.patch, err);
}

static int load_data(struct train_run *r, struct tt_error *err)
{
    const struct train_plan *plan = r->plan;
    struct shard_set *set;
    int rc;

    if (shard_set_open(&set, plan->dataset, err) < 0)
        return -1;
    rc = train_data_load(&r->train, set, SHARD_TRAIN, plan->limit, r->watch,
                         err);
    if (rc == 0)
        rc = train_data_load(&r->val, set, SHARD_VAL, plan->limit, r->watch,
                             err);
    shard_set_close(set);
    if (rc == 0 && r->train->count < (size_t)r->share.whole)
        rc = tt_fail(err, TT_INPUT,
                     "%zu photos to train on are too few for a batch of %d",
                     r->train->count, r->share.whole);
    return rc < 0 ? tt_wrap(err, "data set %s", plan->dataset) : 0;
}

static void end_epoch(struct model_training *s)
{
    s->epoch++;
    s->batch = s->losses = 0;
    s->loss_sum = 0;
}

static int open_run(struct train_run *r, struct tt_error *err)
{
    const struct train_plan *plan = r->plan;
    size_t most = (size_t)plan->batch * SHARD_PLANE * 2;
    struct train_batcher_setup batches;

    if (!plan->dataset || !plan->folder)
        return tt_fail(err, TT_USAGE, "a run needs a data set and a folder");
    if (train_plan_check(plan, err) < 0 ||
        train_augment_parse(plan->augment, &r->augment, err) < 0 ||
        tt_path_join(r->latest, sizeof(r->latest), plan->folder, "latest.h5",
                     err) < 0 ||
        tt_path_join(r->best, sizeof(r->best), plan->folder, "best.h5", err) <
            0 ||
        tt_mkdirs(plan->folder, 0777, err) < 0)
        return -1;
    r->ops = plan->ops ? plan->ops : backend_find(plan->backend, err);
    if (!r->ops || train_keep_start(r, err) < 0 || load_data(r, err) < 0)
        return -1;
    batches = (struct train_batcher_setup){
        .part = {r->share.whole, r->share.first, plan->batch},
        .makers = plan->loaders,
        .augment = r->augment,
        .film = plan->film,
        .seed = plan->seed};
    if (train_batcher_open(&r->batcher, r->train, &batches, err) < 0 ||
        train_schedule_init(&r->schedule, plan, train_batcher_count(r->batcher),
                            err) < 0)
        return -1;
    r->grads = tt_memory_floats(r->net.params->count);
    r->y = malloc(2 * most * sizeof(float));
    r->each = calloc(r->val->count, sizeof(*r->each));
    if (!r->grads || !r->y || !r->each)
        return tt_fail(err, TT_NOMEM, "no memory for training");
    r->dy = r->y + most;
    r->started_s = train_now() - r->state->elapsed_s;
    r->share.elapsed_s = r->state->elapsed_s;
    r->saved_s = train_now();
    if (r->state->batch >= train_batcher_count(r->batcher))
        end_epoch(r->state); // gone on with on a smaller set
    return train_ssim_new(&r->ssim, SHARD_SIDE, r->threads, err);
}

static void close_programs(struct train_run *r)
{
    train_critic_close(r->critic);
    if (r->ops) {
        r->ops->close(r->program);
        r->ops->close(r->judge);
    }
    r->critic = NULL;
    r->program = r->judge = NULL;
    r->beside = false;
}

static void close_run(struct train_run *r)
{
    train_batcher_close(r->batcher);
    train_share_release(&r->share);
    close_programs(r);
    train_data_free(r->train);
    train_data_free(r->val);
    model_checkpoint_release(&r->net);
    train_ssim_free(r->ssim);
    free(r->grads);
    free(r->y);
    free(r->each);
}

static struct backend_setup setup_of(const struct train_run *r, int side)
{
    return (struct backend_setup){
        .batch = r->plan->batch,
        .height = side,
        .width = side,
        .use = BACKEND_TRAIN,
        .precision = r->plan->precision,
        .threads = r->threads,
        .device = backend_device(r->plan->backend),
        .group = r->share.group,
        .own_norm = r->plan->own_norm,
    };
}

/* What came before does not count as better. */
static void forget_best(struct model_training *s)
{
    s->best = -1;
    s->stale = 0;
    s->ease = 1;
}

/* Photos that nobody changes may stay where the program is. */
static int keep_photos(struct train_run *r, struct tt_error *err)
{
    const struct backend_photos photos = {r->train->records, r->train->count,
                                          SHARD_SIDE};
    int kept = 0;

    if (r->ops->learn && r->augment == TRAIN_NONE)
        kept = r->ops->learn->keep(r->program, &photos, err);
    r->resident = kept > 0;
    return kept < 0 ? -1 : 0;
}

/* Programs for photos of that side. */
static int take_side(struct train_run *r, int side, struct tt_error *err)
{
    const struct backend_net *net = &r->net.unet.wiring.net;
    struct backend_setup setup = setup_of(r, side);
    bool resumed = r->side == 0 && r->net.side == side;

    close_programs(r);
    if (r->ops->open(&r->program, net, &setup, err) < 0)
        return -1;
    if (keep_photos(r, err) < 0)
        return -1;
    r->precision = r->ops->precision(r->program);
    r->side = side;
    if (!resumed)
        forget_best(r->state);
    if (!train_share_leads(&r->share))
        return 0;
    setup.use = BACKEND_INFER;
    setup.batch = TRAIN_MEASURE_GROUP;
    if (r->ops->open(&r->judge, net, &setup, err) < 0)
        return -1;
    return resumed ? 0 : train_validate_baselines(r, err);
}

static int take_critic(struct train_run *r, struct tt_error *err)
{
    struct model_training *s = r->state;
    struct backend_setup setup = setup_of(r, r->side);

    if (r->critic || r->beside)
        return 0;
    if (s->critic && s->critic->patch != r->plan->gan.patch)
        return tt_fail(err, TT_USAGE,
                       "the discriminator so far judges patches of %d",
                       s->critic->patch);
    if (!s->critic &&
        (model_critic_new(&s->critic, r->plan->gan.patch, err) < 0 ||
         train_critic_start(s->critic, model_random(r->plan->seed, 0, 3), err) <
             0))
        return -1;
    if (!r->ops->learn)
        return train_critic_open(&r->critic, r->ops, s->critic, &setup, err);
    if (r->ops->learn->critic(r->program, &s->critic->wiring.net, err) < 0)
        return tt_wrap(err, "discriminator");
    r->beside = true;
    return 0;
}

/* A stage begins, or goes on. */
static int take_stage(struct train_run *r, int stage, struct tt_error *err)
{
    const struct train_span *stages = r->schedule.stage;
    struct model_training *s = r->state;

    if (s->stage != (uint64_t)stage) {
        if (s->stage < (uint64_t)r->schedule.stages &&
            train_keep_stage(r, (enum train_loss)stages[s->stage].what, err) <
                0)
            return -1;
        forget_best(s);
        s->loss_sum = 0;
        s->losses = 0;
        s->stage = (uint64_t)stage;
    }
    r->stage = stage;
    r->loss = (enum train_loss)stages[stage].what;
    if (r->events->stage)
        r->events->stage(r->events->ctx, stage, r->schedule.stages,
                         train_loss_word(r->loss));
    return 0;
}

/* The programs that a batch of that side needs at that progress. */
static int prepare(struct train_run *r, int side, double progress,
                   struct tt_error *err)
{
    int stage = train_schedule_stage(&r->schedule, progress);

    if ((side != r->side || stage != r->stage) && train_step_home(r, err) < 0)
        return -1;
    if (side != r->side && take_side(r, side, err) < 0)
        return -1;
    if (stage != r->stage && take_stage(r, stage, err) < 0)
        return -1;
    return r->loss == TRAIN_GAN ? take_critic(r, err) : 0;
}

/* Whether an epoch was better than those before; if not, the rate may fall. */
static void compare(struct train_run *r, const struct train_val *val)
{
    struct model_training *s = r->state;
    bool better = s->best < 0 || val->mae_ab < s->best;

    s->stale = better ? 0 : s->stale + 1;
    if (r->schedule.course == TRAIN_PLATEAU && s->stale > 0 &&
        s->stale % (uint64_t)r->plan->plateau == 0)
        s->ease *= 0.5;
}

/* Nothing better for long, in the last stage. */
static bool tired(const struct train_run *r)
{
    return r->plan->patience > 0 && r->stage == r->schedule.stages - 1 &&
           r->state->stale >= (uint64_t)r->plan->patience;
}

/* Validation and checkpoints, at the end of an epoch or of the run. */
static int close_epoch(struct train_run *r, bool whole, struct tt_error *err)
{
    struct model_training *s = r->state;
    struct train_val val = {0};
    int rc = 0;

    if (train_step_home(r, err) < 0)
        return -1;
    if (s->losses > 0)
        train_event(r, "train_loss", s->loss_sum / (double)s->losses);
    if (whole)
        end_epoch(s);
    if (train_share_leads(&r->share))
        rc = train_validate(r, &val, err);
    if (train_share_tell(&r->share, rc, &val, sizeof(val), err) < 0 ||
        train_share_same(&r->share, s->values, r->net.params->count, err) < 0)
        return -1;
    r->out->last = val;
    compare(r, &val);
    s->elapsed_s = train_now() - r->started_s;
    return train_keep_save(r, &val, err);
}

static int stop(struct train_run *r, struct tt_error *err)
{
    r->state->elapsed_s = train_now() - r->started_s;
    if (r->side && train_keep_save(r, NULL, err) < 0)
        return -1;
    return tt_fail(err, TT_CANCEL, "stopped after step %llu",
                   (unsigned long long)r->state->step);
}

static double progress_at(const struct train_run *r, uint64_t step_number)
{
    return train_schedule_progress(&r->schedule, step_number,
                                   r->share.elapsed_s);
}

static void tell_progress(const struct train_run *r, double progress)
{
    uint64_t total = r->schedule.steps;

    /* a limit of time may come before the last step */
    if (progress > 0)
        total = (uint64_t)llround((double)r->state->step / progress);
    tt_watch_progress(r->watch, r->state->step, total);
}

/* So that a kill costs minutes, not an epoch. */
static int save_meanwhile(struct train_run *r, struct tt_error *err)
{
    double now = train_now();

    if (!(r->plan->save_s > 0) || now - r->saved_s < r->plan->save_s)
        return 0;
    r->state->elapsed_s = now - r->started_s;
    return train_keep_save(r, NULL, err);
}

/* After a step. */
static int look_up(struct train_run *r, double progress, struct tt_error *err)
{
    struct model_training *s = r->state;

    tell_progress(r, progress);
    if (s->batch == train_batcher_count(r->batcher))
        return close_epoch(r, true, err);
    return save_meanwhile(r, err);
}

/* A batch for that progress. */
static void ask(const struct train_run *r, uint64_t epoch, uint64_t number,
                double progress)
{
    int side = train_schedule_side(&r->schedule, progress);
    bool there = r->resident && side == r->side;

    train_batcher_ask(r->batcher, epoch, number, side, !there);
}

/* The next batch is asked for before the step on this one, so that it is made
 * meanwhile. */
static int loop(struct train_run *r, struct tt_error *err)
{
    struct model_training *s = r->state;
    uint64_t batches = train_batcher_count(r->batcher);
    double progress = progress_at(r, s->step);

    if (train_keep_longer(r, progress, err) < 0)
        return -1;
    if (progress < 1)
        ask(r, s->epoch, s->batch, progress);
    while (progress < 1 && !tired(r)) {
        uint64_t next = s->batch + 1;
        struct train_batch batch;
        int told = train_batcher_take(r->batcher, &batch, err);

        if (told == 0)
            told = prepare(r, batch.side, progress, err);
        if (train_share_meet(&r->share, told, err) < 0)
            return -1;
        told = train_share_tick(&r->share, train_now() - r->started_s, r->watch,
                                err);
        if (told)
            return told < 0 ? -1 : stop(r, err);
        ask(r, s->epoch + next / batches, next % batches,
            progress_at(r, s->step + 1));
        if (train_step(r, &batch, progress, err) < 0) {
            train_share_abort(&r->share, err);
            return -1;
        }
        progress = progress_at(r, s->step);
        if (look_up(r, progress, err) < 0)
            return -1;
    }
    // nothing to close if the run was over before it began
    return s->batch > 0 && r->side ? close_epoch(r, false, err) : 0;
}

static int run(struct train_run *r, const struct train_plan *plan,
               struct tt_error *err)
{
    if (train_share_open(&r->share, plan, err) < 0)
        return -1;
    r->plan = &r->share.plan;
    if (train_share_meet(&r->share, open_run(r, err), err) < 0)
        return -1;
    train_share_release(&r->share); // a kill from here on leaves no copies
    if (train_share_same(&r->share, r->state->values, r->net.params->count,
                         err) < 0)
        return -1;
    return loop(r, err);
}

int train_run(const struct train_plan *plan, const struct train_events *events,
              const struct tt_watch *watch, struct train_outcome *out,
              struct tt_error *err)
{
    static const struct train_events none = {0};
    struct train_run r = {
        .events = events ? events : &none,
        .watch = watch,
        .out = out,
        .threads = plan->threads ? plan->threads : backend_threads_default(),
        .stage = -1,
    };
    int rc;

    memset(out, 0, sizeof(*out));
    rc = run(&r, plan, err);
    rc = train_share_end(&r.share, rc, err);
    if (r.state) {
        out->epochs = r.state->epoch;
        out->steps = r.state->step;
        out->images = r.state->step * (uint64_t)plan->batch;
        out->seconds = train_now() - r.started_s;
    }
    close_run(&r);
    return rc;
}
