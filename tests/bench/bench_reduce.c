/**
 * bench_reduce: what a shared training step costs beside one alone: preset S,
 * each process with its part of the batch on one thread. Best of the rounds,
 * in wall time and CPU time of the first process.
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
    struct backend_program *program;
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

static void open_program(struct setting *s, struct reduce *group, bool own_norm)
{
    struct backend_setup setup = {.batch = s->batch,
                                  .height = s->side,
                                  .width = s->side,
                                  .use = BACKEND_TRAIN,
                                  .threads = 1,
                                  .group = group,
                                  .own_norm = own_norm};
    struct tt_error err;

    if (s->ops->open(&s->program, &s->unet.wiring.net, &setup, &err) < 0)
        fail(&err);
}

static void step(struct setting *s)
{
    struct tt_error err;

    if (s->ops->load(s->program, s->params->values, s->params->stats, &err) <
            0 ||
        s->ops->forward(s->program, s->x, s->y, s->params->stats, &err) < 0 ||
        s->ops->backward(s->program, s->dy, s->grads, NULL, &err) < 0)
        fail(&err);
}

static void add_up(struct setting *s)
{
    struct tt_error err;

    if (reduce_begin(s->group, s->grads, s->params->count, &err) < 0 ||
        reduce_wait(s->group, &err) < 0)
        fail(&err);
}

static void step_then_add_up(struct setting *s)
{
    step(s);
    add_up(s);
}

/* All begin together, so that none waits for another's last round. */
static void time_it(struct setting *s, const char *what, int rounds,
                    void (*run)(struct setting *))
{
    double wall = 1e9, cpu = 1e9;
    struct tt_error err;

    run(s);
    for (int i = 0; i < rounds; i++) {
        double w, c;

        if (reduce_meet(s->group, &err) < 0)
            fail(&err);
        w = now(CLOCK_MONOTONIC);
        c = now(CLOCK_PROCESS_CPUTIME_ID);
        run(s);
        wall = fmin(wall, now(CLOCK_MONOTONIC) - w);
        cpu = fmin(cpu, now(CLOCK_PROCESS_CPUTIME_ID) - c);
    }
    if (reduce_rank(s->group) == 0)
        printf("%-44s %8.1f ms, cpu %8.1f ms\n", what, 1e3 * wall, 1e3 * cpu);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct setting s = {.side = argc > 1 ? atoi(argv[1]) : 64,  // lint: ours
                        .batch = argc > 2 ? atoi(argv[2]) : 8}; // lint: ours
    int rounds = argc > 3 ? atoi(argv[3]) : 10;                 // lint: ours
    const struct {
        const char *what;
        bool group, own_norm;
        void (*run)(struct setting *);
    } rows[] = {
        {"a step alone", false, false, step},
        {"shared, batch norm over all", true, false, step},
        {"shared, batch norm of its own", true, true, step},
        {"a step alone, then all gradients added up", false, false,
         step_then_add_up},
    };

    set_up(&s);
    if (reduce_rank(s.group) == 0)
        printf("S at %d px, %d photos in each of %d processes\n", s.side,
               s.batch, reduce_size(s.group));
    time_it(&s, "adding up all gradients", rounds, add_up);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_program(&s, rows[i].group ? s.group : NULL, rows[i].own_norm);
        time_it(&s, rows[i].what, rounds, rows[i].run);
        s.ops->close(s.program);
    }
    reduce_close(s.group);
    model_params_free(s.params);
    free(s.x);
    free(s.y);
    free(s.dy);
    free(s.grads);
    return 0;
}
