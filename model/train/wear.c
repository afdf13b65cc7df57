#include "model/train/wear.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/jpeg_pass.h"
#include "model/random.h"
#include "shard/format.h"

#define TONES 256
#define NOISE (2 * SHARD_SIDE) /* side of the plane of noise */
#define TAU   6.28318530717958647692f

struct train_wear {
    struct image_jpeg_pass *jpeg;
    float tone[TONES + 2];      /* g by g, of the photo in hand */
    float noise[NOISE * NOISE]; /* deviation 1, a grain's size */
    float plane[SHARD_PLANE];   /* scratch */
    uint8_t bytes[SHARD_PLANE];
};

/* The draws of a photo: each has a place of its own in the key's stream. */
enum draw {
    BLUR,
    BLUR_BY,
    GRAIN,
    GRAIN_BY,
    GRAIN_X,
    GRAIN_Y,
    GAMMA,
    GAMMA_BY,
    CURVE,
    CURVE_BY,
    FADE,
    FADE_LOW,
    FADE_HIGH,
    UNEVEN,
    UNEVEN_BY,
    UNEVEN_TO,
    CORNERS,
    CORNERS_BY,
    DOTS,
    DOTS_SIZE,
    DOTS_BY,
    JPEG,
    JPEG_BY
};

static bool chance(uint64_t key, enum draw what, float probability)
{
    return model_random_unit(key, what) < probability;
}

/* [w, 1 - 2 w, w] along one axis; ends are repeated. out must not be in. */
static void smooth_rows(const float *in, float *out, int side, float w)
{
    for (int y = 0; y < side; y++) {
        const float *from = in + y * side;
        float *to = out + y * side;

        to[0] = from[0] + w * (from[1] - from[0]);
#pragma omp simd
        for (int x = 1; x < side - 1; x++)
            to[x] = (1 - 2 * w) * from[x] + w * (from[x - 1] + from[x + 1]);
        to[side - 1] = from[side - 1] + w * (from[side - 2] - from[side - 1]);
    }
}

static void smooth_columns(const float *in, float *out, int side, float w)
{
    for (int y = 0; y < side; y++) {
        const float *up = in + (y > 0 ? y - 1 : y) * side;
        const float *from = in + y * side;
        const float *down = in + (y < side - 1 ? y + 1 : y) * side;
        float *to = out + y * side;

#pragma omp simd
        for (int x = 0; x < side; x++)
            to[x] = (1 - 2 * w) * from[x] + w * (up[x] + down[x]);
    }
}

/* A Gaussian of at most a pixel: its variance is that of the three taps. */
static void blur(struct train_wear *w, float *g, int side, float sigma)
{
    float tap = sigma * sigma / 2;

    tap = tap < 1.0f / 3 ? tap : 1.0f / 3;
    smooth_rows(g, w->plane, side, tap);
    smooth_columns(w->plane, g, side, tap);
}

int train_wear_new(struct train_wear **out, struct tt_error *err)
{
    struct train_wear *w = calloc(1, sizeof(*w));
    float *noise;
    double sum = 0;

    *out = NULL;
    noise = malloc(NOISE * NOISE * sizeof(float));
    if (!w || !noise) {
        free(noise);
        free(w);
        return tt_fail(err, TT_NOMEM, "no memory for augmentation");
    }
    for (uint64_t i = 0; i < NOISE * NOISE; i++)
        noise[i] = model_random_normal(1, i);
    smooth_rows(noise, w->noise, NOISE, 0.245f); // sigma 0.7
    smooth_columns(w->noise, noise, NOISE, 0.245f);
    for (int i = 0; i < NOISE * NOISE; i++)
        sum += (double)(noise[i] * noise[i]);
    for (int i = 0; i < NOISE * NOISE; i++)
        w->noise[i] = noise[i] / (float)sqrt(sum / (NOISE * NOISE));
    free(noise);
    if (image_jpeg_pass_open(&w->jpeg, SHARD_SIDE, err) < 0) {
        train_wear_free(w);
        return -1;
    }
    *out = w;
    return 0;
}

void train_wear_free(struct train_wear *w)
{
    if (!w)
        return;
    image_jpeg_pass_close(w->jpeg);
    free(w);
}

/* A grain is as large in a small photo: there it is fainter. */
static void grain(const struct train_wear *w, uint64_t key, float *g, int side)
{
    float u = model_random_unit(key, GRAIN_BY);
    float by = 0.05f * u * u * (float)side / SHARD_SIDE;
    int left = (int)model_random_range(key, GRAIN_X, 0, NOISE - SHARD_SIDE);
    int top = (int)model_random_range(key, GRAIN_Y, 0, NOISE - SHARD_SIDE);

    for (int y = 0; y < side; y++) {
        const float *noise = w->noise + (top + y) * NOISE + left;
        float *at = g + y * side;

#pragma omp simd
        for (int x = 0; x < side; x++)
            at[x] += by * noise[x] * 4 * at[x] * (1 - at[x]);
    }
}

/* Exposure, paper, fading: one curve for the whole photo. Returns false if
 * the photo stays as it is. */
static bool draw_tone(struct train_wear *w, uint64_t key)
{
    bool gamma = chance(key, GAMMA, 0.4f), curve = chance(key, CURVE, 0.3f);
    bool fade = chance(key, FADE, 0.3f);
    float power = expf(model_random_range(key, GAMMA_BY, -0.25f, 0.25f));
    float bend = model_random_range(key, CURVE_BY, -0.3f, 0.6f);
    float low = model_random_range(key, FADE_LOW, 0.02f, 0.22f);
    float high = model_random_range(key, FADE_HIGH, 0.75f, 0.98f);

    if (!gamma && !curve && !fade)
        return false;
    for (int i = 0; i <= TONES; i++) {
        float t = (float)i / TONES;

        if (gamma)
            t = powf(t, power);
        if (curve)
            t += bend * t * (1 - t) * (2 * t - 1);
        if (fade)
            t = low + (high - low) * t;
        w->tone[i] = t;
    }
    w->tone[TONES + 1] = w->tone[TONES];
    return true;
}

static float cut(float g)
{
    g = g < 0 ? 0 : g;
    return g > 1 ? 1 : g;
}

static void apply_tone(const struct train_wear *w, float *g, int n)
{
    for (int k = 0; k < n; k++) {
        float at = cut(g[k]) * TONES;
        int i = (int)at;

        g[k] = w->tone[i] + (at - (float)i) * (w->tone[i + 1] - w->tone[i]);
    }
}

/* Contrast that grows across the photo, and corners that darken. */
static void shade(uint64_t key, float *g, int side)
{
    float by = chance(key, UNEVEN, 0.25f)
                   ? model_random_range(key, UNEVEN_BY, 0, 0.6f)
                   : 0;
    float dark = chance(key, CORNERS, 0.25f)
                     ? model_random_range(key, CORNERS_BY, 0, 0.4f)
                     : 0;
    float to = model_random_range(key, UNEVEN_TO, 0, TAU);
    float right = by * cosf(to) * 0.7f, down = by * sinf(to) * 0.7f;

    if (by <= 0 && dark <= 0)
        return;
    for (int i = 0; i < side; i++) {
        float y = ((float)i + 0.5f) / (float)side - 0.5f;
        float *at = g + i * side;

#pragma omp simd
        for (int j = 0; j < side; j++) {
            float x = ((float)j + 0.5f) / (float)side - 0.5f;
            float v = 0.5f + (at[j] - 0.5f) * (1 + right * x + down * y);

            at[j] = v * (1 - dark * 2 * (x * x + y * y));
        }
    }
}

/* Dots of a screen at 45 degrees: cos a cos b, which is the sum of a wave
 * across and one down. Too fine ones a small photo does not show. */
static void halftone(struct train_wear *w, uint64_t key, float *g, int side)
{
    float size = model_random_range(key, DOTS_SIZE, 2.2f, 4.5f) * (float)side /
                 SHARD_SIDE;
    float by = model_random_range(key, DOTS_BY, 0.06f, 0.18f);
    float wave[SHARD_SIDE];

    if (size < 2)
        return;
    for (int i = 0; i < side; i++)
        wave[i] = 0.5f * cosf(TAU * (float)i / size);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            float *at = &g[y * side + x];

            *at += by * (wave[x] + wave[y]) * 4 * *at * (1 - *at);
        }
    blur(w, g, side, 0.6f);
}

static int through_jpeg(struct train_wear *w, uint64_t key, float *g, int side,
                        struct tt_error *err)
{
    int n = side * side;

    for (int i = 0; i < n; i++)
        w->bytes[i] = (uint8_t)(cut(g[i]) * 255 + 0.5f);
    if (image_jpeg_pass_run(w->jpeg, w->bytes, side, side,
                            (int)model_random_range(key, JPEG_BY, 40, 96),
                            err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        g[i] = (float)w->bytes[i] / 255;
    return 0;
}

int train_wear(struct train_wear *w, uint64_t key, int side, float *l,
               struct tt_error *err)
{
    int n = side * side;

    for (int i = 0; i < n; i++)
        l[i] *= 0.01f;
    if (chance(key, BLUR, 0.35f))
        blur(w, l, side,
             model_random_range(key, BLUR_BY, 0, 1.2f) * (float)side /
                 (2 * SHARD_SIDE));
    if (chance(key, GRAIN, 0.4f))
        grain(w, key, l, side);
    if (draw_tone(w, key))
        apply_tone(w, l, n);
    shade(key, l, side);
    if (chance(key, DOTS, 0.05f))
        halftone(w, key, l, side);
    if (chance(key, JPEG, 0.25f) && through_jpeg(w, key, l, side, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        l[i] = 100 * cut(l[i]);
    return 0;
}
