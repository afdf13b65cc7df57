#include "model/cudnn/device.h"

#include <stdio.h>

#include <cudnn.h>

#define LEAST_MAJOR 8 /* compute capability 8.0: the first with bf16 */

int cudnn_device_status(cudaError_t status, const char *what,
                        struct tt_error *err)
{
    if (status == cudaSuccess)
        return 0;
    cudaGetLastError(); // an error that was told is over
    tt_fail(err,
            status == cudaErrorMemoryAllocation ? TT_NOMEM : TT_UNAVAILABLE,
            "GPU: %s: %s", what, cudaGetErrorString(status));
    err->sys = (int)status;
    return -1;
}

int cudnn_device_count(struct tt_error *err)
{
    struct cudaDeviceProp best = {.major = 0};
    int count = 0;
    cudaError_t status = cudaGetDeviceCount(&count);

    if (status != cudaSuccess || count == 0) {
        cudaGetLastError();
        return tt_fail(err, TT_MISSING, "no device (%s)",
                       status != cudaSuccess ? cudaGetErrorString(status)
                                             : "the driver knows none");
    }
    for (int i = 0; i < count; i++) {
        struct cudaDeviceProp p;

        if (cudaGetDeviceProperties(&p, i) == cudaSuccess &&
            p.major > best.major)
            best = p;
    }
    if (best.major < LEAST_MAJOR)
        return tt_fail(err, TT_MISSING,
                       "no device that computes in bf16 (%s is sm_%d%d)",
                       best.name, best.major, best.minor);
    return count;
}

int cudnn_device_describe(int number, char *text, size_t size,
                          struct tt_error *err)
{
    size_t version = cudnnGetVersion();
    struct cudaDeviceProp p;

    if (cudnn_device_status(cudaGetDeviceProperties(&p, number), "properties",
                            err) < 0)
        return tt_wrap(err, "device %d", number);
    snprintf(text, size, "%s, sm_%d%d, %zu GB, cuDNN %zu.%zu.%zu", p.name,
             p.major, p.minor, p.totalGlobalMem >> 30, version / 10000,
             version / 100 % 100, version % 100);
    return 0;
}

int cudnn_device_take(int number, struct tt_error *err)
{
    struct cudaDeviceProp p;
    int count = cudnn_device_count(err);

    if (count < 0)
        return -1;
    if (number < 0 || number >= count)
        return tt_fail(err, TT_MISSING, "no device %d: there %s %d", number,
                       count == 1 ? "is" : "are", count);
    if (cudnn_device_status(cudaGetDeviceProperties(&p, number), "properties",
                            err) < 0)
        return -1;
    if (p.major < LEAST_MAJOR)
        return tt_fail(err, TT_MISSING,
                       "device %d (%s, sm_%d%d) does not compute in bf16",
                       number, p.name, p.major, p.minor);
    return cudnn_device_status(cudaSetDevice(number), "device", err);
}
