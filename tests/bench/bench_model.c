/**
 * bench_model: preset S on the CPU: inference at 128 px and a whole training
 * step, best of several rounds, in wall time and in CPU time of all threads.
 *
 *   bench_model [seconds]      OMP_NUM_THREADS says how many threads
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/backend/backend.h"
#include "model/params.h"
#include "model/unet.h"

struct best {
    double wall_s, cpu_s;
    int rounds;
};

static double now(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const struct tt_error *err)
{
    fprintf(stderr, "bench_model: %s\n", err->text);
    exit(1);
}

static float *noise(size_t n, unsigned seed)
{
    float *x = malloc(n * sizeof(*x));

    for (size_t i = 0; x && i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / (1 << 24);
    }
    return x;
}

struct setting {
    struct backend_program *program;
    const struct backend_ops *ops;
    struct model_unet unet;
    struct model_params *params;
    float *x, *y, *dy, *grads;
    size_t pixels;
};

static void set_up(struct setting *s, int batch, int side, enum backend_use use,
                   enum backend_precision precision)
{
    struct backend_setup setup = {.batch = batch,
                                  .height = side,
                                  .width = side,
                                  .use = use,
                                  .precision = precision,
                                  .threads = backend_threads_default()};
    struct tt_error err;

    s->ops = backend_find("auto", &err);
    s->pixels = (size_t)batch * (size_t)side * (size_t)side;
    if (!s->ops)
        fail(&err);
    model_unet_init(&s->unet, model_preset_find("S", &err), true);
    if (model_params_new(&s->params, &s->unet.wiring, &err) < 0)
        fail(&err);
    model_params_start(s->params, &s->unet.wiring, 1, 0);
    if (s->ops->open(&s->program, &s->unet.wiring.net, &setup, &err) < 0 ||
        s->ops->load(s->program, s->params->values, s->params->stats, &err) < 0)
        fail(&err);
    s->x = noise(s->pixels, 1);
    s->y = noise(2 * s->pixels, 2);
    s->dy = noise(2 * s->pixels, 3);
    s->grads = calloc(s->params->count, sizeof(float));
}

static void tear_down(struct setting *s)
{
    s->ops->close(s->program);
    model_params_free(s->params);
    free(s->x);
    free(s->y);
    free(s->dy);
    free(s->grads);
}

static void infer(struct setting *s)
{
    struct tt_error err;

    if (s->ops->forward(s->program, s->x, s->y, NULL, &err) < 0)
        fail(&err);
}

static void step(struct setting *s)
{
    struct tt_error err;

    if (s->ops->load(s->program, s->params->values, s->params->stats, &err) <
            0 ||
        s->ops->forward(s->program, s->x, s->y, s->params->stats, &err) < 0 ||
        s->ops->backward(s->program, s->dy, s->grads, &err) < 0)
        fail(&err);
}

static struct best time_it(struct setting *s, void (*run)(struct setting *),
                           double seconds)
{
    struct best b = {1e9, 1e9, 0};
    double end = now(CLOCK_MONOTONIC) + seconds;

    run(s);
    while (now(CLOCK_MONOTONIC) < end || b.rounds < 3) {
        double w = now(CLOCK_MONOTONIC), c = now(CLOCK_PROCESS_CPUTIME_ID);

        run(s);
        b.wall_s = fmin(b.wall_s, now(CLOCK_MONOTONIC) - w);
        b.cpu_s = fmin(b.cpu_s, now(CLOCK_PROCESS_CPUTIME_ID) - c);
        b.rounds++;
    }
    return b;
}

static void line(const char *what, int batch, struct best b)
{
    printf("%-28s %7.2f images/s, %6.2f ms an image, cpu %6.2f ms; best of "
           "%d\n",
           what, batch / b.wall_s, 1e3 * b.wall_s / batch,
           1e3 * b.cpu_s / batch, b.rounds);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int batch, side;
        enum backend_use use;
        enum backend_precision precision;
    } rows[] = {
        {"infer f32 128 px batch 2", 2, 128, BACKEND_INFER, BACKEND_F32},
        {"infer bf16 128 px batch 2", 2, 128, BACKEND_INFER, BACKEND_BF16},
        {"train bf16 128 px batch 8", 8, 128, BACKEND_TRAIN, BACKEND_BF16},
        {"train bf16 64 px batch 32", 32, 64, BACKEND_TRAIN, BACKEND_BF16},
    };
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 5;
    struct tt_error err;
    const struct backend_ops *ops = backend_find("auto", &err);

    for (size_t i = 0; ops && i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct setting s = {0};

        if (!ops->can(rows[i].precision)) {
            printf("%-28s not at speed on this processor\n", rows[i].name);
            continue;
        }
        set_up(&s, rows[i].batch, rows[i].side, rows[i].use, rows[i].precision);
        line(rows[i].name, rows[i].batch,
             time_it(&s, rows[i].use == BACKEND_INFER ? infer : step, seconds));
        tear_down(&s);
    }
    return 0;
}
