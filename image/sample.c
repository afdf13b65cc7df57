#include "image/sample.h"

#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/lab.h"
#include "image/resize.h"

enum {
    LONG_SIDE = 96,
    BINS = IMAGE_SAMPLE_BINS,
    ENOUGH = IMAGE_SAMPLE_ENOUGH,
    MIDDLE = IMAGE_SAMPLE_MIDDLE,
    REST = IMAGE_SAMPLE_REST,
    PARTS = IMAGE_SAMPLE_PARTS
};

/* L* in steps of 0.1, and one level more for pixels that do not count. */
enum { LEVELS = 1024, APART = LEVELS };

/* Planes on the way to the groups. */
struct rough {
    float *plane[3]; /* L*, a*, b* as reduced */
    float *soft[3];  /* the rows that are looked at after the 3 x 3 mean */
    uint16_t *level; /* of the same */
    uint8_t *rgb;
};

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
static void soften(const struct image_sample *s, const float *in, float *out)
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
static int stretches(const struct image_sample *s, int row,
                     struct stretch out[3])
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

static void count_levels(const struct image_sample *s, const uint16_t *level,
                         uint32_t count[LEVELS + 1][PARTS])
{
    struct stretch st[3];

    memset(count, 0, (LEVELS + 1) * sizeof(*count));
    for (int row = 0; row < s->rows; row++)
        for (int k = 0, n = stretches(s, row, st); k < n; k++) {
            size_t i = st[k].from, part = (size_t)st[k].part;

            for (; i + 2 <= st[k].end; i += 2) {
                count[level[i]][part + (st[k].from & 1)]++;
                count[level[i + 1]][part + (~st[k].from & 1)]++;
            }
            if (i < st[k].end)
                count[level[i]][part + (i & 1)]++;
        }
}

static size_t sum_of_parts(const uint32_t count[PARTS])
{
    return (size_t)count[0] + count[1] + count[2] + count[3];
}

/* The bin of each level that has pixels: as many pixels in each, those of a
 * level together. Then where its pixels begin. */
static void share_out(struct image_sample *s, uint32_t count[LEVELS + 1][PARTS],
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
static inline void place(struct image_sample *s, const struct rough *r,
                         size_t i, uint32_t *at)
{
    uint32_t to = (*at)++;

    s->L[to] = r->soft[0][i];
    s->a[to] = r->soft[1][i];
    s->b[to] = r->soft[2][i];
}

static void gather(struct image_sample *s, const struct rough *r,
                   const uint8_t bin_of[LEVELS + 1])
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
                place(s, r, i, &here[bin_of[r->level[i]]]);
                place(s, r, i + 1, &beside[bin_of[r->level[i + 1]]]);
            }
            if (i < st[k].end)
                place(s, r, i, &here[bin_of[r->level[i]]]);
        }
}

static void group(struct image_sample *s, const struct rough *r)
{
    uint32_t count[LEVELS + 1][PARTS];
    uint8_t bin_of[LEVELS + 1];
    size_t n = (size_t)s->width * (size_t)s->rows;
    float low = 8, high = 97;

    for (int round = 0; round < 2; round++) {
        levels(r->soft[0], n, low, high, r->level);
        count_levels(s, r->level, count);
        s->n = 0;
        for (int l = 0; l < LEVELS; l++)
            s->n += sum_of_parts(count[l]);
        if (s->n >= ENOUGH)
            break;
        low = -1;
        high = 101;
    }
    share_out(s, count, bin_of);
    gather(s, r, bin_of);
}

/* --- the whole --- */

static int reduced(int length, int side)
{
    int less = (length * LONG_SIDE + side / 2) / side;

    return side <= LONG_SIDE ? length : less > 0 ? less : 1;
}

static void measures(struct image_sample *s, int width, int height)
{
    int side = width > height ? width : height;

    s->width = reduced(width, side);
    s->height = reduced(height, side);
    s->margin_x = (int)(0.03 * s->width + 0.5);
    s->margin_y = (int)(0.03 * s->height + 0.5);
    s->rows = (s->height - 2 * s->margin_y + 1) / 2;
}

/* Planes end to end, but not a power of two apart: caches would hold few of
 * them at once. What measuring works with lies over a* and b*, which nobody
 * needs by then. */
static int share_memory(struct image_sample *s, struct rough *r)
{
    size_t whole = (size_t)s->width * (size_t)s->height + 16;
    size_t looked = (size_t)s->width * (size_t)s->rows + 16;
    float **small[] = {&r->soft[0], &r->soft[1], &r->soft[2],
                       &s->L,       &s->a,       &s->b};
    float *at = malloc((3 * whole + 6 * looked) * sizeof(*at) +
                       looked * sizeof(*r->level) + 3 * whole);

    s->memory = at;
    if (!at)
        return -1;
    for (int i = 0; i < 3; i++, at += whole)
        r->plane[i] = at;
    for (int i = 0; i < 6; i++, at += looked)
        *small[i] = at;
    s->lightness = r->plane[0];
    s->work = r->plane[1];
    r->level = (uint16_t *)at;
    r->rgb = (uint8_t *)(r->level + looked);
    return 0;
}

int image_sample_init(struct image_sample *s, const struct image_small *small,
                      struct tt_error *err)
{
    struct rough r;

    memset(s, 0, sizeof(*s));
    measures(s, small->width, small->height);
    if (share_memory(s, &r) < 0)
        return tt_fail(err, TT_NOMEM, "no memory to measure a picture");
    if (image_resize_rgb8(small, NULL, s->width, s->height, r.rgb, err) < 0)
        return -1;
    image_lab_from_rgb8(r.rgb, (size_t)s->width * (size_t)s->height, r.plane[0],
                        r.plane[1], r.plane[2]);
    for (int i = 0; i < 3; i++)
        soften(s, r.plane[i], r.soft[i]);
    group(s, &r);
    return 0;
}

void image_sample_release(struct image_sample *s)
{
    free(s->memory);
    memset(s, 0, sizeof(*s));
}
