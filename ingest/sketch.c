#include "ingest/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE  INGEST_SKETCH_SIDE
#define AREA  (SIDE * SIDE)
#define STEP  (SHARD_SIDE / SIDE)
#define WAVES 8

/* Of 63 bits. Re-encoded and resized copies differ in 0 to 4, those cropped by
 * 3 % in up to 10; unrelated portraits in about 31. */
#define HASH_DISTANCE 10

/* Least correlation of the thumbnails. Copies have 0.97 and more, also when
 * cropped; the most similar pairs of other photos, 0.93. */
#define LEAST_SAME 0.955
/* Below that no cropping helps. */
#define LEAST_HOPE 0.6

static void draw_thumb(uint8_t *thumb, const uint8_t *L8)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *from = L8 + y * STEP * SHARD_SIDE + x * STEP;
            unsigned sum = 0;

            for (int i = 0; i < STEP * STEP; i++)
                sum += from[i / STEP * SHARD_SIDE + i % STEP];
            thumb[y * SIDE + x] =
                (uint8_t)((sum + STEP * STEP / 2) / (STEP * STEP));
        }
}

/* The lowest waves of the thumbnail's cosine transform, row by row. */
static void transform(const uint8_t *thumb, double out[WAVES * WAVES])
{
    double wave[WAVES][SIDE], rows[SIDE][WAVES];

    for (int u = 0; u < WAVES; u++)
        for (int x = 0; x < SIDE; x++)
            wave[u][x] = cos(M_PI * (2 * x + 1) * u / (2.0 * SIDE));
    memset(rows, 0, sizeof(rows));
    for (int y = 0; y < SIDE; y++)
        for (int u = 0; u < WAVES; u++)
            for (int x = 0; x < SIDE; x++)
                rows[y][u] += wave[u][x] * thumb[y * SIDE + x];
    memset(out, 0, WAVES * WAVES * sizeof(*out));
    for (int v = 0; v < WAVES; v++)
        for (int u = 0; u < WAVES; u++)
            for (int y = 0; y < SIDE; y++)
                out[v * WAVES + u] += wave[v][y] * rows[y][u];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void ingest_sketch_draw(struct ingest_sketch *out, const uint8_t *L8)
{
    double waves[WAVES * WAVES], sorted[WAVES * WAVES];
    size_t n = WAVES * WAVES - 1; /* the first is the mean, and tells nothing */

    draw_thumb(out->thumb, L8);
    transform(out->thumb, waves);
    memcpy(sorted, waves + 1, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_value);
    out->hash = 0;
    for (size_t i = 0; i < n; i++)
        out->hash |= (uint64_t)(waves[i + 1] > sorted[n / 2]) << i;
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static size_t
scan_popcnt(const uint64_t *hashes, size_t from, size_t n, uint64_t hash)
{
    while (from < n &&
           __builtin_popcountll(hashes[from] ^ hash) > HASH_DISTANCE)
        from++;
    return from;
}
#endif

size_t ingest_sketch_scan(const uint64_t *hashes, size_t from, size_t n,
                          uint64_t hash)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt"))
        return scan_popcnt(hashes, from, n, hash);
#endif
    while (from < n &&
           __builtin_popcountll(hashes[from] ^ hash) > HASH_DISTANCE)
        from++;
    return from;
}

/* Less its mean, of length 1; a blank becomes all zero. */
static void normalise(float *out, const float *in)
{
    double sum = 0, square = 0;

    for (int i = 0; i < AREA; i++)
        sum += in[i];
    for (int i = 0; i < AREA; i++)
        square += (in[i] - sum / AREA) * (in[i] - sum / AREA);
    for (int i = 0; i < AREA; i++)
        out[i] = square > 0 ? (float)((in[i] - sum / AREA) / sqrt(square)) : 0;
}

/* The middle of the thumbnail, less `cut` pixels on each side, blown up to the
 * whole. */
static void crop(float *out, const uint8_t *thumb, double cut)
{
    double scale = (SIDE - 2 * cut) / SIDE;
    int at[SIDE];
    float part[SIDE];

    for (int i = 0; i < SIDE; i++) {
        double x = cut + (i + 0.5) * scale - 0.5;

        x = x < 0 ? 0 : x;
        at[i] = x < SIDE - 2 ? (int)x : SIDE - 2;
        part[i] = (float)(x - at[i]);
    }
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *p = thumb + at[y] * SIDE + at[x];
            float above = p[0] + part[x] * (float)(p[1] - p[0]);
            float below = p[SIDE] + part[x] * (float)(p[SIDE + 1] - p[SIDE]);

            out[y * SIDE + x] = above + part[y] * (below - above);
        }
}

static double correlate(const uint8_t *a, double cut_a, const uint8_t *b,
                        double cut_b)
{
    float x[AREA], y[AREA];
    double sum = 0;

    crop(x, a, cut_a);
    crop(y, b, cut_b);
    normalise(x, x);
    normalise(y, y);
    for (int i = 0; i < AREA; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

bool ingest_sketch_same(const struct ingest_sketch *a,
                        const struct ingest_sketch *b)
{
    static const double cuts[] = {0.5, 1, 2}; /* 1.6, 3.1, 6.3 % a side */
    double plain = correlate(a->thumb, 0, b->thumb, 0);

    if (plain < LEAST_HOPE || plain >= LEAST_SAME)
        return plain >= LEAST_SAME;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++)
        if (correlate(a->thumb, cuts[i], b->thumb, 0) >= LEAST_SAME ||
            correlate(a->thumb, 0, b->thumb, cuts[i]) >= LEAST_SAME)
            return true;
    return false;
}
