#include "model/train/skin.h"

#include <math.h>
#include <stdbool.h>

#include "shard/format.h"

#define DEGREES (180 / 3.14159265358979323846)

#define LEAST_SHARE 0.15

/* From the lightest; each begins above the angle. */
static const struct {
    const char *word;
    double above; /* degrees */
} bands[SKIN_BANDS] = {
    [SKIN_VERY_LIGHT] = {"very light", 55},
    [SKIN_LIGHT] = {"light", 41},
    [SKIN_INTERMEDIATE] = {"intermediate", 28},
    [SKIN_TAN] = {"tan", 10},
    [SKIN_BROWN] = {"brown", -30},
    [SKIN_DARK] = {"dark", -90},
    [SKIN_NONE] = {"no skin found", 0},
};

const char *train_skin_word(enum skin_band band)
{
    return bands[band].word;
}

enum skin_band train_skin_band(double ita)
{
    int band = SKIN_VERY_LIGHT;

    while (band < SKIN_DARK && ita <= bands[band].above)
        band++;
    return (enum skin_band)band;
}

static bool is_skin(double light, double a, double b)
{
    double chroma = hypot(a, b), hue = atan2(b, a) * DEGREES;

    return light >= 15 && light <= 95 && chroma >= 8 && chroma <= 50 &&
           hue >= 20 && hue <= 80;
}

/* The code that half of them lie below. */
static int median(const uint32_t counts[256], uint32_t n)
{
    uint32_t below = 0;
    int code = 0;

    while (code < 255 && below + counts[code] <= n / 2)
        below += counts[code++];
    return code;
}

void train_skin_measure(const uint8_t *record, struct skin *out)
{
    const int from = SHARD_SIDE / 4, to = SHARD_SIDE - from;
    uint32_t light[256] = {0}, yellow[256] = {0}, n = 0;

    for (int y = from; y < to; y++) {
        for (int x = from; x < to; x++) {
            const uint8_t *p = record + y * SHARD_SIDE + x;
            int a = p[SHARD_PLANE] - 128, b = p[2 * SHARD_PLANE] - 128;

            if (!is_skin(p[0] / 2.55, a, b))
                continue;
            light[p[0]]++;
            yellow[p[2 * SHARD_PLANE]]++;
            n++;
        }
    }
    *out = (struct skin){.band = SKIN_NONE};
    out->share = (double)n / ((double)(to - from) * (to - from));
    if (out->share < LEAST_SHARE)
        return;
    out->ita =
        atan2(median(light, n) / 2.55 - 50, median(yellow, n) - 128) * DEGREES;
    out->band = train_skin_band(out->ita);
}
