#include <assert.h>
#include <stdlib.h>

#include "model/gpu/learner.h"
#include "model/gpu/program.h"

static int check(const struct backend_net *net, struct tt_error *err)
{
    const struct backend_layer *last = &net->layer[net->layers - 1];

    if (net->inputs == GPU_CRITIC_INPUTS && last->kind == BACKEND_LOGITS &&
        last->co == 1)
        return 0;
    return tt_fail(err, TT_USAGE,
                   "a critic sees %d channels and says one logit a patch",
                   GPU_CRITIC_INPUTS);
}

static int take(struct gpu_critic *c, struct tt_error *err)
{
    size_t params = c->p->net.params * sizeof(float);
    const struct gpu_wish wishes[] = {
        {&c->m, params, false},
        {&c->v, params, false},
        {&c->kept, params, false},
        {&c->said, GPU_SAID * sizeof(float), false},
        {&c->none, sizeof(float), false},
        {&c->course, sizeof(*c->course), false},
        {&c->found, sizeof(*c->found), false},
    };

    return gpu_learner_take(c->p, wishes, sizeof(wishes) / sizeof(wishes[0]),
                            err);
}

int gpu_critic_open(struct backend_program *p, const struct backend_net *net,
                    struct tt_error *err)
{
    struct gpu_critic *c;

    assert(!p->learner->critic);
    if (check(net, err) < 0)
        return -1;
    c = calloc(1, sizeof(*c));
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for a critic");
    if (gpu_program_beside(&c->p, p, net, err) < 0 || take(c, err) < 0)
        goto fail;
    p->learner->critic = c;
    return 0;

fail:
    gpu_critic_close(c);
    return -1;
}

void gpu_critic_close(struct gpu_critic *c)
{
    if (!c)
        return;
    gpu_program_drop(c->p, c->alone);
    gpu_program_close(c->p);
    free(c);
}

/* --- lists --- */

/* Running statistics that steps from `first` on would move stay as they are. */
static void hold_still(const struct gpu_critic *c, struct gpu_list *list,
                       int first)
{
    for (int i = first; i < list->count; i++) {
        struct gpu_step *s = &list->step[i];

        if (!s->conv && !s->sum && s->kernel == GPU_statistics)
            s->args.statistics.momentum = c->none;
    }
}

/* Backward for its own sake: without the gradient of its input; a group's are
 * added up once, of true and made colours together. */
static void append_backward(const struct gpu_critic *c, struct gpu_list *list)
{
    const struct gpu_list *all = c->p->backward;

    for (int i = 0; i < all->count; i++) {
        const struct gpu_step *s = &all->step[i];
        bool input = !s->conv && !s->sum && s->kernel == GPU_first_back;

        assert(list->count < GPU_STEPS);
        if (!input && s->sum != c->p->grads)
            list->step[list->count++] = *s;
    }
}

/* What it says of the colours, as a loss times weight. */
static void add_judgement(struct backend_program *p, struct gpu_list *list,
                          const float *colours, int said, double weight)
{
    struct gpu_critic *c = p->learner->critic;
    size_t logits = c->p->outputs, parts = gpu_least(logits, GPU_PARTS);

    gpu_steps_add(list, GPU_show, gpu_learner_pixels(p))->show =
        (struct gpu_show){.l = p->x, .colours = colours, .x = c->p->x};
    gpu_lesson_append(list, c->p->forward);
    gpu_steps_add(list, GPU_bce, parts)->bce =
        (struct gpu_bce){.z = c->p->y,
                         .dz = c->p->dy,
                         .part = c->p->part[0],
                         .values = logits,
                         .parts = parts,
                         .step = (float)(weight / (double)logits),
                         .made = said == GPU_SAID_MADE};
    gpu_steps_sum(c->p, list, parts, 1, c->said + said);
}

static void add_gradients(const struct gpu_critic *c, struct gpu_list *list,
                          const float *more, float *out)
{
    gpu_steps_add(list, GPU_add, c->p->net.params)->add =
        (struct gpu_add){.a = c->p->grads, .b = more, .out = out};
}

static void add_adam(const struct gpu_critic *c, struct gpu_list *list)
{
    gpu_steps_add(list, GPU_clip, 1)->clip =
        (struct gpu_clip){.course = c->course, .found = c->found};
    gpu_steps_add(list, GPU_adam, c->p->net.params)->adam =
        (struct gpu_adam){.course = c->course,
                          .found = c->found,
                          .g = c->p->grads,
                          .w = c->p->params,
                          .m = c->m,
                          .v = c->v};
}

/* It learns to tell the true colours from those of the network. */
static void critic_learns(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_critic *c = p->learner->critic;

    gpu_lesson_append(list, c->p->load);
    add_judgement(p, list, p->learner->target, GPU_SAID_TRUE, 0.5);
    append_backward(c, list);
    add_gradients(c, list, NULL, c->kept);
    add_judgement(p, list, p->y, GPU_SAID_MADE, 0.5);
    append_backward(c, list);
    add_gradients(c, list, c->kept, c->p->grads);
    gpu_steps_add_up(c->p, list, c->p->grads, c->p->net.params);
    add_adam(c, list);
}

/* What it now says of them, in dy with their distance from the true ones. */
static void critic_judges(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_critic *c = p->learner->critic;
    int first = list->count;

    gpu_lesson_append(list, c->p->load);
    add_judgement(p, list, p->y, GPU_SAID_PASSED, 1);
    hold_still(c, list, first);
    gpu_lesson_append(list, c->p->back_inputs);
    gpu_lesson_mae(p, list);
    gpu_steps_add(list, GPU_heed, p->outputs)->heed = (struct gpu_heed){
        .course = p->learner->course, .dx = c->p->dx, .dy = p->dy};
}

int gpu_critic_make(struct backend_program *p, struct tt_error *err)
{
    struct gpu_critic *c = p->learner->critic;
    struct gpu_list *both, *alone;

    assert(c);
    both = p->learner->list[BACKEND_GAN] = gpu_lesson_new(err);
    alone = c->alone = gpu_lesson_new(err);
    if (!both || !alone)
        return -1;
    gpu_lesson_begin(p, alone);
    hold_still(c, alone, 0);
    critic_learns(p, alone);
    gpu_lesson_begin(p, both);
    critic_learns(p, both);
    critic_judges(p, both);
    gpu_lesson_end(p, both);
    return 0;
}
