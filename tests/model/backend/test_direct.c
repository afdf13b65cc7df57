#include "model/backend/direct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "model/backend/onednn.h"
#include "model/random.h"
#include "tests/check.h"

static struct tt_error err;

/* A convolution with all its tensors; what `back` passes read is random. */
struct stage {
    struct conv_shape s;
    size_t in, out, weights;
    float *x, *w, *bias, *dy;        /* given */
    float *y, *dx, *dw, *dbias;      /* ours */
    double *ty, *tdx, *tdw, *tdbias; /* the truth */
};

static const struct {
    int ci, co, h, w, kernel, stride;
    bool up;
} shapes[] = {
    {1, 32, 16, 16, 3, 1, false}, {16, 16, 8, 12, 3, 1, false},
    {24, 40, 7, 5, 3, 1, false},  {16, 24, 10, 6, 3, 2, false},
    {3, 64, 16, 8, 4, 2, false},  {32, 8, 6, 6, 4, 1, false},
    {32, 2, 9, 9, 3, 1, false},   {13, 1, 5, 4, 4, 1, false},
    {16, 16, 5, 7, 3, 1, true},   {40, 24, 3, 3, 3, 1, true},
    {8, 9, 70, 3, 3, 1, false},   {8, 8, 2, 600, 3, 1, false},
};

static float *random_floats(size_t n, uint64_t key)
{
    float *x = malloc(n * sizeof(float));

    for (size_t i = 0; i < n; i++)
        x[i] = model_random_normal(key, i);
    return x;
}

static void stage_init(struct stage *t, size_t i)
{
    int grow = shapes[i].up ? 2 : 1, k = shapes[i].kernel;
    int h = shapes[i].h, w = shapes[i].w, stride = shapes[i].stride;
    size_t n = 3;

    *t = (struct stage){.s = {.n = (int)n,
                              .h = h,
                              .w = w,
                              .ci = shapes[i].ci,
                              .oh = grow * ((h + 2 - k) / stride + 1),
                              .ow = grow * ((w + 2 - k) / stride + 1),
                              .co = shapes[i].co,
                              .kernel = k,
                              .stride = stride,
                              .pad = 1,
                              .up = shapes[i].up,
                              .bias = true,
                              .relu = i % 2 == 1,
                              .slope = 0.25f,
                              .train = true,
                              .back_data = true}};
    t->in = n * (size_t)(h * w * t->s.ci);
    t->out = n * (size_t)(t->s.oh * t->s.ow * t->s.co);
    t->weights = (size_t)t->s.co * (size_t)t->s.ci * (size_t)k * (size_t)k;
    t->x = random_floats(t->in, 1);
    t->w = random_floats(t->weights, 2);
    t->bias = random_floats((size_t)t->s.co, 3);
    t->dy = random_floats(t->out, 4);
    t->y = calloc(t->out, sizeof(float));
    t->dx = calloc(t->in, sizeof(float));
    t->dw = calloc(t->weights, sizeof(float));
    t->dbias = calloc((size_t)t->s.co, sizeof(float));
    t->ty = calloc(t->out, sizeof(double));
    t->tdx = calloc(t->in, sizeof(double));
    t->tdw = calloc(t->weights, sizeof(double));
    t->tdbias = calloc((size_t)t->s.co, sizeof(double));
}

static void stage_release(struct stage *t)
{
    void *all[] = {t->x,  t->w,     t->bias, t->dy,  t->y,   t->dx,
                   t->dw, t->dbias, t->ty,   t->tdx, t->tdw, t->tdbias};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        free(all[i]);
}

/* One product of input pixel `in` and output pixel `out` under kernel place
 * `at`, in all three passes. */
static void meet(struct stage *t, size_t in, size_t out, size_t at)
{
    size_t ci = (size_t)t->s.ci, co = (size_t)t->s.co;
    size_t area = (size_t)t->s.kernel * (size_t)t->s.kernel;

    for (size_t o = 0; o < co; o++)
        for (size_t i = 0; i < ci; i++) {
            size_t w = (o * ci + i) * area + at;

            t->ty[out * co + o] += (double)t->x[in * ci + i] * t->w[w];
            t->tdx[in * ci + i] += (double)t->dy[out * co + o] * t->w[w];
            t->tdw[w] += (double)t->dy[out * co + o] * t->x[in * ci + i];
        }
}

static void truth(struct stage *t)
{
    const struct conv_shape *s = &t->s;
    int grow = s->up ? 2 : 1, k = s->kernel;

    for (int out = 0; out < s->n * s->oh * s->ow; out++)
        for (int at = 0; at < k * k; at++) {
            int n = out / (s->oh * s->ow);
            int y = out / s->ow % s->oh * s->stride - s->pad + at / k;
            int x = out % s->ow * s->stride - s->pad + at % k;

            if (y >= 0 && x >= 0 && y < s->h * grow && x < s->w * grow)
                meet(t,
                     ((size_t)n * (size_t)s->h + (size_t)(y / grow)) *
                             (size_t)s->w +
                         (size_t)(x / grow),
                     (size_t)out, (size_t)at);
        }
    for (size_t i = 0; i < t->out; i++) {
        size_t o = i % (size_t)s->co;

        t->ty[i] += t->bias[o];
        if (s->relu && t->ty[i] < 0)
            t->ty[i] *= s->slope;
        t->tdbias[o] += t->dy[i];
    }
}

static void ours(struct stage *t)
{
    struct conv_buffers b = {
        .src = t->x, .dst = t->y, .diff_src = t->dx, .diff_dst = t->dy};
    struct direct *d;

    CHECK_OK(direct_open(&d, &t->s, &err));
    b.scratch = aligned_alloc(64, (direct_scratch(d) + 63) / 64 * 64);
    direct_bind(d, &b);
    CHECK_OK(direct_pack(d, t->w, t->bias, &err));
    direct_forward(d);
    direct_back_data(d);
    direct_back_weights(d, t->dw, t->dbias);
    CHECK(direct_memory(d) >= t->weights * sizeof(float));
    direct_close(d);
    free(b.scratch);
}

/* The same by oneDNN; 0 if it has only slow code for that, and says so. */
static int library(struct stage *t)
{
    struct conv_buffers b = {
        .src = t->x, .dst = t->y, .diff_src = t->dx, .diff_dst = t->dy};
    struct onednn_conv *c = NULL;
    struct onednn *lib;
    int rc;

    CHECK_OK(onednn_open(&lib, &err));
    rc = onednn_conv_open(&c, lib, &t->s, "1", &err);
    if (rc < 0) {
        CHECK_INT(err.code, TT_USAGE);
        CHECK(strstr(err.text, "only slow code"));
        onednn_close(lib);
        return 0;
    }
    b.scratch = aligned_alloc(64, (onednn_conv_scratch(c) + 64) / 64 * 64);
    CHECK_OK(onednn_conv_bind(c, &b, &err));
    CHECK_OK(onednn_conv_pack(c, t->w, t->bias, &err));
    CHECK_OK(onednn_conv_forward(c, &err));
    CHECK_OK(onednn_conv_back_data(c, &err));
    CHECK_OK(onednn_conv_back_weights(c, t->dw, t->dbias, &err));
    onednn_conv_close(c);
    onednn_close(lib);
    free(b.scratch);
    return 1;
}

/* |a - b| / |b| */
static double apart(const float *a, const double *b, size_t n)
{
    double d = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        d += (a[i] - b[i]) * (a[i] - b[i]);
        all += b[i] * b[i];
    }
    return sqrt(d / all);
}

static void check_truth(const struct stage *t)
{
    CHECK_NEAR(apart(t->y, t->ty, t->out), 0, 1e-6);
    CHECK_NEAR(apart(t->dx, t->tdx, t->in), 0, 1e-6);
    CHECK_NEAR(apart(t->dw, t->tdw, t->weights), 0, 2e-6); // long sums
    CHECK_NEAR(apart(t->dbias, t->tdbias, (size_t)t->s.co), 0, 1e-6);
}

TEST(backend_direct_agrees_with_the_sum_over_all_pairs)
{
    if (!direct_can())
        check_skip("this processor has no AVX2");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct stage t;

        stage_init(&t, i);
        truth(&t);
        ours(&t);
        check_truth(&t);
        stage_release(&t);
    }
}

/* Also on processors where a program takes our own code. */
TEST(backend_onednn_agrees_with_the_sum_over_all_pairs_or_says_it_is_slow)
{
    int done = 0;

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct stage t;

        if (shapes[i].up) // the corner form is conv.c's
            continue;
        stage_init(&t, i);
        truth(&t);
        if (library(&t)) {
            check_truth(&t);
            done++;
        }
        stage_release(&t);
    }
    CHECK(done >= 3);
}

TEST(backend_direct_bits_depend_neither_on_threads_nor_on_neighbours)
{
    if (!direct_can())
        check_skip("this processor has no AVX2");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct stage one, three, alone;

        stage_init(&one, i);
        stage_init(&three, i);
        stage_init(&alone, i);
        alone.s.n = 1;
#ifdef _OPENMP
        omp_set_num_threads(1);
#endif
        ours(&one);
        ours(&alone);
#ifdef _OPENMP
        omp_set_num_threads(3);
#endif
        ours(&three);
        CHECK(memcmp(one.y, three.y, one.out * sizeof(float)) == 0);
        CHECK(memcmp(one.dx, three.dx, one.in * sizeof(float)) == 0);
        CHECK(memcmp(one.dw, three.dw, one.weights * sizeof(float)) == 0);
        CHECK(memcmp(one.y, alone.y, one.out / 3 * sizeof(float)) == 0);
        stage_release(&one);
        stage_release(&three);
        stage_release(&alone);
    }
}

#define APART 5 /* channels of others between a pixel and the next */

/* The tensor's pixels, each followed by some of `other`. */
static float *spread(const float *from, size_t pixels, size_t channels,
                     float other)
{
    size_t step = channels + APART;
    float *to = malloc(pixels * step * sizeof(float));

    for (size_t i = 0; i < pixels * step; i++)
        to[i] =
            i % step < channels ? from[i / step * channels + i % step] : other;
    return to;
}

TEST(backend_direct_reads_and_writes_a_slice_as_if_it_were_all)
{
    if (!direct_can())
        check_skip("this processor has no AVX2");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct conv_buffers b = {0};
        struct direct *d;
        struct stage t;
        size_t ci, co, out;
        float *want;

        stage_init(&t, i);
        ours(&t);
        ci = (size_t)t.s.ci;
        co = (size_t)t.s.co;
        out = t.out / co;
        b.src = spread(t.x, t.in / ci, ci, NAN);
        b.src_step = ci + APART;
        b.dst = spread(t.dy, out, co, 7);
        b.dst_step = co + APART;
        want = spread(t.y, out, co, 7);
        t.s.train = t.s.back_data = false;
        CHECK_OK(direct_open(&d, &t.s, &err));
        direct_bind(d, &b);
        CHECK_OK(direct_pack(d, t.w, t.bias, &err));
        direct_forward(d);
        CHECK(memcmp(b.dst, want, out * b.dst_step * sizeof(float)) == 0);
        direct_close(d);
        free(b.src);
        free(b.dst);
        free(want);
        stage_release(&t);
    }
}
