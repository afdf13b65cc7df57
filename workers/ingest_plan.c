#include "workers/ingest_plan.h"

void worker_ingest_plan(const struct job_ingest *p, struct ingest_plan *plan)
{
    struct ingest_gate *gate = &plan->gate;

    ingest_plan_init(plan);
    gate->min_side = (int)p->min_side;
    gate->max_aspect = p->max_aspect;
    gate->gray_c95 = p->gray_c95;
    gate->tone_r90 = p->tone_r90;
    gate->tone_cr90 = p->tone_cr90;
    gate->blank = p->blank;
    gate->dark = p->dark;
    gate->blur = p->blur;
    gate->near = p->near;
    gate->faces = p->faces;
    gate->face_score = p->face_score;
    gate->one_face = p->one_face;
    gate->max_age = p->max_age;
    plan->split.train = p->train;
    plan->split.val = p->val;
    plan->shard_records = (uint64_t)p->shard_records;
}
