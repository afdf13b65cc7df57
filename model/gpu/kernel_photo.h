/**
 * kernel_photo: a batch's photos as the network reads them, of values on their
 * way or of bytes that stay. See kernels.h.
 */
#ifndef GPU_KERNEL_PHOTO_H
#define GPU_KERNEL_PHOTO_H

#include "model/gpu/kernel_adam.h"
#include "model/gpu/number.h"

/* The range of target, as ab goes from -128 to 127, in 16 bits. */
#define GPU_TARGET_LEAST -0.125f
#define GPU_TARGET_SPAN  1.25f
#define GPU_SENT_MOST    65535 /* of a value on its way */

#define GPU_SHRINK_MOST 8 /* a photo by at most so much */

/** sent: pixels of x, then pixels, 2 of target. i: pixel. */
struct gpu_photo {
    const struct gpu_course *course; /* which of the two */
    const uint16_t *sent[2];
    float *x, *target;
    size_t pixels;
};

GPU_FN void gpu_photo_at(const struct gpu_photo *k, size_t i)
{
    // chosen so, it stays out of the thread's own memory
    const uint16_t *sent = k->course->which ? k->sent[1] : k->sent[0];
    const float step = GPU_TARGET_SPAN / GPU_SENT_MOST;

    k->x[i] = (float)sent[i] * (2.0f / GPU_SENT_MOST) - 1;
    for (size_t c = 0; c < 2; c++)
        k->target[2 * i + c] =
            (float)sent[k->pixels + 2 * i + c] * step + GPU_TARGET_LEAST;
}

/** What a pixel covers along one axis of a record. */
struct gpu_cover {
    int first, count;
    float weight[GPU_SHRINK_MOST + 2];
};

GPU_FN struct gpu_cover gpu_cover_of(int at, int from, int side)
{
    float width = (float)from / (float)side, half = width / 2, sum = 0;
    float middle = ((float)at + 0.5f) * width;
    float begin = middle > half ? middle - half : 0, end = middle + half;
    struct gpu_cover c = {(int)begin, 0, {0}};

    for (int p = c.first; (float)p < end && p < from; p++) {
        float low = (float)p > begin ? (float)p : begin;
        float high = (float)(p + 1) < end ? (float)(p + 1) : end;

        if (high - low < 1e-4f)
            continue; // a rounding's sliver
        if (c.count == 0)
            c.first = p;
        c.weight[c.count++] = high - low;
        sum += high - low;
    }
    for (int t = 0; t < c.count; t++)
        c.weight[t] /= sum;
    return c;
}

GPU_FN float gpu_cover_mean(const uint8_t *plane, int from,
                            const struct gpu_cover *down,
                            const struct gpu_cover *across)
{
    float sum = 0;

    for (int t = 0; t < down->count; t++) {
        const uint8_t *row = plane + (down->first + t) * from + across->first;
        float mean = 0;

        for (int s = 0; s < across->count; s++)
            mean += across->weight[s] * (float)row[s];
        sum += down->weight[t] * mean;
    }
    return sum;
}

/** records: count, 3, from, from, as backend_photos. i: pixel. */
struct gpu_pick {
    const struct gpu_course *course; /* which of the two */
    const uint8_t *records;
    const uint32_t *picked[2]; /* N: numbers of records */
    float *x, *target;
    int from, side; /* at most GPU_SHRINK_MOST times smaller */
};

GPU_FN void gpu_pick_at(const struct gpu_pick *k, size_t i)
{
    size_t side = (size_t)k->side, plane = (size_t)k->from * (size_t)k->from;
    const uint32_t *picked = k->course->which ? k->picked[1] : k->picked[0];
    uint32_t number = picked[i / side / side];
    const uint8_t *record = k->records + number * 3 * plane;
    struct gpu_cover down =
        gpu_cover_of((int)(i / side % side), k->from, k->side);
    struct gpu_cover across = gpu_cover_of((int)(i % side), k->from, k->side);

    k->x[i] = gpu_cover_mean(record, k->from, &down, &across) / 2.55f / 50 - 1;
    for (size_t c = 0; c < 2; c++)
        k->target[2 * i + c] =
            (gpu_cover_mean(record + (c + 1) * plane, k->from, &down, &across) -
             128) /
                220 +
            0.5f;
}

#endif
