#include "model/train/ssim.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/train/loss.h"

#define HALF  (TRAIN_SSIM_WINDOW / 2)
#define EDGE  (TRAIN_SSIM_WINDOW - 1)
#define C1    (0.01f * 0.01f)
#define C2    (0.03f * 0.03f)
#define PLANE 12 /* planes of scratch memory a thread */

struct train_ssim {
    int side, threads;
    size_t plane;      /* values of a plane of scratch memory */
    float g[HALF + 1]; /* the window, from its middle */
    float *scratch;    /* threads, PLANE, plane */
    double sums[TRAIN_BATCH_MOST];
};

/* Scratch memory of one thread. */
struct bench {
    const float *g;
    float *x, *y;                  /* side, side: a channel, less 0.5 */
    float *mx, *my, *xx, *yy, *xy; /* windows: moments, then p, q, r */
    float *product, *rows;
    float *wide; /* side + EDGE, both ways */
};

int train_ssim_new(struct train_ssim **out, int side, int threads,
                   struct tt_error *err)
{
    struct train_ssim *s = calloc(1, sizeof(*s));
    float sum = 0;

    *out = NULL;
    if (!s)
        return tt_fail(err, TT_NOMEM, "no memory for SSIM");
    s->side = side;
    s->threads = threads;
    s->plane = (size_t)(side + EDGE) * (size_t)(side + EDGE);
    s->scratch = malloc((size_t)threads * PLANE * s->plane * sizeof(float));
    if (!s->scratch) {
        train_ssim_free(s);
        return tt_fail(err, TT_NOMEM, "no memory for SSIM");
    }
    for (int i = 0; i <= HALF; i++) {
        s->g[i] = expf(-(float)(i * i) / (2 * 1.5f * 1.5f));
        sum += i ? 2 * s->g[i] : s->g[i];
    }
    for (int i = 0; i <= HALF; i++)
        s->g[i] /= sum;
    *out = s;
    return 0;
}

void train_ssim_free(struct train_ssim *s)
{
    if (!s)
        return;
    free(s->scratch);
    free(s);
}

static struct bench bench_of(const struct train_ssim *s, int thread)
{
    float *at = s->scratch + (size_t)thread * PLANE * s->plane;
    size_t n = s->plane;

    return (struct bench){s->g,       at,         at + n,     at + 2 * n,
                          at + 3 * n, at + 4 * n, at + 5 * n, at + 6 * n,
                          at + 7 * n, at + 8 * n, at + 9 * n};
}

/* The window's mean at every place where it lies within: in: side, side ->
 * out: side - EDGE, both ways. The window is symmetric. */
static void blur(const struct bench *b, const float *in, int side, float *out)
{
    int less = side - EDGE;

    for (int i = 0; i < side; i++) {
        const float *from = in + i * side + HALF;
        float *to = b->rows + i * less;

#pragma omp simd
        for (int j = 0; j < less; j++) {
            float sum = b->g[0] * from[j];

#pragma GCC unroll 8
            for (int k = 1; k <= HALF; k++)
                sum += b->g[k] * (from[j - k] + from[j + k]);
            to[j] = sum;
        }
    }
    for (int i = 0; i < less; i++) {
        const float *from = b->rows + (i + HALF) * less;
        float *to = out + i * less;

#pragma omp simd
        for (int j = 0; j < less; j++) {
            float sum = b->g[0] * from[j];

#pragma GCC unroll 8
            for (int k = 1; k <= HALF; k++)
                sum += b->g[k] * (from[j - k * less] + from[j + k * less]);
            to[j] = sum;
        }
    }
}

static void blur_product(const struct bench *b, const float *x, const float *y,
                         int side, float *out)
{
#pragma omp simd
    for (int i = 0; i < side * side; i++)
        b->product[i] = x[i] * y[i];
    blur(b, b->product, side, out);
}

/* G^T: the windows' values spread to the pixels they cover; what lies around
 * the windows is 0. in: side - EDGE, both ways -> out: side, side. */
static void spread(const struct bench *b, const float *in, int side, float *out)
{
    int less = side - EDGE, more = side + EDGE;

    memset(b->wide, 0, (size_t)more * (size_t)more * sizeof(float));
    for (int i = 0; i < less; i++)
        memcpy(b->wide + (i + EDGE) * more + EDGE, in + i * less,
               (size_t)less * sizeof(float));
    blur(b, b->wide, more, out);
}

/* The sum of S over all windows of a channel; mx, xx, xy become p, q, r. */
static double compare(const struct bench *b, int windows)
{
    float part[64] = {0};
    double sum = 0;

    for (int i = 0; i < windows; i += 64) {
        int n = windows - i < 64 ? windows - i : 64;

#pragma omp simd
        for (int k = 0; k < n; k++) {
            float dx = b->mx[i + k], dy = b->my[i + k];
            float mx = dx + 0.5f, my = dy + 0.5f;
            float a1 = 2 * mx * my + C1;
            float a2 = 2 * (b->xy[i + k] - dx * dy) + C2;
            float b1 = 1 / (mx * mx + my * my + C1);
            float b2 =
                1 / (b->xx[i + k] - dx * dx + b->yy[i + k] - dy * dy + C2);
            float s = a1 * a2 * b1 * b2;
            float q = -s * b2, r = 2 * a1 * b1 * b2;

            // p + q + r / 2: that of the moments of x - 0.5
            b->mx[i + k] =
                2 * (my * a2 * b2 - mx * s) * b1 - 2 * dx * q - dy * r;
            b->xx[i + k] = q;
            b->xy[i + k] = r;
            part[k] = s;
        }
        for (int k = 0; k < n; k++)
            sum += (double)part[k];
    }
    return sum;
}

/* One channel of one photo; dy (may be NULL) is that of the loss. */
static double channel(const struct bench *b, const float *y,
                      const float *target, float *dy, int side, float step)
{
    int n = side * side, less = side - EDGE;
    double sum;

    for (int i = 0; i < n; i++) {
        b->x[i] = y[2 * i] - 0.5f;
        b->y[i] = target[2 * i] - 0.5f;
    }
    blur(b, b->x, side, b->mx);
    blur(b, b->y, side, b->my);
    blur_product(b, b->x, b->x, side, b->xx);
    blur_product(b, b->y, b->y, side, b->yy);
    blur_product(b, b->x, b->y, side, b->xy);
    sum = compare(b, less * less);
    if (!dy)
        return sum;
    spread(b, b->mx, side, b->my); // p
    spread(b, b->xx, side, b->yy); // q
    spread(b, b->xy, side, b->mx); // r
    for (int i = 0; i < n; i++)
        dy[2 * i] =
            -step * (b->my[i] + 2 * b->x[i] * b->yy[i] + b->y[i] * b->mx[i]);
    return sum;
}

double train_ssim_loss(struct train_ssim *s, const float *y,
                       const float *target, float *dy, int n, int side)
{
    size_t each = (size_t)side * (size_t)side * 2;
    double windows = 2.0 * n * (side - EDGE) * (side - EDGE), sum = 0;

    assert(n <= TRAIN_BATCH_MOST && side <= s->side && side > EDGE);
#pragma omp parallel for schedule(static) num_threads(s->threads)
    for (int t = 0; t < s->threads; t++) {
        struct bench b = bench_of(s, t);

        for (int i = t; i < n; i += s->threads) {
            size_t at = (size_t)i * each;

            s->sums[i] = 0;
            for (size_t c = 0; c < 2; c++)
                s->sums[i] += channel(&b, y + at + c, target + at + c,
                                      dy ? dy + at + c : NULL, side,
                                      (float)(1 / windows));
        }
    }
    for (int i = 0; i < n; i++)
        sum += s->sums[i];
    return 1 - sum / windows;
}
