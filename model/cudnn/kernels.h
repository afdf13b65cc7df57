/**
 * kernels: starts the kernels of model/gpu/kernels.h on the card.
 *
 * Threads: any; a stream belongs to one.
 * Fails:   with CUDA's number.
 */
#ifndef CUDNN_KERNELS_H
#define CUDNN_KERNELS_H

#include <cuda_runtime.h>

#include "model/gpu/kernels.h"

#ifdef __cplusplus
extern "C"
#endif
    /** One thread an element, for count elements. */
    cudaError_t
    cudnn_kernel_start(enum gpu_kernel kernel, const union gpu_args *args,
                       size_t count, cudaStream_t stream);

#endif
