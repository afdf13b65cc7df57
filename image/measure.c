#include "image/measure.h"

#include <math.h>
#include <string.h>

#include "image/curve.h"
#include "image/quantile.h"
#include "image/sample.h"

enum {
    BINS = IMAGE_SAMPLE_BINS,
    MIDDLE = IMAGE_SAMPLE_MIDDLE,
    REST = IMAGE_SAMPLE_REST,
    ENOUGH = IMAGE_SAMPLE_ENOUGH
};

const struct image_thresholds image_thresholds_default = {3, 4.5f, 4.0f, 4.0f,
                                                          5.5f};

/* The tone curve: points, L* rising. */
struct curve {
    int n;
    float L[BINS], a[BINS], b[BINS]; /* medians of a bin */
    int bin[BINS];
};

/* --- colour --- */

static void find_curve(const struct image_sample *s, struct curve *c)
{
    c->n = 0;
    for (int bin = 0; bin < BINS; bin++) {
        size_t from = s->start[bin][MIDDLE];
        size_t n = s->start[bin + 1][MIDDLE] - from;

        if (n == 0)
            continue;
        c->L[c->n] = image_quantile(s->L + from, n, 0.5);
        c->a[c->n] = image_quantile(s->a + from, n, 0.5);
        c->b[c->n] = image_quantile(s->b + from, n, 0.5);
        c->bin[c->n++] = bin;
    }
}

static float slope(const float *L, const float *v, int from)
{
    return L[from + 1] > L[from]
               ? (v[from + 1] - v[from]) / (L[from + 1] - L[from])
               : 0;
}

/* A point of the curve and how it goes on to both sides; level at the ends. */
struct knee {
    float L, a, b;
    float a_down, a_up, b_down, b_up;
};

static struct knee knee_of(const struct curve *c, int i)
{
    struct knee k = {.L = c->L[i], .a = c->a[i], .b = c->b[i]};

    if (i > 0) {
        k.a_down = slope(c->L, c->a, i - 1);
        k.b_down = slope(c->L, c->b, i - 1);
    }
    if (i + 1 < c->n) {
        k.a_up = slope(c->L, c->a, i);
        k.b_up = slope(c->L, c->b, i);
    }
    return k;
}

/* Squared distances of (a, b) to the curve near a knee. A bin's pixels lie
 * between its neighbours' medians. */
IMAGE_HOT
static void distances(const float *L, const float *a, const float *b, size_t n,
                      struct knee k, float *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float d = L[i] - k.L;
        float da = a[i] - k.a - d * (d < 0 ? k.a_down : k.a_up);
        float db = b[i] - k.b - d * (d < 0 ? k.b_down : k.b_up);

        out[i] = da * da + db * db;
    }
}

static void residuals(const struct image_sample *s, const struct curve *c,
                      float *out)
{
    for (int i = 0; i < c->n; i++) {
        size_t from = s->start[c->bin[i]][MIDDLE];
        size_t end = s->start[c->bin[i] + 1][MIDDLE];

        distances(s->L + from, s->a + from, s->b + from, end - from,
                  knee_of(c, i), out + from);
    }
}

/* The middle's values of all bins, side by side: how many. */
static size_t take_middle(const struct image_sample *s, const float *v,
                          float *out)
{
    size_t n = 0;

    for (int bin = 0; bin < BINS; bin++) {
        size_t from = s->start[bin][MIDDLE];
        size_t here = s->start[bin][REST] - from;

        memcpy(out + n, v + from, here * sizeof(*v));
        n += here;
    }
    return n;
}

/* In eight sums, so that the bits do not depend on the processor. */
IMAGE_HOT
static double sum_of(const float *v, size_t n)
{
    typedef float eight __attribute__((vector_size(32)));
    eight sum = {0}, here;
    double all = 0;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        memcpy(&here, v + i, sizeof(here));
        sum += here;
    }
    for (; i < n; i++)
        all += (double)v[i];
    for (int k = 0; k < 8; k++)
        all += (double)sum[k];
    return all;
}

IMAGE_HOT
static void squares(const float *a, const float *b, size_t n, float *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * a[i] + b[i] * b[i];
}

/* Quantiles are taken of squares, and the root of them. */
static void measure_colour(struct image_sample *s, struct image_measure *m)
{
    float *r = s->work, *middle = s->work + s->n;
    struct curve curve;
    size_t n;

    m->mean_a = (float)(sum_of(s->a, s->n) / (double)s->n);
    m->mean_b = (float)(sum_of(s->b, s->n) / (double)s->n);
    squares(s->a, s->b, s->n, r);
    m->c95 = sqrtf(image_quantile(r, s->n, 0.95));
    find_curve(s, &curve);
    residuals(s, &curve, r);
    m->r90 = m->cr90 = sqrtf(image_quantile(r, s->n, 0.9));
    n = take_middle(s, r, middle);
    if (n >= ENOUGH)
        m->cr90 = sqrtf(image_quantile(middle, n, 0.9));
}

/* --- light --- */

/* Y of L* (CIE 15), and the squared distance to the mean. */
IMAGE_HOT
static void light_of(const float *L, size_t n, float mean, float *light,
                     float *square)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float f = (L[i] + 16) * (1.0f / 116), low = L[i] * (27.0f / 24389);

        light[i] = L[i] > 8 ? f * f * f : low;
        square[i] = (L[i] - mean) * (L[i] - mean);
    }
}

/* Squares of the second difference at n places with neighbours all around. */
IMAGE_HOT
static void edges_of(const float *L, size_t width, size_t n, float *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float d = 4 * L[i] - L[i - 1] - L[i + 1] -
                  L[(ptrdiff_t)i - (ptrdiff_t)width] - L[i + width];

        out[i] = d * d;
    }
}

static void measure_light(struct image_sample *s, struct image_measure *m)
{
    const float *L = s->lightness;
    size_t width = (size_t)s->width, height = (size_t)s->height;
    size_t n = width * height, inside = 0;
    float mean = (float)(sum_of(L, n) / (double)n);
    double edges = 0;

    light_of(L, n, mean, s->work, s->work + n);
    m->mean_light = (float)(sum_of(s->work, n) / (double)n);
    m->std_l = (float)sqrt(sum_of(s->work + n, n) / (double)n);
    for (size_t y = 1; y + 1 < height && width > 2; y++) {
        edges_of(L + y * width + 1, width, width - 2, s->work);
        edges += sum_of(s->work, width - 2);
        inside += width - 2;
    }
    m->sharpness = inside > 0 && m->std_l > 0.01f
                       ? (float)sqrt(edges / (double)inside) / m->std_l
                       : 0;
}

int image_measure(const struct image_small *small,
                  const struct image_thresholds *thresholds,
                  struct image_measure *out, struct tt_error *err)
{
    struct image_sample s = {0};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (image_sample_init(&s, small, err) < 0)
        goto fail;
    measure_colour(&s, out);
    measure_light(&s, out);
    image_measure_classify(out, thresholds);
    rc = 0;

fail:
    image_sample_release(&s);
    return rc;
}

void image_measure_classify(struct image_measure *m,
                            const struct image_thresholds *thresholds)
{
    const struct image_thresholds *t =
        thresholds ? thresholds : &image_thresholds_default;

    m->class = IMAGE_COLOUR;
    if (m->r90 < t->toned_r90 || m->cr90 < t->toned_cr90)
        m->class = IMAGE_TONED;
    if (m->c95 < t->gray_c95)
        m->class = IMAGE_GRAY;
    m->unsure = m->class != IMAGE_GRAY && m->r90 >= t->unsure_low &&
                m->r90 <= t->unsure_high;
}
