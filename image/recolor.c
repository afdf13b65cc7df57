#include "image/recolor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/gamut.h"
#include "image/resize.h"
#include "image/settle.h"
#include "image/taps.h"

enum { EDGE = 2 }; /* repeated pixels at each end of a row */

#define MOST_AB 200.0f /* beyond what any colour has */

/* The network's colours, made ready, and where each column looks. */
struct chroma {
    int width, height; /* of the planes: the network's, or the photo's where
                          that is smaller */
    float *plane[2];   /* a, b: height, width */
    float *row[2];     /* of one photo row: EDGE + width + EDGE */
    int32_t *at;       /* of each photo column, into row */
    float *weight[4];  /* of each photo column */
};

static void chroma_release(struct chroma *c)
{
    for (int i = 0; i < 2; i++) {
        free(c->plane[i]);
        free(c->row[i]);
    }
    free(c->at);
    for (int k = 0; k < 4; k++)
        free(c->weight[k]);
}

/* A copy that is finite and of sane size, at most as large as the photo. */
static int chroma_plane(struct chroma *c, const float *ab, int side, int i,
                        struct tt_error *err)
{
    size_t n = (size_t)side * (size_t)side;
    float *sane = malloc(n * sizeof(*sane));
    int rc;

    c->plane[i] = malloc((size_t)c->width * (size_t)c->height * sizeof(float));
    if (!sane || !c->plane[i]) {
        free(sane);
        return tt_fail(err, TT_NOMEM, "no memory for colour");
    }
    for (size_t k = 0; k < n; k++) {
        float x = ab[(size_t)i * n + k];

        sane[k] = isfinite(x) ? fminf(fmaxf(x, -MOST_AB), MOST_AB) : 0;
    }
    rc = image_resize_plane(sane, side, side, c->width, c->height, c->plane[i],
                            err);
    free(sane);
    return rc;
}

static void chroma_columns(struct chroma *c, int photo_width)
{
    for (int x = 0; x < photo_width; x++) {
        double s = (x + 0.5) * c->width / photo_width - 0.5;
        int low = (int)floor(s);
        float w[4];

        image_taps_cubic(s - low, w);
        c->at[x] = low - 1 + EDGE;
        for (int k = 0; k < 4; k++)
            c->weight[k][x] = w[k];
    }
}

static int chroma_init(struct chroma *c, const struct image_grey *grey,
                       const float *ab, int side, struct tt_error *err)
{
    size_t columns = (size_t)grey->width;
    bool fine = true;

    c->width = grey->width < side ? grey->width : side;
    c->height = grey->height < side ? grey->height : side;
    for (int i = 0; i < 2; i++) {
        if (chroma_plane(c, ab, side, i, err) < 0)
            return -1;
        c->row[i] = malloc((size_t)(c->width + 2 * EDGE) * sizeof(float));
        fine = fine && c->row[i];
    }
    c->at = malloc(columns * sizeof(*c->at));
    fine = fine && c->at;
    for (int k = 0; k < 4; k++) {
        c->weight[k] = malloc(columns * sizeof(float));
        fine = fine && c->weight[k];
    }
    if (!fine)
        return tt_fail(err, TT_NOMEM, "no memory for colour");
    chroma_columns(c, grey->width);
    return 0;
}

static int clamp(int i, int end)
{
    return i < 0 ? 0 : i >= end ? end - 1 : i;
}

/* Between four rows of the planes, with the edges repeated. */
static void chroma_row(struct chroma *c, int y, int photo_height)
{
    double s = (y + 0.5) * c->height / photo_height - 0.5;
    int low = (int)floor(s);
    const float *p[4];
    float w[4];

    image_taps_cubic(s - low, w);
    for (int i = 0; i < 2; i++) {
        float *row = c->row[i];

        for (int k = 0; k < 4; k++)
            p[k] = c->plane[i] +
                   (size_t)clamp(low - 1 + k, c->height) * (size_t)c->width;
        for (int x = 0; x < c->width; x++)
            row[EDGE + x] = (w[0] * p[0][x] + w[1] * p[1][x]) +
                            (w[2] * p[2][x] + w[3] * p[3][x]);
        for (int k = 0; k < EDGE; k++) {
            row[k] = row[EDGE];
            row[EDGE + c->width + k] = row[EDGE + c->width - 1];
        }
    }
}

/* n columns from x on. */
IMAGE_HOT
static void chroma_block(const struct chroma *c, int i, size_t x, size_t n,
                         float *out)
{
    const int32_t *at = c->at + x;
    const float *row = c->row[i], *w0 = c->weight[0] + x;
    const float *w1 = c->weight[1] + x, *w2 = c->weight[2] + x;
    const float *w3 = c->weight[3] + x;

#pragma omp simd
    for (size_t k = 0; k < n; k++)
        out[k] = (w0[k] * row[at[k]] + w1[k] * row[at[k] + 1]) +
                 (w2[k] * row[at[k] + 2] + w3[k] * row[at[k] + 3]);
}

static void lightness_block(const void *codes, int bits, size_t n, float *fy)
{
    const struct image_curve *curve = image_curve();

    if (bits == 8) {
        for (size_t k = 0; k < n; k++)
            fy[k] = curve->f8[((const uint8_t *)codes)[k]];
    } else {
        for (size_t k = 0; k < n; k++)
            fy[k] = curve->f16[((const uint16_t *)codes)[k]];
    }
}

static void store_block(float code[3][IMAGE_BLOCK], size_t n, int bits,
                        void *rgb)
{
    if (bits == 8) {
        uint8_t *p = rgb;

        for (size_t k = 0; k < n; k++, p += 3)
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)(int)(code[c][k] + 0.5f);
    } else {
        uint16_t *p = rgb;

        for (size_t k = 0; k < n; k++, p += 3)
            for (int c = 0; c < 3; c++)
                p[c] = (uint16_t)(int)(code[c][k] + 0.5f);
    }
}

static void recolor_row(const struct chroma *c, const void *codes, int bits,
                        size_t width, void *rgb)
{
    float a[IMAGE_BLOCK], b[IMAGE_BLOCK], fy[IMAGE_BLOCK];
    float lin[3][IMAGE_BLOCK], code[3][IMAGE_BLOCK];
    size_t bytes = (size_t)bits / 8;

    for (size_t x = 0; x < width; x += IMAGE_BLOCK) {
        size_t n = width - x < IMAGE_BLOCK ? width - x : IMAGE_BLOCK;
        const void *in = (const char *)codes + x * bytes;
        void *out = (char *)rgb + 3 * x * bytes;

        chroma_block(c, 0, x, n, a);
        chroma_block(c, 1, x, n, b);
        lightness_block(in, bits, n, fy);
        image_gamut_fit(fy, a, b, n, lin[0], lin[1], lin[2]);
        for (int i = 0; i < 3; i++)
            image_curve_encode(lin[i], n, bits == 8 ? 255 : 65535, code[i]);
        store_block(code, n, bits, out);
        image_settle_row(in, n, bits, out);
    }
}

int image_recolor(const struct image_grey *grey, const float *ab, int side,
                  struct image_rgb *out, struct tt_error *err)
{
    size_t row = (size_t)grey->width * (size_t)(grey->bits / 8);
    struct chroma c = {0};
    bool ours = !out->codes;
    int rc = -1;

    if (grey->width < 1 || grey->height < 1 || side < 1 ||
        (grey->bits != 8 && grey->bits != 16))
        return tt_fail(err, TT_USAGE, "%d x %d at %d bits cannot be coloured",
                       grey->width, grey->height, grey->bits);
    out->width = grey->width;
    out->height = grey->height;
    out->bits = grey->bits;
    if (ours)
        out->codes = malloc(3 * row * (size_t)grey->height);
    if (!out->codes) {
        tt_fail(err, TT_NOMEM, "no memory for %d x %d pixels", grey->width,
                grey->height);
        goto fail;
    }
    if (chroma_init(&c, grey, ab, side, err) < 0)
        goto fail;
    for (int y = 0; y < grey->height; y++) {
        chroma_row(&c, y, grey->height);
        recolor_row(&c, (const char *)grey->codes + (size_t)y * row, grey->bits,
                    (size_t)grey->width,
                    (char *)out->codes + 3 * (size_t)y * row);
    }
    rc = 0;

fail:
    chroma_release(&c);
    if (rc < 0 && ours)
        image_rgb_release(out);
    return rc;
}
