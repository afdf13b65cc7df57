#include "model/train/resample.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

const struct train_window train_window_whole = {0, 0, SHARD_SIDE, false};

/* What one value of the output is made of along one axis. */
struct tap {
    int first, count;
    float weight[SHARD_SIDE / 16 + 2];
};

static void taps_of(float start, float size, int side, struct tap *taps)
{
    float width = size / (float)side;
    // to enlarge, one pixel's width: that is linear interpolation
    float half = (width > 1 ? width : 1) / 2;

    for (int i = 0; i < side; i++) {
        float middle = start + ((float)i + 0.5f) * width;
        float from = middle > half ? middle - half : 0, to = middle + half;
        struct tap *t = &taps[i];
        float sum = 0;

        t->first = (int)from;
        t->count = 0;
        for (int p = t->first; (float)p < to && p < SHARD_SIDE; p++) {
            float low = (float)p > from ? (float)p : from;
            float high = (float)(p + 1) < to ? (float)(p + 1) : to;

            if (high - low < 1e-4f)
                continue; // a rounding's sliver
            if (t->count == 0)
                t->first = p;
            t->weight[t->count++] = high - low;
            sum += high - low;
        }
        for (int k = 0; k < t->count; k++)
            t->weight[k] /= sum;
    }
}

void train_resample(const uint8_t *plane, const struct train_window *w,
                    int side, float *out)
{
    struct tap across[SHARD_SIDE], down[SHARD_SIDE];
    float rows[SHARD_SIDE][SHARD_SIDE] = {{0}};
    int top, bottom;

    assert(side > 0 && side <= SHARD_SIDE);
    taps_of(w->x, w->size, side, across);
    taps_of(w->y, w->size, side, down);
    top = down[0].first;
    bottom = down[side - 1].first + down[side - 1].count;
    for (int y = top; y < bottom; y++)
        for (int i = 0; i < side; i++) {
            const uint8_t *from = plane + y * SHARD_SIDE + across[i].first;
            float sum = 0;

            for (int k = 0; k < across[i].count; k++)
                sum += across[i].weight[k] * (float)from[k];
            rows[y][w->mirror ? side - 1 - i : i] = sum;
        }
    for (int i = 0; i < side; i++) {
        float *to = out + (size_t)i * (size_t)side;

        memset(to, 0, (size_t)side * sizeof(float));
        for (int k = 0; k < down[i].count; k++) {
            const float *from = rows[down[i].first + k];

            for (int x = 0; x < side; x++)
                to[x] += down[i].weight[k] * from[x];
        }
    }
}

void train_resample_lab(const uint8_t *record, const struct train_window *w,
                        int side, float *out)
{
    size_t n = (size_t)side * (size_t)side;

    for (int p = 0; p < SHARD_PLANES; p++)
        train_resample(record + p * SHARD_PLANE, w, side, out + (size_t)p * n);
    for (size_t i = 0; i < n; i++) {
        out[i] /= 2.55f;
        out[n + i] -= 128;
        out[2 * n + i] -= 128;
    }
}

static float within(float x, int side)
{
    x = x < 0 ? 0 : x;
    return x > (float)(side - 1) ? (float)(side - 1) : x;
}

void train_resample_turn(const float *in, int side, float radians, float *out)
{
    float c = cosf(radians), s = sinf(radians);
    float middle = (float)(side - 1) / 2;

    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            float dx = (float)j - middle, dy = (float)i - middle;
            float x = within(middle + c * dx - s * dy, side);
            float y = within(middle + s * dx + c * dy, side);
            int left = (int)x, top = (int)y;
            int right = left + (left < side - 1), low = top + (top < side - 1);
            float fx = x - (float)left, fy = y - (float)top;
            const float *a = in + top * side, *b = in + low * side;
            float up = a[left] + fx * (a[right] - a[left]);
            float down = b[left] + fx * (b[right] - b[left]);

            out[i * side + j] = up + fy * (down - up);
        }
}
