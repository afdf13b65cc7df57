/**
 * kernels: all that a program for a GPU does besides convolutions, as functions
 * of one element each, for C and CUDA alike. A kernel is gpu_NAME_at(args, i)
 * for every i below its count, in any order; the card runs one thread an
 * element, the tests a plain loop.
 *
 * Activations are bf16, NHWC, eight channels (16 bytes) an element; all else is
 * f32.
 *
 * Threads: any.  Fails: never.
 */
#ifndef GPU_KERNELS_H
#define GPU_KERNELS_H

#include "model/gpu/kernel_adam.h"
#include "model/gpu/kernel_critic.h"
#include "model/gpu/kernel_first.h"
#include "model/gpu/kernel_last.h"
#include "model/gpu/kernel_loss.h"
#include "model/gpu/kernel_norm.h"
#include "model/gpu/kernel_photo.h"
#include "model/gpu/kernel_ssim.h"
#include "model/gpu/kernel_weights.h"

/* name, arguments */
#define GPU_KERNELS(X)                                                         \
    X(fold, fold)       /* batch norm into a factor and a shift */             \
    X(pack, pack)       /* weights for a convolution */                        \
    X(pack_up, pack_up) /* the same for an enlarging one */                    \
    X(unpack, unpack)   /* and their gradients back */                         \
    X(unpack_up, unpack_up)                                                    \
    X(moments, moments) /* mean and squares of a piece */                      \
    X(moments_join, moments_join)                                              \
    X(among, among)           /* a process's moments among those of all */     \
    X(statistics, statistics) /* of the batch, and the running ones */         \
    X(norm, norm)             /* y = leaky(a x + b), to up to two places */    \
    X(back_sum, back)         /* sums of the gradient of a piece */            \
    X(sum_join, sum_join)                                                      \
    X(back_factors, back_factors)                                              \
    X(back, back)   /* the gradient of what norm read */                       \
    X(first, first) /* the first layer's convolution */                        \
    X(first_weights, first)                                                    \
    X(first_back, first)                                                       \
    X(last, last)                                                              \
    X(last_grad, last) /* before the sigmoid */                                \
    X(last_back, last) /* of its input */                                      \
    X(last_weights, last)                                                      \
    X(last_bias, last)                                                         \
    X(photo, photo) /* a batch that was sent */                                \
    X(pick, pick)   /* one of photos that are here */                          \
    X(mae, mae)                                                                \
    X(ssim_rows, ssim)                                                         \
    X(ssim_windows, ssim)                                                      \
    X(ssim_spread, ssim)                                                       \
    X(ssim_grad, ssim)                                                         \
    X(sum, sum)                                                                \
    X(square, sum)                                                             \
    X(show, show) /* colours to a critic */                                    \
    X(bce, bce)   /* what it says, as a loss */                                \
    X(add, add)                                                                \
    X(heed, heed) /* and for the colours */                                    \
    X(clip, clip) /* a factor on the gradients */                              \
    X(adam, adam)                                                              \
    X(follow, follow) /* the average of running statistics */

enum gpu_kernel {
#define X(name, args) GPU_##name,
    GPU_KERNELS(X)
#undef X
        GPU_KERNEL_COUNT
};

/** The arguments of any kernel. */
union gpu_args {
#define X(name, args) struct gpu_##args name;
    GPU_KERNELS(X)
#undef X
};

#endif
