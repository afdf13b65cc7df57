#include "image/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/mix.h"
#include "image/taps.h"

enum sample { SAMPLE_U8, SAMPLE_U16, SAMPLE_FLOAT };

/* A part of a picture, whatever its samples are. */
struct view {
    const void *data;
    enum sample sample;
    int stride; /* samples from one row to the next */
    int bands;  /* 1 or 3 */
    struct image_box box;
};

static const struct {
    size_t size;
    void (*mix)(const void *const rows[4], const float *weight, int count,
                size_t n, float *sum);
    void (*add)(const void *const rows[3], const float *weight, size_t n,
                float *sum);
} samples[] = {
    [SAMPLE_U8] = {sizeof(uint8_t), image_mix_u8, image_mix_add_u8},
    [SAMPLE_U16] = {sizeof(uint16_t), image_mix_u16, image_mix_add_u16},
    [SAMPLE_FLOAT] = {sizeof(float), image_mix_float, image_mix_add_float},
};

static const void *row_of(const struct view *v, int y)
{
    size_t at = (size_t)(v->box.y + y) * (size_t)v->stride +
                (size_t)v->box.x * (size_t)v->bands;

    return (const char *)v->data + at * samples[v->sample].size;
}

/* The rows that make row y of the new picture. Where fewer are left than are
 * mixed at once, others stand there with no weight. */
static void mix_rows(const struct view *v, const struct image_taps *ty, int y,
                     float *sum)
{
    const float *weight = ty->weight + (size_t)y * (size_t)ty->most;
    size_t n = (size_t)v->box.width * (size_t)v->bands;
    int count = ty->count[y];
    const void *rows[4];

    for (int i = 0; i < 4; i++)
        rows[i] = row_of(v, ty->first[y] + (i < count ? i : 0));
    samples[v->sample].mix(rows, weight, count, n, sum);
    for (int k = 4; k < count; k += 3) {
        float w[3] = {0};

        for (int i = 0; i < 3 && k + i < count; i++) {
            rows[i] = row_of(v, ty->first[y] + k + i);
            w[i] = weight[k + i];
        }
        samples[v->sample].add(rows, w, n, sum);
    }
}

/* As many steps for each pixel, some of weight 0: loops of one length, best a
 * constant one, have no jumps that surprise. row has tx->most pixels more, of
 * 0. */
static inline void across1_of(const float *row, const struct image_taps *tx,
                              int most, float *out)
{
    const float *w = tx->weight;
    const int *first = tx->first, size = tx->size;

    for (int x = 0; x < size; x++, w += most) {
        const float *p = row + first[x];
        float sum = 0;

#pragma GCC unroll 4
        for (int k = 0; k < most; k++)
            sum += w[k] * p[k];
        out[x] = sum;
    }
}

#define BY_MOST(f, ...)                                                        \
    do {                                                                       \
        if (tx->most == 2)                                                     \
            f(row, tx, 2, __VA_ARGS__);                                        \
        else if (tx->most == 3)                                                \
            f(row, tx, 3, __VA_ARGS__);                                        \
        else if (tx->most == 4)                                                \
            f(row, tx, 4, __VA_ARGS__);                                        \
        else                                                                   \
            f(row, tx, tx->most, __VA_ARGS__);                                 \
    } while (0)

IMAGE_HOT
static void across1(const float *row, const struct image_taps *tx, float *out)
{
    BY_MOST(across1_of, out);
}

/* Weights for across3: of each tap of two pixels those of the one four times,
 * then of the other; of a last pixel without a neighbour 0. */
static float *widen(const struct image_taps *tx)
{
    size_t most = (size_t)tx->most, pairs = ((size_t)tx->size + 1) / 2;
    float *wide = calloc(pairs * most * 8 + 1, sizeof(*wide));

    for (size_t x = 0; wide && x < (size_t)tx->size; x++)
        for (size_t k = 0; k < most; k++)
            for (size_t i = 0; i < 4; i++)
                wide[(x / 2 * most + k) * 8 + x % 2 * 4 + i] =
                    tx->weight[x * most + k];
    return wide;
}

/* Two pixels at once, and four values where three are wanted: out has room for
 * five more, and what is too much is written over. */
static inline void across3_of(const float *row, const struct image_taps *tx,
                              int most, const float *wide, float *out)
{
    typedef float four __attribute__((vector_size(16)));
    typedef float eight __attribute__((vector_size(32)));
    const int *first = tx->first, size = tx->size;

    for (int x = 0; x < size; x += 2, out += 6) {
        const float *p = row + 3 * (size_t)first[x];
        const float *q = row + 3 * (size_t)first[x + 1];
        eight sum = {0}, weight, here;
        four a, b;

#pragma GCC unroll 4
        for (int k = 0; k < most; k++, wide += 8) {
            memcpy(&a, p + 3 * k, sizeof(a));
            memcpy(&b, q + 3 * k, sizeof(b));
            memcpy(&weight, wide, sizeof(weight));
            here = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
            sum += weight * here;
        }
        a = __builtin_shufflevector(sum, sum, 0, 1, 2, 3);
        b = __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
        memcpy(out, &a, sizeof(a));
        memcpy(out + 3, &b, sizeof(b));
    }
}

IMAGE_HOT
static void across3(const float *row, const struct image_taps *tx,
                    const float *wide, float *out)
{
    BY_MOST(across3_of, wide, out);
}
#undef BY_MOST

/* Down the columns first, where neighbours lie side by side. take(ctx, y, row)
 * gets each finished row: width * bands floats. */
static int resize(const struct view *v, int width, int height,
                  void (*take)(void *ctx, int y, const float *row), void *ctx,
                  struct tt_error *err)
{
    size_t n = (size_t)v->box.width * (size_t)v->bands;
    struct image_taps tx = {0}, ty = {0};
    float *row = NULL, *out = NULL, *wide = NULL;
    int rc = -1;

    if (image_taps_init(&tx, v->box.width, width, err) < 0 ||
        image_taps_init(&ty, v->box.height, height, err) < 0)
        goto fail;
    row = calloc(n + ((size_t)tx.most + 1) * (size_t)v->bands, sizeof(*row));
    out = calloc((size_t)width * (size_t)v->bands + 5, sizeof(*out));
    wide = widen(&tx);
    if (!row || !out || !wide) {
        tt_fail(err, TT_NOMEM, "no memory to resize a picture");
        goto fail;
    }
    for (int y = 0; y < height; y++) {
        mix_rows(v, &ty, y, row);
        if (v->bands == 3)
            across3(row, &tx, wide, out);
        else
            across1(row, &tx, out);
        take(ctx, y, out);
    }
    rc = 0;

fail:
    free(wide);
    free(out);
    free(row);
    image_taps_release(&ty);
    image_taps_release(&tx);
    return rc;
}

struct target {
    void *data;
    int width; /* samples in a row */
    float scale;
};

IMAGE_HOT
static void round8(const float *in, size_t n, uint8_t *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        int v = (int)(in[i] + 0.5f);

        v = v > 0 ? v : 0;
        v = v < 255 ? v : 255;
        out[i] = (uint8_t)v;
    }
}

static void take_rgb8(void *ctx, int y, const float *row)
{
    const struct target *t = ctx;

    round8(row, (size_t)t->width,
           (uint8_t *)t->data + (size_t)y * (size_t)t->width);
}

static void take_float(void *ctx, int y, const float *row)
{
    const struct target *t = ctx;

    memcpy((float *)t->data + (size_t)y * (size_t)t->width, row,
           (size_t)t->width * sizeof(float));
}

/* L* of a code between two of the table's. */
static void take_lightness(void *ctx, int y, const float *row)
{
    const struct target *t = ctx;
    const float *f = image_curve()->f16;
    float *out = (float *)t->data + (size_t)y * (size_t)t->width;

    for (int i = 0; i < t->width; i++) {
        float v = fminf(fmaxf(row[i] * t->scale, 0), 65535);
        int at = v < 65534 ? (int)v : 65534;

        out[i] = 116 * (f[at] + (f[at + 1] - f[at]) * (v - (float)at)) - 16;
    }
}

int image_resize_rgb8(const struct image_small *in, const struct image_box *box,
                      int width, int height, uint8_t *rgb, struct tt_error *err)
{
    struct view v = {
        in->rgb, SAMPLE_U8, 3 * in->width, 3, {0, 0, in->width, in->height}};
    struct target t = {rgb, 3 * width, 1};

    if (box)
        v.box = *box;
    if (v.box.x < 0 || v.box.y < 0 || v.box.width > in->width - v.box.x ||
        v.box.height > in->height - v.box.y)
        return tt_fail(err, TT_USAGE, "a part outside of its picture");
    return resize(&v, width, height, take_rgb8, &t, err);
}

int image_resize_plane(const float *in, int in_width, int in_height, int width,
                       int height, float *out, struct tt_error *err)
{
    struct view v = {
        in, SAMPLE_FLOAT, in_width, 1, {0, 0, in_width, in_height}};
    struct target t = {out, width, 1};

    return resize(&v, width, height, take_float, &t, err);
}

int image_network_lightness(const struct image_grey *grey, int side,
                            float *lightness, struct tt_error *err)
{
    struct view v = {grey->codes,
                     grey->bits == 8 ? SAMPLE_U8 : SAMPLE_U16,
                     grey->width,
                     1,
                     {0, 0, grey->width, grey->height}};
    struct target t = {lightness, side, grey->bits == 8 ? 257.0f : 1.0f};

    return resize(&v, side, side, take_lightness, &t, err);
}
