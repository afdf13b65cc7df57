#include "model/train/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "model/train/resample.h"
#include "model/unet.h"
#include "shard/format.h"

#define TONES 256
#define CODES 1024

struct train_augmenter {
    float film;            /* share of the samples */
    float code[CODES + 2]; /* sRGB code by the square root of light */
    float tone[TONES + 2]; /* L* by L*, of the sample in hand */
    float lab[SHARD_PLANES * SHARD_PLANE];
};

/* The draws of a sample: each has a place of its own in the key's stream. */
enum draw {
    DRAW_SIZE,
    DRAW_X,
    DRAW_Y,
    DRAW_MIRROR,
    DRAW_FILM,
    DRAW_FILM_A,
    DRAW_FILM_B,
    DRAW_GAMMA,
    DRAW_GAMMA_BY,
    DRAW_CURVE,
    DRAW_CURVE_BY,
    DRAW_FADE,
    DRAW_FADE_LOW,
    DRAW_FADE_HIGH
};

int train_augment_parse(const char *word, enum train_augment *out,
                        struct tt_error *err)
{
    static const char *const words[] = {"none", "basic", "film"};

    for (int i = 0; i < 3; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum train_augment)i;
            return 0;
        }
    return tt_fail(err, TT_USAGE, "%s: augment is none, basic or film", word);
}

int train_augmenter_new(struct train_augmenter **out, double film,
                        struct tt_error *err)
{
    struct train_augmenter *a = calloc(1, sizeof(*a));

    *out = NULL;
    if (!a)
        return tt_fail(err, TT_NOMEM, "no memory for augmentation");
    a->film = (float)film;
    for (int i = 0; i < CODES + 2; i++) {
        double c = (double)i / CODES * ((double)i / CODES);

        a->code[i] = (float)(c <= 0.0031308 ? 12.92 * c
                                            : 1.055 * pow(c, 1 / 2.4) - 0.055);
    }
    *out = a;
    return 0;
}

void train_augmenter_free(struct train_augmenter *a)
{
    free(a);
}

/* Windows of 82 to 100 % of the record, mirrored every other time. */
static struct train_window window_of(uint64_t key)
{
    struct train_window w;
    float rest;

    w.size = SHARD_SIDE * model_random_range(key, DRAW_SIZE, 0.82f, 1.0f);
    rest = SHARD_SIDE - w.size;
    w.x = model_random_range(key, DRAW_X, 0, rest);
    w.y = model_random_range(key, DRAW_Y, 0, rest);
    w.mirror = model_random_unit(key, DRAW_MIRROR) < 0.5f;
    return w;
}

static float uncurve(float f)
{
    return f > 6.0f / 29 ? f * f * f : (116 * f - 16) * (27.0f / 24389);
}

/* Linear sRGB of a colour, cut to the gamut (color spaces: CIE 15, IEC
 * 61966-2-1). */
static void linear_rgb(float l, float a, float b, float rgb[3])
{
    float fy = (l + 16) / 116;
    float x = 0.95045593f * uncurve(fy + a / 500), y = uncurve(fy);
    float z = 1.08905775f * uncurve(fy - b / 200);

    rgb[0] = 3.24096994f * x - 1.53738318f * y - 0.49861076f * z;
    rgb[1] = -0.96924364f * x + 1.87596750f * y + 0.04155506f * z;
    rgb[2] = 0.05563008f * x - 0.20397696f * y + 1.05697151f * z;
    for (int c = 0; c < 3; c++)
        rgb[c] = rgb[c] < 0 ? 0 : rgb[c] > 1 ? 1 : rgb[c];
}

static float lightness(float light)
{
    return light > 216.0f / 24389 ? 116 * cbrtf(light) - 16
                                  : light * (24389.0f / 27);
}

void train_augment_film(const float weight[3], float *l, const float *a,
                        const float *b, int n)
{
    for (int i = 0; i < n; i++) {
        float rgb[3];

        linear_rgb(l[i], a[i], b[i], rgb);
        l[i] = lightness(weight[0] * rgb[0] + weight[1] * rgb[1] +
                         weight[2] * rgb[2]);
    }
}

static float code_of(const struct train_augmenter *g, float light)
{
    float at = sqrtf(light) * CODES;
    int i = (int)at;

    return g->code[i] + (at - (float)i) * (g->code[i + 1] - g->code[i]);
}

/* Luma weighs codes, not light. */
static void rec601(const struct train_augmenter *g, float *l, const float *a,
                   const float *b, int n)
{
    for (int i = 0; i < n; i++) {
        float rgb[3], c;

        linear_rgb(l[i], a[i], b[i], rgb);
        c = 0.299f * code_of(g, rgb[0]) + 0.587f * code_of(g, rgb[1]) +
            0.114f * code_of(g, rgb[2]);
        c = c <= 0.04045f ? c / 12.92f : powf((c + 0.055f) / 1.055f, 2.4f);
        l[i] = lightness(c);
    }
}

/* Film: 2 in 5 panchromatic, 2 in 5 orthochromatic, 1 in 5 wet plate. Of the
 * rest one half as it is, one half as Rec. 601 sees it. */
static void expose(const struct train_augmenter *g, uint64_t key, float *l,
                   const float *a, const float *b, int n)
{
    float which = model_random_unit(key, DRAW_FILM), w[3];

    if (which >= g->film) {
        if (which - g->film < (1 - g->film) / 2)
            rec601(g, l, a, b, n);
        return;
    }
    if (which < 0.4f * g->film) {
        w[0] = model_random_range(key, DRAW_FILM_A, 0.22f, 0.38f);
        w[2] = model_random_range(key, DRAW_FILM_B, 0.12f, 0.28f);
    } else if (which < 0.8f * g->film) {
        w[0] = model_random_range(key, DRAW_FILM_A, 0, 0.05f);
        w[2] = model_random_range(key, DRAW_FILM_B, 0.40f, 0.62f);
    } else {
        w[0] = 0;
        w[2] = 1 - model_random_range(key, DRAW_FILM_A, 0.05f, 0.20f);
    }
    w[1] = 1 - w[0] - w[2];
    train_augment_film(w, l, a, b, n);
}

/* Exposure, paper, fading: one curve for the whole photo. Returns false if the
 * photo stays as it is. */
static bool draw_tone(struct train_augmenter *g, uint64_t key)
{
    bool gamma = model_random_unit(key, DRAW_GAMMA) < 0.4f;
    bool curve = model_random_unit(key, DRAW_CURVE) < 0.3f;
    bool fade = model_random_unit(key, DRAW_FADE) < 0.3f;
    float power = expf(model_random_range(key, DRAW_GAMMA_BY, -0.25f, 0.25f));
    float bend = model_random_range(key, DRAW_CURVE_BY, -0.3f, 0.6f);
    float low = model_random_range(key, DRAW_FADE_LOW, 0.02f, 0.22f);
    float high = model_random_range(key, DRAW_FADE_HIGH, 0.75f, 0.98f);

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
        g->tone[i] = 100 * t;
    }
    g->tone[TONES + 1] = g->tone[TONES];
    return true;
}

static void apply_tone(const struct train_augmenter *g, float *l, int n)
{
    for (int k = 0; k < n; k++) {
        float at = l[k] < 0 ? 0 : l[k] > 100 ? TONES : l[k] * (TONES / 100.0f);
        int i = (int)at;

        l[k] = g->tone[i] + (at - (float)i) * (g->tone[i + 1] - g->tone[i]);
    }
}

void train_augment(struct train_augmenter *g, enum train_augment how,
                   const uint8_t *record, int side, uint64_t key, float *x,
                   float *target)
{
    struct train_window w =
        how == TRAIN_NONE ? train_window_whole : window_of(key);
    int n = side * side;
    float *l = g->lab, *a = l + n, *b = a + n;

    train_resample_lab(record, &w, side, g->lab);
    for (int i = 0; i < n; i++) {
        target[2 * i] = a[i] / (2 * MODEL_AB_RANGE) + 0.5f;
        target[2 * i + 1] = b[i] / (2 * MODEL_AB_RANGE) + 0.5f;
    }
    if (how == TRAIN_FILM)
        expose(g, key, l, a, b, n);
    if (how != TRAIN_NONE && draw_tone(g, key))
        apply_tone(g, l, n);
    for (int i = 0; i < n; i++)
        x[i] = l[i] / 50 - 1;
}
