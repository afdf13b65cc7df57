#include "image/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/lab.h"
#include "image/quantile.h"
#include "image/resize.h"

enum { LONG_SIDE = 96, BINS = 12, ENOUGH = 50 };

const struct image_thresholds image_thresholds_default = {3, 4.5f, 4.0f, 4.0f,
                                                          5.5f};

/* The reduced picture and the pixels of it that count. */
struct sample {
    int width, height;
    size_t n, middle; /* pixels that count; those of them in the middle come
                         first */
    uint8_t *rgb;
    float *plane[3];  /* L*, a*, b* as reduced */
    float *soft[3];   /* the same after the 3 x 3 mean */
    float *L, *a, *b; /* of the pixels that count */
    float *work;      /* 3 values for each of them */
    uint32_t *order[2];
};

struct bins {
    int n;
    float L[BINS], a[BINS], b[BINS]; /* medians, L* rising */
};

static int sample_init(struct sample *s, const struct image_small *small,
                       struct tt_error *err)
{
    int side = small->width > small->height ? small->width : small->height;
    size_t n, planes = 12;
    float *all;

    s->width = small->width;
    s->height = small->height;
    if (side > LONG_SIDE) {
        s->width = (small->width * LONG_SIDE + side / 2) / side;
        s->height = (small->height * LONG_SIDE + side / 2) / side;
        s->width = s->width > 0 ? s->width : 1;
        s->height = s->height > 0 ? s->height : 1;
    }
    n = (size_t)s->width * (size_t)s->height;
    s->rgb = malloc(3 * n);
    s->plane[0] = all = malloc(planes * n * sizeof(*all));
    s->order[0] = malloc(2 * n * sizeof(*s->order[0]));
    if (!s->rgb || !all || !s->order[0]) {
        tt_fail(err, TT_NOMEM, "no memory to measure a picture");
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        s->plane[i] = all + (size_t)i * n;
        s->soft[i] = all + (size_t)(3 + i) * n;
    }
    s->L = all + 6 * n;
    s->a = all + 7 * n;
    s->b = all + 8 * n;
    s->work = all + 9 * n;
    s->order[1] = s->order[0] + n;
    return image_resize_rgb8(small, NULL, s->width, s->height, s->rgb, err);
}

static void sample_release(struct sample *s)
{
    free(s->rgb);
    free(s->plane[0]);
    free(s->order[0]);
}

static int clamp(int i, int end)
{
    return i < 0 ? 0 : i >= end ? end - 1 : i;
}

IMAGE_HOT
static void add_rows(const float *up, const float *here, const float *down,
                     size_t n, float *sum)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        sum[i] = up[i] + here[i] + down[i];
}

/* sum has one more value at each end. */
IMAGE_HOT
static void mean_across(const float *sum, size_t n, float *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        out[i] = (sum[i] + sum[i + 1] + sum[i + 2]) * (1.0f / 9);
}

/* The 3 x 3 mean, edges repeated. */
static void soften(const float *in, int width, int height, float *out)
{
    float sum[LONG_SIDE + 2] = {0};
    size_t n = (size_t)width;

    for (int y = 0; y < height; y++, out += n) {
        add_rows(in + (size_t)clamp(y - 1, height) * n, in + (size_t)y * n,
                 in + (size_t)clamp(y + 1, height) * n, n, sum + 1);
        sum[0] = sum[1];
        sum[n + 1] = sum[n];
        mean_across(sum, n, out);
    }
}

static void keep(struct sample *s, size_t i)
{
    s->L[s->n] = s->soft[0][i];
    s->a[s->n] = s->soft[1][i];
    s->b[s->n++] = s->soft[2][i];
}

/* Keep what counts of the middle, or of the rest. */
static void keep_part(struct sample *s, bool middle, float low, float high)
{
    int mx = (int)(0.03 * s->width + 0.5), my = (int)(0.03 * s->height + 0.5);

    for (int y = my; y < s->height - my; y++)
        for (int x = mx; x < s->width - mx; x++) {
            size_t i = (size_t)y * (size_t)s->width + (size_t)x;
            bool in = 5 * x >= s->width && 5 * x < 4 * s->width &&
                      5 * y >= s->height && 5 * y < 4 * s->height;

            if (in == middle && s->soft[0][i] > low && s->soft[0][i] < high)
                keep(s, i);
        }
}

static void keep_what_counts(struct sample *s)
{
    float low = 8, high = 97;

    for (int round = 0; round < 2; round++) {
        s->n = 0;
        keep_part(s, true, low, high);
        s->middle = s->n;
        keep_part(s, false, low, high);
        if (s->n >= ENOUGH)
            return;
        low = -1;
        high = 101;
    }
}

static void fill_bins(struct sample *s, struct bins *bins)
{
    image_quantile_order(s->L, s->n, s->order[1], s->order[0]);
    bins->n = s->n < BINS ? (int)s->n : BINS;
    for (size_t i = 0; i < (size_t)bins->n; i++) {
        size_t from = i * s->n / (size_t)bins->n;
        size_t end = (i + 1) * s->n / (size_t)bins->n, n = end - from;

        for (size_t k = 0; k < n; k++) {
            s->work[k] = s->L[s->order[0][from + k]];
            s->work[n + k] = s->a[s->order[0][from + k]];
            s->work[2 * n + k] = s->b[s->order[0][from + k]];
        }
        bins->L[i] = image_quantile(s->work, n, 0.5);
        bins->a[i] = image_quantile(s->work + n, n, 0.5);
        bins->b[i] = image_quantile(s->work + 2 * n, n, 0.5);
    }
}

/* The squared distances of (a, b) to the curve, pixel by pixel in the order of
 * L*, in which fill_bins left them. */
static void residuals(const struct sample *s, const struct bins *bins,
                      float *out)
{
    int i = 0;

    for (size_t k = 0; k < s->n; k++) {
        size_t at = s->order[0][k];
        float a = s->a[at] - bins->a[i], b = s->b[at] - bins->b[i];

        if (bins->n > 1) {
            float span, t;

            while (i < bins->n - 2 && s->L[at] > bins->L[i + 1])
                i++;
            span = bins->L[i + 1] - bins->L[i];
            t = span > 0 ? (s->L[at] - bins->L[i]) / span : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            a = s->a[at] - bins->a[i] - t * (bins->a[i + 1] - bins->a[i]);
            b = s->b[at] - bins->b[i] - t * (bins->b[i + 1] - bins->b[i]);
        }
        out[at] = a * a + b * b;
    }
}

/* Quantiles are taken of squares, and the root of them. */
static void measure_colour(struct sample *s, struct image_measure *m)
{
    float *r = s->work, *middle = s->work + s->n;
    struct bins bins;
    double a = 0, b = 0;

    for (size_t i = 0; i < s->n; i++) {
        r[i] = s->a[i] * s->a[i] + s->b[i] * s->b[i];
        a += (double)s->a[i];
        b += (double)s->b[i];
    }
    m->mean_a = (float)(a / (double)s->n);
    m->mean_b = (float)(b / (double)s->n);
    m->c95 = sqrtf(image_quantile(r, s->n, 0.95));
    fill_bins(s, &bins);
    residuals(s, &bins, r);
    memcpy(middle, r, s->middle * sizeof(*r));
    m->r90 = m->cr90 = sqrtf(image_quantile(r, s->n, 0.9));
    if (s->middle >= ENOUGH)
        m->cr90 = sqrtf(image_quantile(middle, s->middle, 0.9));
}

static void measure_light(const struct sample *s, struct image_measure *m)
{
    const float *lin = image_curve()->decode8, *L = s->plane[0];
    size_t width = (size_t)s->width, n = width * (size_t)s->height;
    double light = 0, sum = 0, square = 0, edges = 0, count = 0;

    for (size_t i = 0; i < n; i++) {
        light += 0.21263901 * (double)lin[s->rgb[3 * i]] +
                 0.71516868 * (double)lin[s->rgb[3 * i + 1]] +
                 0.07219232 * (double)lin[s->rgb[3 * i + 2]];
        sum += (double)L[i];
        square += (double)L[i] * (double)L[i];
    }
    for (size_t y = 1; y + 1 < (size_t)s->height; y++)
        for (size_t i = y * width + 1; i + 1 < (y + 1) * width; i++) {
            double d = (double)(4 * L[i] - L[i - 1] - L[i + 1] - L[i - width] -
                                L[i + width]);

            edges += d * d;
            count++;
        }
    m->mean_light = (float)(light / (double)n);
    sum /= (double)n;
    m->std_l = (float)sqrt(fmax(square / (double)n - sum * sum, 0));
    m->sharpness = count > 0 && m->std_l > 0.01f
                       ? (float)sqrt(edges / count) / m->std_l
                       : 0;
}

int image_measure(const struct image_small *small,
                  const struct image_thresholds *thresholds,
                  struct image_measure *out, struct tt_error *err)
{
    struct sample s = {0};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (sample_init(&s, small, err) < 0)
        goto fail;
    image_lab_from_rgb8(s.rgb, (size_t)s.width * (size_t)s.height, s.plane[0],
                        s.plane[1], s.plane[2]);
    for (int i = 0; i < 3; i++)
        soften(s.plane[i], s.width, s.height, s.soft[i]);
    keep_what_counts(&s);
    measure_colour(&s, out);
    measure_light(&s, out);
    image_measure_classify(out, thresholds);
    rc = 0;

fail:
    sample_release(&s);
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
