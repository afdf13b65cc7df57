#include "model/cudnn/kernels.h"

#define THREADS 256

/* A block for each THREADS elements: 2^31 blocks are more than memory holds. */
#define X(name, args)                                                          \
    static __global__ void name##_kernel(const struct gpu_##args a,            \
                                         const size_t count)                   \
    {                                                                          \
        size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;                 \
                                                                               \
        if (i < count)                                                         \
            gpu_##name##_at(&a, i);                                            \
    }
GPU_KERNELS(X)
#undef X

cudaError_t cudnn_kernel_start(enum gpu_kernel kernel,
                               const union gpu_args *args, size_t count,
                               cudaStream_t stream)
{
    unsigned blocks = (unsigned)((count + THREADS - 1) / THREADS);

    if (blocks == 0)
        return cudaSuccess;
    switch (kernel) {
#define X(name, args_of)                                                       \
    case GPU_##name:                                                           \
        name##_kernel<<<blocks, THREADS, 0, stream>>>(args->name, count);      \
        break;
        GPU_KERNELS(X)
#undef X
    default:
        return cudaErrorInvalidValue;
    }
    return cudaGetLastError();
}
