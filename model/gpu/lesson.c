#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/gpu/learner.h"

struct gpu_list *gpu_lesson_new(struct tt_error *err)
{
    struct gpu_list *list = calloc(1, sizeof(*list));

    if (!list)
        tt_fail(err, TT_NOMEM, "no memory for the steps");
    return list;
}

void gpu_lesson_append(struct gpu_list *list, const struct gpu_list *more)
{
    assert(list->count + more->count <= GPU_STEPS);
    memcpy(list->step + list->count, more->step,
           (size_t)more->count * sizeof(*more->step));
    list->count += more->count;
}

static void add_photos(struct backend_program *p, struct gpu_list *list)
{
    size_t pixels = gpu_learner_pixels(p);
    struct gpu_learner *l = p->learner;

    if (l->records)
        gpu_steps_add(list, GPU_pick, pixels)->pick = (struct gpu_pick){
            .course = l->course,
            .records = l->records,
            .picked = {l->sent[0], l->sent[1]},
            .x = p->x,
            .target = l->target,
            .from = l->from,
            .side = p->setup.width,
        };
    else
        gpu_steps_add(list, GPU_photo, pixels)->photo =
            (struct gpu_photo){.course = l->course,
                               .sent = {l->sent[0], l->sent[1]},
                               .x = p->x,
                               .target = l->target,
                               .pixels = pixels};
}

void gpu_lesson_begin(struct backend_program *p, struct gpu_list *list)
{
    add_photos(p, list);
    gpu_lesson_append(list, p->load);
    gpu_lesson_append(list, p->forward);
}

/* The sum of values, or of their squares, in *out. */
static void add_sum(struct backend_program *p, struct gpu_list *list,
                    enum gpu_kernel kernel, const float *in, size_t values,
                    float *out)
{
    size_t parts = gpu_least(values, GPU_PARTS);
    struct gpu_sum args = {
        .in = in, .part = p->part[0], .values = values, .parts = parts};

    // sum and square have one sort of arguments
    gpu_steps_add(list, kernel, parts)->sum = args;
    gpu_steps_sum(p, list, parts, 1, out);
}

/* --- losses --- */

void gpu_lesson_mae(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_learner *l = p->learner;
    size_t parts = gpu_least(p->outputs, GPU_PARTS);

    gpu_steps_add(list, GPU_mae, parts)->mae =
        (struct gpu_mae){.y = p->y,
                         .target = l->target,
                         .dy = p->dy,
                         .part = p->part[0],
                         .values = p->outputs,
                         .parts = parts,
                         .step = (float)(1 / (double)p->outputs)};
    gpu_steps_sum(p, list, parts, 1, &l->found->loss);
}

static int mae(struct backend_program *p, struct gpu_list *list,
               struct tt_error *err)
{
    (void)err;
    gpu_lesson_mae(p, list);
    return 0;
}

static int ssim(struct backend_program *p, struct gpu_list *list,
                struct tt_error *err)
{
    struct gpu_learner *l = p->learner;
    struct gpu_ssim k = {
        .y = p->y,
        .target = l->target,
        .dy = p->dy,
        .photos = (size_t)p->setup.batch,
        .side = (size_t)p->setup.width,
        .less = (size_t)p->setup.width - GPU_SSIM_EDGE,
    };
    size_t rows = gpu_ssim_row_values(&k), windows = gpu_ssim_window_values(&k);
    const struct gpu_wish wishes[] = {
        {&k.rows, GPU_SSIM_MOMENTS * rows * sizeof(float), false},
        {&k.windows, GPU_SSIM_PLANES * windows * sizeof(float), false},
    };

    gpu_ssim_set(&k);
    if (gpu_learner_take(p, wishes, 2, err) < 0)
        return -1;
    gpu_steps_add(list, GPU_ssim_rows, rows)->ssim_rows = k;
    gpu_steps_add(list, GPU_ssim_windows, windows)->ssim_windows = k;
    add_sum(p, list, GPU_sum, k.windows + GPU_SSIM_S * windows, windows,
            &l->found->loss);
    gpu_steps_add(list, GPU_ssim_spread, rows)->ssim_spread = k;
    gpu_steps_add(list, GPU_ssim_grad, p->outputs)->ssim_grad = k;
    return 0;
}

double gpu_lesson_terms(const struct backend_program *p, enum backend_loss loss)
{
    double less = p->setup.width - GPU_SSIM_EDGE;

    return loss == BACKEND_SSIM ? GPU_COLOURS * p->setup.batch * less * less
                                : (double)p->outputs;
}

/* --- whole lessons --- */

void gpu_lesson_end(struct backend_program *p, struct gpu_list *list)
{
    struct gpu_learner *l = p->learner;

    gpu_lesson_append(list, p->backward);
    add_sum(p, list, GPU_square, p->grads, p->net.params, &l->found->square);
    gpu_steps_add(list, GPU_clip, 1)->clip =
        (struct gpu_clip){.course = l->course, .found = l->found};
    gpu_steps_add(list, GPU_adam, p->net.params)->adam =
        (struct gpu_adam){.course = l->course,
                          .found = l->found,
                          .g = p->grads,
                          .w = p->params,
                          .m = l->m,
                          .v = l->v,
                          .average = l->average};
    gpu_steps_add(list, GPU_follow, p->net.stats)->follow = (struct gpu_follow){
        .course = l->course, .stats = p->stats, .average = l->average_stats};
}

static int fill(struct backend_program *p, enum backend_loss loss,
                struct tt_error *err)
{
    static int (*const losses[])(struct backend_program *, struct gpu_list *,
                                 struct tt_error *) = {
        [BACKEND_MAE] = mae,
        [BACKEND_SSIM] = ssim,
    };
    struct gpu_list *list = p->learner->list[loss];

    gpu_lesson_begin(p, list);
    if (losses[loss](p, list, err) < 0)
        return -1;
    gpu_lesson_end(p, list);
    return 0;
}

int gpu_lesson_make(struct backend_program *p, enum backend_loss loss,
                    struct tt_error *err)
{
    struct gpu_learner *l = p->learner;

    if (l->list[loss])
        return 0;
    if (loss == BACKEND_GAN)
        return gpu_critic_make(p, err);
    l->list[loss] = gpu_lesson_new(err);
    if (!l->list[loss])
        return -1;
    if (fill(p, loss, err) == 0)
        return 0;
    gpu_program_drop(p, l->list[loss]);
    l->list[loss] = NULL;
    return -1;
}
