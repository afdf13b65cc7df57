#include "image/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/lab.h"
#include "image/quantile.h"
#include "image/resize.h"

enum { LONG_SIDE = 96, BINS = 12, ENOUGH = 50 };

/* L* in steps of 0.1, and one level more for pixels that do not count. */
enum { LEVELS = 1024, APART = LEVELS };

/* Pixels lie in groups: those of a bin side by side, those of the middle of
 * the photo in front; at the end, as if in a bin, those that do not count. Of
 * each part even and odd pixels lie apart, as neighbours mostly fall into the
 * same group and one counter would have to wait for itself. */
enum { MIDDLE = 0, REST = 2, PARTS = 4 };

const struct image_thresholds image_thresholds_default = {3, 4.5f, 4.0f, 4.0f,
                                                          5.5f};

/* The reduced picture and the pixels of it that count. */
struct sample {
    int width, height;
    int margin_x, margin_y;
    int rows; /* that are looked at: from margin_y on, every second */
    size_t n; /* pixels that count */
    size_t start[BINS + 2][PARTS];
    uint8_t *rgb;
    uint16_t *level;
    float *plane[3];  /* L*, a*, b* as reduced */
    float *soft[3];   /* rows of the same after the 3 x 3 mean */
    float *L, *a, *b; /* the same in groups */
    float *work;      /* 2 values for each pixel */
};

/* The tone curve: points, L* rising. */
struct curve {
    int n;
    float L[BINS], a[BINS], b[BINS]; /* medians of a bin */
    int bin[BINS];
};

static int sample_init(struct sample *s, const struct image_small *small,
                       struct tt_error *err)
{
    int side = small->width > small->height ? small->width : small->height;
    size_t n, planes = 11;
    float *all;

    s->width = small->width;
    s->height = small->height;
    if (side > LONG_SIDE) {
        s->width = (small->width * LONG_SIDE + side / 2) / side;
        s->height = (small->height * LONG_SIDE + side / 2) / side;
        s->width = s->width > 0 ? s->width : 1;
        s->height = s->height > 0 ? s->height : 1;
    }
    s->margin_x = (int)(0.03 * s->width + 0.5);
    s->margin_y = (int)(0.03 * s->height + 0.5);
    s->rows = (s->height - 2 * s->margin_y + 1) / 2;
    /* not a power of two apart: caches would hold few planes at once */
    n = (size_t)s->width * (size_t)s->height + 16;
    s->rgb = malloc(3 * n);
    s->level = malloc(n * sizeof(*s->level));
    s->plane[0] = all = malloc(planes * n * sizeof(*all));
    if (!s->rgb || !s->level || !all) {
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
    return image_resize_rgb8(small, NULL, s->width, s->height, s->rgb, err);
}

static void sample_release(struct sample *s)
{
    free(s->rgb);
    free(s->level);
    free(s->plane[0]);
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

/* The 3 x 3 mean, edges repeated, of the rows that are looked at. */
static void soften(const struct sample *s, const float *in, float *out)
{
    float sum[LONG_SIDE + 2] = {0};
    size_t n = (size_t)s->width;

    for (int row = 0; row < s->rows; row++, out += n) {
        int y = s->margin_y + 2 * row;

        add_rows(in + (size_t)clamp(y - 1, s->height) * n, in + (size_t)y * n,
                 in + (size_t)clamp(y + 1, s->height) * n, n, sum + 1);
        sum[0] = sum[1];
        sum[n + 1] = sum[n];
        mean_across(sum, n, out);
    }
}

/* --- which pixels count, and in which order --- */

IMAGE_HOT
static void levels(const float *L, size_t n, float low, float high,
                   uint16_t *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        int level = (int)(L[i] * ((LEVELS - 1) / 100.0f));

        level = level > 0 ? level : 0;
        level = level < LEVELS ? level : LEVELS - 1;
        out[i] = (uint16_t)((L[i] > low) & (L[i] < high) ? level : APART);
    }
}

/* A stretch of one row, all of it in the middle of the photo or all not. */
struct stretch {
    size_t from, end;
    int part;
};

/* A row's stretches without the margins: how many. */
static int stretches(const struct sample *s, int row, struct stretch out[3])
{
    int y = s->margin_y + 2 * row, end = s->width - s->margin_x;
    int left = (s->width + 4) / 5, right = (4 * s->width + 4) / 5;
    size_t at = (size_t)row * (size_t)s->width;
    bool middle = 5 * y >= s->height && 5 * y < 4 * s->height;
    const size_t ends[] = {at + (size_t)s->margin_x, at + (size_t)left,
                           at + (size_t)right, at + (size_t)end};

    if (!middle || s->margin_x > left || left >= right || right > end) {
        out[0] = (struct stretch){ends[0], ends[3], REST};
        return 1;
    }
    for (int i = 0; i < 3; i++)
        out[i] = (struct stretch){ends[i], ends[i + 1], i == 1 ? MIDDLE : REST};
    return 3;
}

static void count_levels(const struct sample *s,
                         uint32_t count[LEVELS + 1][PARTS])
{
    struct stretch st[3];

    memset(count, 0, (LEVELS + 1) * sizeof(*count));
    for (int row = 0; row < s->rows; row++)
        for (int k = 0, n = stretches(s, row, st); k < n; k++)
            for (size_t i = st[k].from; i < st[k].end; i++)
                count[s->level[i]][st[k].part + (i & 1)]++;
}

static size_t sum_of_parts(const uint32_t count[PARTS])
{
    return (size_t)count[0] + count[1] + count[2] + count[3];
}

/* The bin of each level that has pixels: as many pixels in each, those of a
 * level together. Then where its pixels begin. */
static void share_out(struct sample *s, uint32_t count[LEVELS + 1][PARTS],
                      uint8_t bin_of[LEVELS + 1])
{
    size_t size[BINS + 1][PARTS] = {0}, before = 0, at = 0, bin = 0;

    for (int l = 0; l <= LEVELS; l++) {
        size_t here = sum_of_parts(count[l]);

        if (here == 0)
            continue;
        while ((bin + 1) * (2 * s->n + 1) <= BINS * (2 * before + here))
            bin++;
        bin = l == APART ? BINS : bin;
        bin_of[l] = (uint8_t)bin;
        for (int part = 0; part < PARTS; part++)
            size[bin][part] += count[l][part];
        before += here;
    }
    for (bin = 0; bin <= BINS; bin++)
        for (int part = 0; part < PARTS; part++) {
            s->start[bin][part] = at;
            at += size[bin][part];
        }
    s->start[BINS + 1][0] = at;
}

/* Into its group goes pixel i of the level that is there. */
static inline void place(struct sample *s, size_t i, uint32_t *at)
{
    uint32_t to = (*at)++;

    s->L[to] = s->soft[0][i];
    s->a[to] = s->soft[1][i];
    s->b[to] = s->soft[2][i];
}

static void gather(struct sample *s, const uint8_t bin_of[LEVELS + 1])
{
    uint32_t at[PARTS][BINS + 1];
    struct stretch st[3];

    for (int part = 0; part < PARTS; part++)
        for (int bin = 0; bin <= BINS; bin++)
            at[part][bin] = (uint32_t)s->start[bin][part];
    for (int row = 0; row < s->rows; row++)
        for (int k = 0, n = stretches(s, row, st); k < n; k++) {
            size_t i = st[k].from;
            uint32_t *here = at[st[k].part + (i & 1)];
            uint32_t *beside = at[st[k].part + (~i & 1)];

            for (; i + 2 <= st[k].end; i += 2) {
                place(s, i, &here[bin_of[s->level[i]]]);
                place(s, i + 1, &beside[bin_of[s->level[i + 1]]]);
            }
            if (i < st[k].end)
                place(s, i, &here[bin_of[s->level[i]]]);
        }
}

static void group(struct sample *s)
{
    uint32_t count[LEVELS + 1][PARTS];
    uint8_t bin_of[LEVELS + 1];
    size_t n = (size_t)s->width * (size_t)s->rows;
    float low = 8, high = 97;

    for (int round = 0; round < 2; round++) {
        levels(s->soft[0], n, low, high, s->level);
        count_levels(s, count);
        s->n = 0;
        for (int l = 0; l < LEVELS; l++)
            s->n += sum_of_parts(count[l]);
        if (s->n >= ENOUGH)
            break;
        low = -1;
        high = 101;
    }
    share_out(s, count, bin_of);
    gather(s, bin_of);
}

/* --- colour --- */

static void find_curve(const struct sample *s, struct curve *c)
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

static void residuals(const struct sample *s, const struct curve *c, float *out)
{
    for (int i = 0; i < c->n; i++) {
        size_t from = s->start[c->bin[i]][MIDDLE];
        size_t end = s->start[c->bin[i] + 1][MIDDLE];

        distances(s->L + from, s->a + from, s->b + from, end - from,
                  knee_of(c, i), out + from);
    }
}

/* The middle's values of all bins, side by side: how many. */
static size_t take_middle(const struct sample *s, const float *v, float *out)
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
static void measure_colour(struct sample *s, struct image_measure *m)
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

static void measure_light(struct sample *s, struct image_measure *m)
{
    const float *L = s->plane[0];
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
    struct sample s = {0};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (sample_init(&s, small, err) < 0)
        goto fail;
    image_lab_from_rgb8(s.rgb, (size_t)s.width * (size_t)s.height, s.plane[0],
                        s.plane[1], s.plane[2]);
    for (int i = 0; i < 3; i++)
        soften(&s, s.plane[i], s.soft[i]);
    group(&s);
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
