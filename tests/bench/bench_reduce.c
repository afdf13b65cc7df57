/**
 * bench_reduce: what a shared training step costs beside one alone: preset S,
 * each process with its part of the batch on one thread. The rounds go round
 * all rows, so that a noisy minute harms each alike; the best of each row, in
 * wall time and CPU time of the first process.
 *
 *   mpirun -n 2 bench_reduce [side] [photos a process] [rounds]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/backend/backend.h"
#include "model/params.h"
#include "model/reduce/reduce.h"
#include "model/unet.h"

struct setting {
    const struct backend_ops *ops;
    struct reduce *group;
    struct model_unet unet;
    struct model_params *params;
    int side, batch;
    float *x, *y, *dy, *grads;
};

static void fail(const struct tt_error *err)
{
    fprintf(stderr, "bench_reduce: %s\n", err->text);
    exit(1);
}

static double now(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *noise(size_t n, unsigned seed)
{
    float *x = malloc(n * sizeof(*x));

    for (size_t i = 0; x && i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / (1 << 24) - 0.5f;
    }
    return x;
}

static void set_up(struct setting *s)
{
    size_t pixels = (size_t)s->batch * (size_t)s->side * (size_t)s->side;
    struct tt_error err;

    s->ops = backend_find("cpu", &err);
    if (!s->ops || reduce_open(&s->group, "mpi", &err) < 0)
        fail(&err);
    model_unet_init(&s->unet, model_preset_find("S", &err), true);
    if (model_params_new(&s->params, &s->unet.wiring, &err) < 0)
        fail(&err);
    model_params_start(s->params, &s->unet.wiring, 1, 0);
    s->x = noise(pixels, 1);
    s->y = noise(2 * pixels, 2);
    s->dy = noise(2 * pixels, 3);
    s->grads = calloc(s->params->count, sizeof(float));
}

struct row {
    const char *what;
    void (*run)(struct setting *, struct row *);
    bool group, own_norm;
    struct backend_program *program; /* of this row, one thread */
    double wall, cpu;                /* seconds, the least so far */
};

static void open_program(struct setting *s, struct row *row)
{
    struct backend_setup setup = {.batch = s->batch,
                                  .height = s->side,
                                  .width = s->side,
                                  .use = BACKEND_TRAIN,
                                  .threads = 1,
                                  .group = row->group ? s->group : NULL,
                                  .own_norm = row->own_norm};
    struct tt_error err;

    row->wall = row->cpu = INFINITY;
    if (s->ops->open(&row->program, &s->unet.wiring.net, &setup, &err) < 0)
        fail(&err);
}

static void step(struct setting *s, struct row *row)
{
    struct model_params *own = s->params;
    struct tt_error err;

    if (s->ops->load(row->program, own->values, own->stats, &err) < 0 ||
        s->ops->forward(row->program, s->x, s->y, own->stats, &err) < 0 ||
        s->ops->backward(row->program, s->dy, s->grads, NULL, &err) < 0)
        fail(&err);
}

static void add_up(struct setting *s, struct row *row)
{
    struct tt_error err;

    (void)row;
    if (reduce_begin(s->group, s->grads, s->params->count, &err) < 0 ||
        reduce_wait(s->group, &err) < 0)
        fail(&err);
}

static void step_then_add_up(struct setting *s, struct row *row)
{
    step(s, row);
    add_up(s, row);
}

/* All begin together, so that none waits for another's last round. */
static void time_once(struct setting *s, struct row *row)
{
    double wall, cpu;
    struct tt_error err;

    if (reduce_meet(s->group, &err) < 0)
        fail(&err);
    wall = now(CLOCK_MONOTONIC);
    cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    row->run(s, row);
    row->wall = fmin(row->wall, now(CLOCK_MONOTONIC) - wall);
    row->cpu = fmin(row->cpu, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

int main(int argc, char **argv)
{
    struct setting s = {.side = argc > 1 ? atoi(argv[1]) : 64,  // lint: ours
                        .batch = argc > 2 ? atoi(argv[2]) : 8}; // lint: ours
    int rounds = argc > 3 ? atoi(argv[3]) : 10;                 // lint: ours
    struct row rows[] = {
        {.what = "a step alone", .run = step},
        {.what = "shared, batch norm over all", .run = step, .group = true},
        {.what = "shared, batch norm of its own",
         .run = step,
         .group = true,
         .own_norm = true},
        {.what = "a step alone, then all gradients added up",
         .run = step_then_add_up},
        {.what = "adding up all gradients", .run = add_up},
    };
    const size_t n = sizeof(rows) / sizeof(rows[0]);

    set_up(&s);
    for (size_t i = 0; i < n; i++)
        open_program(&s, &rows[i]);
    for (int round = 0; round <= rounds; round++)
        for (size_t i = 0; i < n; i++)
            time_once(&s, &rows[i]);
    if (reduce_rank(s.group) == 0) {
        printf("S at %d px, %d photos in each of %d processes\n", s.side,
               s.batch, reduce_size(s.group));
        for (size_t i = 0; i < n; i++)
            printf("%-44s %8.1f ms, cpu %8.1f ms\n", rows[i].what,
                   1e3 * rows[i].wall, 1e3 * rows[i].cpu);
    }
    for (size_t i = 0; i < n; i++)
        s.ops->close(rows[i].program);
    reduce_close(s.group);
    model_params_free(s.params);
    free(s.x);
    free(s.y);
    free(s.dy);
    free(s.grads);
    return 0;
}
