#include "image/taps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void image_taps_cubic(double t, float weight[4])
{
    double t2 = t * t, t3 = t2 * t;

    weight[0] = (float)(-0.5 * t3 + t2 - 0.5 * t);
    weight[1] = (float)(1.5 * t3 - 2.5 * t2 + 1);
    weight[2] = (float)(-1.5 * t3 + 2 * t2 + 0.5 * t);
    weight[3] = (float)(0.5 * t3 - 0.5 * t2);
}

static void fill_area(struct image_taps *t, int from)
{
    double step = (double)from / t->size;

    for (int i = 0; i < t->size; i++) {
        double low = i * step, high = low + step;
        int first = (int)low, end = (int)ceil(high - 1e-9);

        end = end < from ? end : from;
        t->first[i] = first;
        t->count[i] = end - first;
        for (int k = first; k < end; k++) {
            double a = k > low ? k : low, b = k + 1 < high ? k + 1 : high;

            t->weight[(size_t)i * (size_t)t->most + (size_t)(k - first)] =
                (float)((b - a) / step);
        }
    }
}

static int clamp(int i, int end)
{
    return i < 0 ? 0 : i >= end ? end - 1 : i;
}

static void fill_cubic(struct image_taps *t, int from)
{
    for (int i = 0; i < t->size; i++) {
        double at = (i + 0.5) * from / t->size - 0.5;
        int low = (int)floor(at);
        float w[4], *out = t->weight + (size_t)i * (size_t)t->most;

        image_taps_cubic(at - low, w);
        t->first[i] = clamp(low - 1, from);
        t->count[i] = clamp(low + 2, from) - t->first[i] + 1;
        for (int k = 0; k < 4; k++)
            out[clamp(low - 1 + k, from) - t->first[i]] += w[k];
    }
}

int image_taps_init(struct image_taps *t, int from, int to,
                    struct tt_error *err)
{
    memset(t, 0, sizeof(*t));
    if (from < 1 || to < 1)
        return tt_fail(err, TT_USAGE, "cannot resize %d pixels to %d", from,
                       to);
    t->size = to;
    t->most = from <= to ? 4 : from % to ? from / to + 2 : from / to;
    t->first = calloc((size_t)to + 1, sizeof(*t->first));
    t->count = calloc((size_t)to, sizeof(*t->count));
    t->weight = calloc((size_t)to * (size_t)t->most, sizeof(*t->weight));
    if (!t->first || !t->count || !t->weight) {
        image_taps_release(t);
        return tt_fail(err, TT_NOMEM, "no memory to resize a picture");
    }
    if (from > to)
        fill_area(t, from);
    else
        fill_cubic(t, from);
    return 0;
}

void image_taps_release(struct image_taps *t)
{
    free(t->first);
    free(t->count);
    free(t->weight);
    memset(t, 0, sizeof(*t));
}
