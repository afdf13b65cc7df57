/**
 * curve: sRGB's curve and CIELAB's f() in float, by table, over many values;
 * and what makes a loop fast on any processor with the same bits.
 *
 * For the files of this room only.
 *
 * Owns:    constant tables, made at the first call.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_CURVE_H
#define IMAGE_CURVE_H

#include <stddef.h>
#include <stdint.h>

/* A hot loop is compiled for AVX2 as well and chosen at run time. AVX2 without
 * FMA: no multiplication is fused, so the bits are those of plain C. Sanitizers
 * cannot look into the choosing, which runs before they do. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&         \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define IMAGE_HOT __attribute__((target_clones("avx2", "default")))
#else
#define IMAGE_HOT
#endif

/* A choice between two values must not stay a jump for fear of a floating
 * point exception that nobody reads: jumps are not vectorised. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

/* How many pixels the block functions take at most: their temporaries then
 * stay in the first cache. */
#define IMAGE_BLOCK 256

struct image_curve {
    float decode8[256];    /* linear light of a code */
    float f8[256];         /* (L* + 16) / 116 of a grey code */
    float f16[65536];      /* the same at 16 bit */
    float decode16[65536]; /* linear light of a code */
};

const struct image_curve *image_curve(void);

/** Linear light into codes times scale (255 or 65535), not rounded; clamped
 *  to 0..scale. Right to 0.05 of a 16-bit code. */
void image_curve_encode(const float *linear, size_t n, float scale,
                        float *code);

#endif
