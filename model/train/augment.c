#include "model/train/augment.h"

#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "model/train/film.h"
#include "model/train/resample.h"
#include "model/train/wear.h"
#include "model/unet.h"
#include "shard/format.h"

struct train_augmenter {
    float share; /* of the samples that film sees */
    struct train_film *film;
    struct train_wear *wear;
    float lab[SHARD_PLANES * SHARD_PLANE];
    float turned[SHARD_PLANE];
};

/* The draws of a sample: each has a place of its own in the key's stream. */
enum draw {
    DRAW_SIZE,
    DRAW_X,
    DRAW_Y,
    DRAW_MIRROR,
    DRAW_TURN,
    DRAW_TURN_BY,
    DRAW_FILM,
    DRAW_FILM_A,
    DRAW_FILM_B
};

#define TURN_SHARE 0.3f
#define TURN_MOST  0.0873f /* radians: 5 degrees */

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
    a->share = (float)film;
    if (train_film_new(&a->film, err) < 0 ||
        train_wear_new(&a->wear, err) < 0) {
        train_augmenter_free(a);
        return -1;
    }
    *out = a;
    return 0;
}

void train_augmenter_free(struct train_augmenter *a)
{
    if (!a)
        return;
    train_film_free(a->film);
    train_wear_free(a->wear);
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

/* Film: 2 in 5 panchromatic, 2 in 5 orthochromatic, 1 in 5 wet plate. Of the
 * rest one half as it is, one half as Rec. 601 sees it. */
static void expose(const struct train_augmenter *g, uint64_t key, float *l,
                   const float *a, const float *b, int n)
{
    float which = model_random_unit(key, DRAW_FILM), w[3];

    if (which >= g->share) {
        if (which - g->share < (1 - g->share) / 2)
            train_film_luma(g->film, l, a, b, n);
        return;
    }
    if (which < 0.4f * g->share) {
        w[0] = model_random_range(key, DRAW_FILM_A, 0.22f, 0.38f);
        w[2] = model_random_range(key, DRAW_FILM_B, 0.12f, 0.28f);
    } else if (which < 0.8f * g->share) {
        w[0] = model_random_range(key, DRAW_FILM_A, 0, 0.05f);
        w[2] = model_random_range(key, DRAW_FILM_B, 0.40f, 0.62f);
    } else {
        w[0] = 0;
        w[2] = 1 - model_random_range(key, DRAW_FILM_A, 0.05f, 0.20f);
    }
    w[1] = 1 - w[0] - w[2];
    train_film_see(g->film, w, l, a, b, n);
}

/* All planes by a few degrees. */
static void turn(struct train_augmenter *g, uint64_t key, int side)
{
    float by = model_random_range(key, DRAW_TURN_BY, -TURN_MOST, TURN_MOST);
    size_t n = (size_t)side * (size_t)side;

    for (size_t p = 0; p < SHARD_PLANES; p++) {
        train_resample_turn(g->lab + p * n, side, by, g->turned);
        memcpy(g->lab + p * n, g->turned, n * sizeof(float));
    }
}

int train_augment(struct train_augmenter *g, enum train_augment how,
                  const uint8_t *record, int side, uint64_t key, float *x,
                  float *target, struct tt_error *err)
{
    struct train_window w =
        how == TRAIN_NONE ? train_window_whole : window_of(key);
    int n = side * side;
    float *l = g->lab, *a = l + n, *b = a + n;

    train_resample_lab(record, &w, side, g->lab);
    if (how != TRAIN_NONE && model_random_unit(key, DRAW_TURN) < TURN_SHARE)
        turn(g, key, side);
    for (int i = 0; i < n; i++) {
        target[2 * i] = a[i] / (2 * MODEL_AB_RANGE) + 0.5f;
        target[2 * i + 1] = b[i] / (2 * MODEL_AB_RANGE) + 0.5f;
    }
    if (how == TRAIN_FILM)
        expose(g, key, l, a, b, n);
    if (how != TRAIN_NONE &&
        train_wear(g->wear, model_random(key, 1, 0), side, l, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        x[i] = l[i] / 50 - 1;
    return 0;
}
