#include "workers/plan.h"

int worker_plan_train(const struct job_train *p, struct train_plan *plan,
                      struct tt_error *err)
{
    train_plan_init(plan);
    if (p->schedule)
        plan->schedule = p->schedule;
    plan->preset = p->preset;
    plan->sides = p->size;
    plan->epochs = (int)p->epochs;
    plan->minutes = (double)p->limit_ms / 60000;
    plan->batch = (int)p->batch;
    plan->norm = p->batch_norm;
    plan->rate = p->rate;
    plan->course = p->course;
    plan->plateau = (int)p->plateau;
    plan->warm = (int)p->warm;
    plan->average = p->average;
    plan->clip = p->clip;
    plan->patience = (int)p->patience;
    plan->keep = (int)p->keep;
    plan->save_s = (double)p->save_every_ms / 1000;
    plan->gan.patch = (int)p->gan_patch;
    plan->gan.rate = p->gan_rate;
    plan->gan.alone = p->gan_alone;
    plan->gan.l1 = p->gan_l1;
    plan->seed = (uint64_t)p->seed;
    plan->augment = p->augment;
    plan->film = p->film;
    plan->loaders = (int)p->loaders;
    plan->init = p->start;
    plan->proceed = p->resume;
    if (backend_precision_parse(p->precision, &plan->precision, err) < 0)
        return -1;
    return train_plan_check(plan, err);
}
