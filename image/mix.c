#include "image/mix.h"

#include <stdint.h>

#include "image/curve.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ROW(i) (weight[i] * (float)row[i][k])
#define EACH(sum_of_rows)                                                      \
    _Pragma("omp simd") for (size_t k = from; k < n; k++) sum[k] = sum_of_rows
#define MIX(name, type)                                                        \
    IMAGE_HOT                                                                  \
    static void mix_##name(const void *const rows[4], const float *weight,     \
                           int count, size_t from, size_t n, float *sum)       \
    {                                                                          \
        const type *const row[] = {rows[0], rows[1], rows[2], rows[3]};        \
                                                                               \
        if (count == 1)                                                        \
            EACH(ROW(0));                                                      \
        else if (count == 2)                                                   \
            EACH(ROW(0) + ROW(1));                                             \
        else if (count == 3)                                                   \
            EACH(ROW(0) + ROW(1) + ROW(2));                                    \
        else                                                                   \
            EACH(ROW(0) + ROW(1) + ROW(2) + ROW(3));                           \
    }                                                                          \
    IMAGE_HOT                                                                  \
    void image_mix_add_##name(const void *const rows[3], const float *weight,  \
                              size_t n, float *sum)                            \
    {                                                                          \
        const type *const row[] = {rows[0], rows[1], rows[2]};                 \
        size_t from = 0;                                                       \
                                                                               \
        EACH(sum[k] + ROW(0) + ROW(1) + ROW(2));                               \
    }
MIX(u8, uint8_t)
MIX(u16, uint16_t)
MIX(float, float)
#undef MIX
#undef EACH
#undef ROW

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2")))

WIDE static inline __m256 eight(const uint8_t *from, __m256 weight)
{
    __m256i codes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)from));

    return _mm256_mul_ps(weight, _mm256_cvtepi32_ps(codes));
}

WIDE static inline void eights(const void *const *rows, const float *weight,
                               int count, size_t n, float *sum)
{
    const uint8_t *row[4];
    __m256 by[4];

    for (int i = 0; i < count; i++) {
        row[i] = rows[i];
        by[i] = _mm256_set1_ps(weight[i]);
    }
    for (size_t k = 0; k < n; k += 8) {
        __m256 v = eight(row[0] + k, by[0]);

#pragma GCC unroll 4
        for (int i = 1; i < count; i++)
            v = _mm256_add_ps(v, eight(row[i] + k, by[i]));
        _mm256_storeu_ps(sum + k, v);
    }
}

/* The compiler makes floats of bytes in twice as many steps. */
WIDE static size_t mix_eights(const void *const rows[4], const float *weight,
                              int count, size_t n, float *sum)
{
    n -= n % 8;
    if (count == 1)
        eights(rows, weight, 1, n, sum);
    else if (count == 2)
        eights(rows, weight, 2, n, sum);
    else if (count == 3)
        eights(rows, weight, 3, n, sum);
    else
        eights(rows, weight, 4, n, sum);
    return n;
}

static size_t mix_wide(const void *const rows[4], const float *weight,
                       int count, size_t n, float *sum)
{
    return __builtin_cpu_supports("avx2")
               ? mix_eights(rows, weight, count, n, sum)
               : 0;
}
#else
static size_t mix_wide(const void *const rows[4], const float *weight,
                       int count, size_t n, float *sum)
{
    (void)rows, (void)weight, (void)count, (void)n, (void)sum;
    return 0;
}
#endif

void image_mix_u8(const void *const rows[4], const float *weight, int count,
                  size_t n, float *sum)
{
    size_t done = mix_wide(rows, weight, count, n, sum);

    if (done < n)
        mix_u8(rows, weight, count, done, n, sum);
}

void image_mix_u16(const void *const rows[4], const float *weight, int count,
                   size_t n, float *sum)
{
    mix_u16(rows, weight, count, 0, n, sum);
}

void image_mix_float(const void *const rows[4], const float *weight, int count,
                     size_t n, float *sum)
{
    mix_float(rows, weight, count, 0, n, sum);
}
