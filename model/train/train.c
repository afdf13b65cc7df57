#include "model/train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "model/backend/adam.h"
#include "model/train/loss.h"
#include "model/train/run.h"

void train_plan_init(struct train_plan *plan)
{
    *plan = (struct train_plan){
        .preset = "S",
        .sides = "64",
        .batch = 32,
        .rate = 1e-3,
        .average = 0.999,
        .seed = 1,
        .augment = "film",
        .film = 0.5,
    };
}

void train_event(const struct train_run *r, const char *series, double value)
{
    if (r->events->metric)
        r->events->metric(r->events->ctx, series, r->state->step, value);
}

static double now_s(void)
{
    return (double)tt_steady_us() * 1e-6;
}

static int check(const struct train_plan *plan, struct tt_error *err)
{
    if (!plan->dataset || !plan->folder)
        return tt_fail(err, TT_USAGE, "a run needs a data set and a folder");
    if (plan->batch < 2 || plan->batch > TRAIN_BATCH_MOST)
        return tt_fail(err, TT_USAGE, "batch %d: from 2 to %d", plan->batch,
                       TRAIN_BATCH_MOST);
    if (!(plan->rate > 0) || !(plan->average >= 0) || !(plan->average < 1))
        return tt_fail(err, TT_USAGE,
                       "rate must be above 0, average from 0 to below 1");
    return 0;
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
    if (rc == 0 && r->train->count < (size_t)plan->batch)
        rc = tt_fail(err, TT_INPUT,
                     "%zu photos to train on are too few for a batch of %d",
                     r->train->count, plan->batch);
    return rc < 0 ? tt_wrap(err, "data set %s", plan->dataset) : 0;
}

static int open_run(struct train_run *r, struct tt_error *err)
{
    const struct train_plan *plan = r->plan;
    size_t most = (size_t)plan->batch * SHARD_PLANE * 2;

    if (check(plan, err) < 0 ||
        train_augment_parse(plan->augment, &r->augment, err) < 0 ||
        tt_path_join(r->latest, sizeof(r->latest), plan->folder, "latest.h5",
                     err) < 0 ||
        tt_path_join(r->best, sizeof(r->best), plan->folder, "best.h5", err) <
            0 ||
        tt_mkdirs(plan->folder, 0777, err) < 0)
        return -1;
    r->ops = backend_find(plan->backend, err);
    if (!r->ops || train_keep_start(r, err) < 0 || load_data(r, err) < 0)
        return -1;
    if (train_batcher_open(&r->batcher, r->train, plan->batch, r->augment,
                           plan->film, plan->seed, err) < 0 ||
        train_schedule_init(&r->schedule, plan, train_batcher_count(r->batcher),
                            err) < 0)
        return -1;
    r->grads = malloc(r->net.params->count * sizeof(float));
    r->y = malloc(2 * most * sizeof(float));
    r->each = calloc(r->val->count, sizeof(*r->each));
    if (!r->grads || !r->y || !r->each)
        return tt_fail(err, TT_NOMEM, "no memory for training");
    r->dy = r->y + most;
    r->started_s = now_s() - r->state->elapsed_s;
    return 0;
}

static void close_programs(struct train_run *r)
{
    if (r->ops) {
        r->ops->close(r->program);
        r->ops->close(r->judge);
    }
    r->program = r->judge = NULL;
}

static void close_run(struct train_run *r)
{
    train_batcher_close(r->batcher);
    close_programs(r);
    train_data_free(r->train);
    train_data_free(r->val);
    model_checkpoint_release(&r->net);
    free(r->grads);
    free(r->y);
    free(r->each);
}

/* Programs for photos of that side; the best of another side does not count. */
static int take_side(struct train_run *r, int side, struct tt_error *err)
{
    struct backend_setup setup = {
        .batch = r->plan->batch,
        .height = side,
        .width = side,
        .use = BACKEND_TRAIN,
        .precision = r->plan->precision,
        .threads = r->threads,
    };
    bool resumed = r->side == 0 && r->net.side == side;

    close_programs(r);
    if (r->ops->open(&r->program, &r->net.unet.net, &setup, err) < 0)
        return -1;
    setup.use = BACKEND_INFER;
    setup.batch = TRAIN_MEASURE_GROUP;
    if (r->ops->open(&r->judge, &r->net.unet.net, &setup, err) < 0)
        return -1;
    r->precision = r->ops->precision(r->program);
    r->side = side;
    if (resumed)
        return 0;
    r->state->best = -1;
    return train_validate_baselines(r, err);
}

/* The averages follow the weights: quickly at first, so that they do not
 * remember where these started. */
static void update(struct train_run *r, double rate)
{
    struct model_training *s = r->state;
    struct model_params *p = r->net.params;
    double ramp = (1.0 + (double)s->step) / (10.0 + (double)s->step);
    double decay = ramp < r->plan->average ? ramp : r->plan->average;
    struct backend_adam adam = {
        .rate = (float)rate,
        .beta1 = 0.9f,
        .beta2 = 0.999f,
        .eps = 1e-8f,
        .decay = (float)decay,
        .step = s->step + 1,
        .threads = r->threads,
    };

    backend_adam_step(&adam, p->count, s->values, r->grads, s->m, s->v,
                      p->values);
    for (size_t i = 0; i < p->stat_count; i++)
        p->stats[i] += (float)(1 - decay) * (s->stats[i] - p->stats[i]);
}

static int step(struct train_run *r, const struct train_batch *batch,
                double progress, struct tt_error *err)
{
    struct model_training *s = r->state;
    size_t each = (size_t)batch->side * (size_t)batch->side * 2;
    double began = now_s(), rate, loss;

    if (r->ops->load(r->program, s->values, s->stats, err) < 0 ||
        r->ops->forward(r->program, batch->x, r->y, s->stats, err) < 0)
        return -1;
    loss = train_loss_mae(r->y, batch->target, r->dy, r->plan->batch, each,
                          r->threads);
    if (r->ops->backward(r->program, r->dy, r->grads, NULL, err) < 0)
        return -1;
    rate = train_schedule_rate(&r->schedule, s->step, progress);
    update(r, rate);
    s->step++;
    s->batch++;
    s->loss_sum += loss;
    train_event(r, "loss", loss);
    train_event(r, "rate", rate);
    train_event(r, "images_per_s", r->plan->batch / (now_s() - began));
    return 0;
}

/* Validation and checkpoints, at the end of an epoch or of the run. */
static int close_epoch(struct train_run *r, bool whole, struct tt_error *err)
{
    struct model_training *s = r->state;
    struct train_val val;

    if (s->batch > 0)
        train_event(r, "train_loss", s->loss_sum / (double)s->batch);
    if (whole) {
        s->epoch++;
        s->batch = 0;
        s->loss_sum = 0;
    }
    if (train_validate(r, &val, err) < 0)
        return -1;
    r->out->last = val;
    s->elapsed_s = now_s() - r->started_s;
    return train_keep_save(r, &val, err);
}

static int stop(struct train_run *r, struct tt_error *err)
{
    r->state->elapsed_s = now_s() - r->started_s;
    if (r->side && train_keep_save(r, NULL, err) < 0)
        return -1;
    return tt_fail(err, TT_CANCEL, "stopped after step %llu",
                   (unsigned long long)r->state->step);
}

static double progress_at(const struct train_run *r, uint64_t step_number)
{
    return train_schedule_progress(&r->schedule, step_number,
                                   now_s() - r->started_s);
}

static void tell_progress(const struct train_run *r, double progress)
{
    uint64_t total = r->schedule.steps;

    /* a limit of time may come before the last step */
    if (progress > 0)
        total = (uint64_t)llround((double)r->state->step / progress);
    tt_watch_progress(r->watch, r->state->step, total);
}

/* The next batch is asked for before the step on this one, so that it is made
 * meanwhile. */
static int loop(struct train_run *r, struct tt_error *err)
{
    struct model_training *s = r->state;
    uint64_t batches = train_batcher_count(r->batcher);
    double progress = progress_at(r, s->step);

    if (progress < 1)
        train_batcher_ask(r->batcher, s->epoch, s->batch,
                          train_schedule_side(&r->schedule, progress));
    while (progress < 1) {
        struct train_batch batch = train_batcher_take(r->batcher);
        uint64_t next = s->batch + 1;

        if (batch.side != r->side && take_side(r, batch.side, err) < 0)
            return -1;
        if (tt_watch_stop(r->watch))
            return stop(r, err);
        train_batcher_ask(
            r->batcher, s->epoch + next / batches, next % batches,
            train_schedule_side(&r->schedule, progress_at(r, s->step + 1)));
        if (step(r, &batch, progress, err) < 0)
            return -1;
        progress = progress_at(r, s->step);
        tell_progress(r, progress);
        if (s->batch == batches && close_epoch(r, true, err) < 0)
            return -1;
    }
    // nothing to close if the run was over before it began
    return s->batch > 0 && r->side ? close_epoch(r, false, err) : 0;
}

int train_run(const struct train_plan *plan, const struct train_events *events,
              const struct tt_watch *watch, struct train_outcome *out,
              struct tt_error *err)
{
    static const struct train_events none = {0};
    struct train_run r = {
        .plan = plan,
        .events = events ? events : &none,
        .watch = watch,
        .out = out,
        .threads = plan->threads ? plan->threads : backend_threads_default(),
    };
    int rc;

    memset(out, 0, sizeof(*out));
    rc = open_run(&r, err);
    if (rc == 0)
        rc = loop(&r, err);
    if (r.state) {
        out->epochs = r.state->epoch;
        out->steps = r.state->step;
        out->images = r.state->step * (uint64_t)plan->batch;
        out->seconds = now_s() - r.started_s;
    }
    close_run(&r);
    return rc;
}
