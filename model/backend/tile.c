#include "model/backend/tile.h"

#include <string.h>

int tile_width(int channels)
{
    return channels > TILE_WIDTH / 2 ? TILE_WIDTH : TILE_WIDTH / 2;
}

#ifdef __x86_64__

#include <immintrin.h>

#define AVX2   __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) AVX2

bool tile_can(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* One pixel's two (or one) sums of 8. */
INLINE void multiply(__m256 sum[2], const float *pixel, const __m256 w[2],
                     const int vectors)
{
    __m256 v = _mm256_broadcast_ss(pixel);

    sum[0] = _mm256_fmadd_ps(v, w[0], sum[0]);
    if (vectors == 2)
        sum[1] = _mm256_fmadd_ps(v, w[1], sum[1]);
}

INLINE void put(float *to, __m256 v[2], const struct tile_product *t,
                const int vectors)
{
    __m256 slope = _mm256_set1_ps(t->slope);
    float part[TILE_WIDTH];
    bool whole = t->channels == 8 * vectors;
    float *at = whole ? to : part;

#pragma GCC unroll 2
    for (int i = 0; i < vectors; i++) {
        // this order of the two lets a NaN through
        if (t->act)
            v[i] = _mm256_max_ps(_mm256_mul_ps(v[i], slope), v[i]);
        _mm256_storeu_ps(at + 8 * i, v[i]);
    }
    if (!whole)
        memcpy(to, part, (size_t)t->channels * sizeof(float));
}

INLINE void product(const struct tile_product *t, const float *const *src,
                    float *const *dst, const int vectors, const bool ahead)
{
    __m256 sum[TILE_PIXELS][2];
    const float *w = t->w, *next = t->next;

#pragma GCC unroll 6
    for (int p = 0; p < TILE_PIXELS; p++) {
        sum[p][0] = _mm256_loadu_ps(t->bias);
        sum[p][1] = vectors == 2 ? _mm256_loadu_ps(t->bias + 8) : sum[p][0];
    }
    for (int tap = 0; tap < t->taps; tap++, src += TILE_PIXELS) {
        const float *x[TILE_PIXELS] = {src[0], src[1], src[2],
                                       src[3], src[4], src[5]};

#pragma GCC unroll 4
        for (int k = 0; k < t->ci; k++, w += 8 * vectors) {
            __m256 both[2];

            if (ahead && k % TILE_AHEAD == 0) {
                _mm_prefetch((const char *)next, _MM_HINT_T1);
                next += TILE_WIDTH;
            }

            both[0] = _mm256_load_ps(w);
            both[1] = vectors == 2 ? _mm256_load_ps(w + 8) : both[0];
#pragma GCC unroll 6
            for (int p = 0; p < TILE_PIXELS; p++)
                multiply(sum[p], x[p] + k, both, vectors);
        }
    }
#pragma GCC unroll 6
    for (int p = 0; p < TILE_PIXELS; p++)
        put(dst[p], sum[p], t, vectors);
}

/* Apart: beside it in one function the other loops came out slower. */
static __attribute__((noinline)) AVX2 void
product_ahead(const struct tile_product *t, const float *const *src,
              float *const *dst)
{
    product(t, src, dst, 2, true);
}

AVX2 void tile_product(const struct tile_product *t, const float *const *src,
                       float *const *dst)
{
    bool whole = tile_width(t->channels) == TILE_WIDTH;

    if (whole && t->next)
        product_ahead(t, src, dst);
    else if (whole)
        product(t, src, dst, 2, false);
    else
        product(t, src, dst, 1, false);
}

INLINE float total(__m256 v)
{
    __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

AVX2 void tile_narrow(const struct tile_product *t, const float *const *src,
                      float *const *dst)
{
    __m256 sum[TILE_PIXELS][TILE_NARROW];
    const float *w = t->w;

#pragma GCC unroll 6
    for (int p = 0; p < TILE_PIXELS; p++)
        sum[p][0] = sum[p][1] = _mm256_setzero_ps();
    for (int tap = 0; tap < t->taps; tap++, src += TILE_PIXELS) {
        const float *x[TILE_PIXELS] = {src[0], src[1], src[2],
                                       src[3], src[4], src[5]};

        for (int k = 0; k < t->ci; k += 8, w += 16) {
            __m256 w0 = _mm256_load_ps(w), w1 = _mm256_load_ps(w + 8);

#pragma GCC unroll 6
            for (int p = 0; p < TILE_PIXELS; p++) {
                __m256 v = _mm256_loadu_ps(x[p] + k);

                sum[p][0] = _mm256_fmadd_ps(v, w0, sum[p][0]);
                sum[p][1] = _mm256_fmadd_ps(v, w1, sum[p][1]);
            }
        }
    }
#pragma GCC unroll 6
    for (int p = 0; p < TILE_PIXELS; p++)
#pragma GCC unroll 2
        for (int o = 0; o < TILE_NARROW; o++) {
            float v = total(sum[p][o]) + t->bias[o];

            if (o < t->channels)
                dst[p][o] = t->act && v < 0 ? v * t->slope : v;
        }
}

/* `rows` channels of the input, from channel k on, by the panel. */
INLINE void gradient(const struct tile_gradient *g, int k, float *out,
                     const int rows, const int vectors)
{
    __m256 sum[TILE_PIXELS][2];

#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int i = 0; i < vectors; i++)
            sum[r][i] = g->add ? _mm256_loadu_ps(out + (r * vectors + i) * 8)
                               : _mm256_setzero_ps();
#pragma GCC unroll 2
    for (size_t i = 0; i < g->pairs; i++) {
        const float *x = g->x + (size_t)g->pair[i].x * TILE_WIDTH + k;
        const float *dy = g->dy + (size_t)g->pair[i].dy * 8 * vectors;
        __m256 both[2];

        both[0] = _mm256_load_ps(dy);
        both[1] = vectors == 2 ? _mm256_load_ps(dy + 8) : both[0];
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++)
            multiply(sum[r], x + r, both, vectors);
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int i = 0; i < vectors; i++)
            _mm256_storeu_ps(out + (r * vectors + i) * 8, sum[r][i]);
}

/* Six rows at a time; the rest in fours, since four sums of two still keep
 * both multipliers busy, and in ones. */
INLINE void gradient_rows(const struct tile_gradient *g, int ci, float *sum,
                          const int vectors)
{
    int k = 0;

    for (; k + 6 <= ci; k += 6)
        gradient(g, k, sum + k * 8 * vectors, 6, vectors);
    for (; k + 4 <= ci; k += 4)
        gradient(g, k, sum + k * 8 * vectors, 4, vectors);
    for (; k < ci; k++)
        gradient(g, k, sum + k * 8 * vectors, 1, vectors);
}

AVX2 void tile_gradient(const struct tile_gradient *g, int ci, float *sum)
{
    if (g->width == TILE_WIDTH)
        gradient_rows(g, ci, sum, 2);
    else
        gradient_rows(g, ci, sum, 1);
}

#else

bool tile_can(void)
{
    return false;
}

void tile_product(const struct tile_product *t, const float *const *src,
                  float *const *dst)
{
    (void)t;
    (void)src;
    (void)dst;
}

void tile_narrow(const struct tile_product *t, const float *const *src,
                 float *const *dst)
{
    (void)t;
    (void)src;
    (void)dst;
}

void tile_gradient(const struct tile_gradient *g, int ci, float *sum)
{
    (void)g;
    (void)ci;
    (void)sum;
}

#endif
