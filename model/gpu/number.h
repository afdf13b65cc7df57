/**
 * number: what kernels compute with: bf16, eight channels at a time, pieces of
 * many pixels, and the pixels under a kernel. For C and CUDA alike.
 *
 * Threads: any.  Fails: never.
 */
#ifndef GPU_NUMBER_H
#define GPU_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define GPU_FN __host__ __device__ static inline
#else
#define GPU_FN static inline
#endif

/** One activation: bf16. Tests that look for mistakes rather than for rounding
 *  compile the same arithmetic with f32 in its place. */
#ifdef GPU_VALUES_F32
typedef float gpu_value;

GPU_FN float gpu_wide(gpu_value v)
{
    return v;
}

GPU_FN gpu_value gpu_narrow(float f)
{
    return f;
}
#else
typedef uint16_t gpu_value;

GPU_FN float gpu_wide(gpu_value h)
{
    uint32_t u = (uint32_t)h << 16;
    float f;

    memcpy(&f, &u, sizeof(f));
    return f;
}

/** To the nearest, ties to even; what is no number stays none. */
GPU_FN gpu_value gpu_narrow(float f)
{
    uint32_t u;

    memcpy(&u, &f, sizeof(u));
    if ((u & 0x7fffffffu) > 0x7f800000u)
        return (gpu_value)(u >> 16 | 0x40);
    return (gpu_value)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
#endif

/** Eight channels of a pixel. */
struct gpu_eight {
    gpu_value v[8];
} __attribute__((aligned(16)));

GPU_FN struct gpu_eight gpu_load(const gpu_value *at)
{
    return *(const struct gpu_eight *)(const void *)at;
}

GPU_FN void gpu_store(gpu_value *at, struct gpu_eight v)
{
    *(struct gpu_eight *)(void *)at = v;
}

/** Pieces of `each` that n makes. */
GPU_FN size_t gpu_pieces(size_t n, size_t each)
{
    return (n + each - 1) / each;
}

GPU_FN size_t gpu_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/** Which pixels a K x K kernel, padded by 1, connects. */
struct gpu_window {
    int h, w;   /* of the input */
    int oh, ow; /* of the output */
    int kernel, stride;
};

GPU_FN int gpu_window_taps(const struct gpu_window *k)
{
    return k->kernel * k->kernel;
}

/** The input pixel under tap t of output pixel p, or -1. */
GPU_FN long gpu_window_under(const struct gpu_window *k, size_t p, int t)
{
    int j = (int)(p % (size_t)k->ow) * k->stride + t % k->kernel - 1;
    int i = (int)(p / (size_t)k->ow % (size_t)k->oh) * k->stride +
            t / k->kernel - 1;
    long n = (long)(p / (size_t)k->ow / (size_t)k->oh);

    if (i < 0 || j < 0 || i >= k->h || j >= k->w)
        return -1;
    return (n * k->h + i) * k->w + j;
}

/** The output pixel whose tap t lies on input pixel p, or -1. */
GPU_FN long gpu_window_over(const struct gpu_window *k, size_t p, int t)
{
    int i = (int)(p / (size_t)k->w % (size_t)k->h) + 1 - t / k->kernel;
    int j = (int)(p % (size_t)k->w) + 1 - t % k->kernel;
    long n = (long)(p / (size_t)k->w / (size_t)k->h);

    if (i < 0 || j < 0 || i % k->stride || j % k->stride ||
        i / k->stride >= k->oh || j / k->stride >= k->ow)
        return -1;
    return (n * k->oh + i / k->stride) * k->ow + j / k->stride;
}

#endif
