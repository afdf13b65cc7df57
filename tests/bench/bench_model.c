/**
 * bench_model: preset S on the CPU: inference and a training step (weights
 * packed, forward, L1 loss, backward, Adam), best of several rounds, in wall
 * time and in CPU time of all threads.
 *
 *   bench_model [SECONDS]                            a table of cases
 *   bench_model SECONDS infer|train f32|bf16 BATCH SIDE    one, as JSON
 *   bench_model first CHECKPOINT     from the start of the process to the first
 *                                    colours, of a photo and its mirror image
 *                                    as the product does it, as JSON
 *   bench_model plain CHECKPOINT     the same of one pass through the network,
 *                                    as others do it
 *   bench_model photo CHECKPOINT IN OUT    from the start of the process to a
 *                                    photo written in colour
 * It takes as many threads as the process may use processors.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/file.h"
#include "image/image.h"
#include "image/load.h"
#include "image/recolor.h"
#include "image/resize.h"
#include "image/save.h"
#include "model/backend/adam.h"
#include "model/backend/backend.h"
#include "model/checkpoint.h"
#include "model/infer.h"
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
    float *x, *y, *want, *dy, *grads, *moments;
    size_t pixels;
    struct backend_adam adam;
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

    s->ops = backend_find("cpu", &err);
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
    s->want = noise(2 * s->pixels, 3);
    s->dy = noise(2 * s->pixels, 4);
    s->adam = (struct backend_adam){.rate = 1e-4f,
                                    .beta1 = 0.9f,
                                    .beta2 = 0.999f,
                                    .eps = 1e-8f,
                                    .decay = 0.999f,
                                    .threads = setup.threads};
    if (use == BACKEND_INFER)
        return;
    s->grads = calloc(s->params->count, sizeof(float));
    s->moments = calloc(3 * s->params->count, sizeof(float));
}

static void tear_down(struct setting *s)
{
    s->ops->close(s->program);
    model_params_free(s->params);
    free(s->x);
    free(s->y);
    free(s->want);
    free(s->dy);
    free(s->grads);
    free(s->moments);
}

static void infer(struct setting *s)
{
    struct tt_error err;

    if (s->ops->forward(s->program, s->x, s->y, NULL, &err) < 0)
        fail(&err);
}

static void step(struct setting *s)
{
    size_t n = s->params->count;
    struct tt_error err;

    if (s->ops->load(s->program, s->params->values, s->params->stats, &err) <
            0 ||
        s->ops->forward(s->program, s->x, s->y, s->params->stats, &err) < 0)
        fail(&err);
    for (size_t i = 0; i < 2 * s->pixels; i++)
        s->dy[i] = (s->y[i] > s->want[i] ? 1.0f : -1.0f) / (float)s->pixels;
    if (s->ops->backward(s->program, s->dy, s->grads, NULL, &err) < 0)
        fail(&err);
    s->adam.step++;
    backend_adam_step(&s->adam, n, s->params->values, s->grads, s->moments,
                      s->moments + n, s->moments + 2 * n);
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

struct row {
    enum backend_use use;
    enum backend_precision precision;
    int batch, side;
};

static struct best measure(const struct row *row, double seconds)
{
    struct setting s = {0};
    struct best b;

    set_up(&s, row->batch, row->side, row->use, row->precision);
    b = time_it(&s, row->use == BACKEND_INFER ? infer : step, seconds);
    tear_down(&s);
    return b;
}

static void table(double seconds)
{
    static const struct row rows[] = {
        {BACKEND_INFER, BACKEND_F32, 2, 128},
        {BACKEND_INFER, BACKEND_BF16, 2, 128},
        {BACKEND_TRAIN, BACKEND_F32, 8, 128},
        {BACKEND_TRAIN, BACKEND_BF16, 8, 128},
        {BACKEND_TRAIN, BACKEND_BF16, 32, 64},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[64];
        struct best b;

        snprintf(name, sizeof(name), "%s %s %d px batch %d",
                 rows[i].use == BACKEND_INFER ? "infer" : "train",
                 backend_precision_word(rows[i].precision), rows[i].side,
                 rows[i].batch);
        if (!backend_onednn.can(rows[i].precision)) {
            printf("%-28s not at speed on this processor\n", name);
            continue;
        }
        b = measure(&rows[i], seconds);
        printf("%-28s %7.2f images/s, %6.2f ms an image, cpu %6.2f ms; best of "
               "%d\n",
               name, rows[i].batch / b.wall_s, 1e3 * b.wall_s / rows[i].batch,
               1e3 * b.cpu_s / rows[i].batch, b.rounds);
        fflush(stdout);
    }
}

static int one(double seconds, char **words)
{
    struct row row = {strcmp(words[0], "train") == 0 ? BACKEND_TRAIN
                                                     : BACKEND_INFER,
                      BACKEND_F32, (int)strtol(words[2], NULL, 10),
                      (int)strtol(words[3], NULL, 10)};
    struct rusage use;
    struct tt_error err;
    struct best b;

    if (backend_precision_parse(words[1], &row.precision, &err) < 0)
        fail(&err);
    b = measure(&row, seconds);
    getrusage(RUSAGE_SELF, &use);
    printf("{\"wall\": %.6f, \"cpu\": %.6f, \"peak_mb\": %.1f}\n", b.wall_s,
           b.cpu_s, (double)use.ru_maxrss / 1024);
    return 0;
}

static void spent(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    printf("{\"cpu\": %.6f, \"peak_mb\": %.1f}\n",
           now(CLOCK_PROCESS_CPUTIME_ID), (double)use.ru_maxrss / 1024);
}

/* What a process must do before its first picture has colours. */
static int first(char **words)
{
    const char *checkpoint = words[0];
    struct model_infer *m;
    struct tt_error err;
    float *l, *ab;
    size_t n;

    if (model_infer_open(&m, checkpoint, NULL, &err) < 0)
        fail(&err);
    n = (size_t)model_infer_size(m) * (size_t)model_infer_size(m);
    l = noise(n, 1);
    ab = malloc(2 * n * sizeof(float));
    if (model_infer_run(m, l, ab, &err) < 0)
        fail(&err);
    spent();
    model_infer_close(m);
    free(l);
    free(ab);
    return 0;
}

/* The same by one pass. */
static int plain(char **words)
{
    struct model_checkpoint c;
    struct setting s = {0};
    struct backend_setup setup = {.batch = 1,
                                  .use = BACKEND_INFER,
                                  .precision = BACKEND_AUTO,
                                  .threads = backend_threads_default()};
    struct tt_error err;

    if (model_checkpoint_load(&c, words[0], false, &err) < 0)
        fail(&err);
    setup.height = setup.width = c.side;
    s.pixels = (size_t)c.side * (size_t)c.side;
    s.params = c.params;
    s.ops = backend_find("cpu", &err);
    s.x = noise(s.pixels, 1);
    s.y = noise(2 * s.pixels, 2);
    if (!s.ops ||
        s.ops->open(&s.program, &c.unet.wiring.net, &setup, &err) < 0 ||
        s.ops->load(s.program, c.params->values, c.params->stats, &err) < 0)
        fail(&err);
    infer(&s);
    spent();
    c.params = NULL;
    model_checkpoint_release(&c);
    tear_down(&s);
    return 0;
}

struct opening {
    const char *checkpoint;
    struct model_infer *model;
};

static void *open_main(void *arg)
{
    struct opening *o = arg;
    struct tt_error err;

    if (model_infer_open(&o->model, o->checkpoint, NULL, &err) < 0)
        fail(&err);
    return NULL;
}

static void load(const char *path, struct image_grey *grey,
                 struct image_facts *facts)
{
    struct image_limits limits;
    enum image_reason reason;
    struct tt_error err;
    char *bytes;
    size_t size;

    image_limits_init(&limits);
    if (tt_file_read(path, (size_t)1 << 30, &bytes, &size, &err) < 0 ||
        image_load(bytes, size, &limits, grey, facts, &reason, &err) < 0)
        fail(&err);
    free(bytes);
}

static void colour(struct model_infer *m, const struct image_grey *grey,
                   const struct image_facts *facts, const char *path)
{
    struct image_save_options options;
    struct image_rgb rgb = {0};
    int side = model_infer_size(m);
    float *l = noise((size_t)side * (size_t)side, 1);
    float *ab = noise(2 * (size_t)side * (size_t)side, 2);
    struct tt_error err;

    image_save_options_init(&options);
    options.format = facts->format;
    if (image_network_lightness(grey, side, l, &err) < 0 ||
        model_infer_run(m, l, ab, &err) < 0 ||
        image_recolor(grey, ab, side, &rgb, &err) < 0 ||
        image_save(&rgb, &options, path, &err) < 0)
        fail(&err);
    image_rgb_release(&rgb);
    free(l);
    free(ab);
}

/* All of it, from file to file; the network is opened while the photo is read,
 * as a worker does it. */
static int photo(char **words)
{
    struct opening o = {.checkpoint = words[0]};
    struct image_grey grey = {0};
    struct image_facts facts;
    struct tt_error err;
    pthread_t thread;

    if (pthread_create(&thread, NULL, open_main, &o) != 0)
        return 1;
    if (image_start("bench_model", &err) < 0)
        fail(&err);
    load(words[1], &grey, &facts);
    pthread_join(thread, NULL);
    colour(o.model, &grey, &facts, words[2]);
    spent();
    model_infer_close(o.model);
    image_grey_release(&grey);
    image_stop();
    return 0;
}

static const struct start {
    const char *word;
    int words;
    int (*run)(char **words);
} starts[] = {{"first", 1, first}, {"plain", 1, plain}, {"photo", 3, photo}};

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 5;

    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        if (argc == 2 + starts[i].words && strcmp(argv[1], starts[i].word) == 0)
            return starts[i].run(argv + 2);
    if (argc == 6)
        return one(seconds, argv + 2);
    table(seconds);
    return 0;
}
