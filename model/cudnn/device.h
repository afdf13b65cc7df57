/**
 * device: the cards that are here.
 *
 * Threads: any.
 * Fails:   TT_MISSING (none, or none that computes in bf16), TT_UNAVAILABLE (a
 *          card does not answer: a fault of this host, not of the work).
 */
#ifndef CUDNN_DEVICE_H
#define CUDNN_DEVICE_H

#include <stddef.h>

#include <cuda_runtime.h>

#include "base/error.h"

/** As in struct backend_plug. */
int cudnn_device_count(struct tt_error *err);
int cudnn_device_describe(int number, char *text, size_t size,
                          struct tt_error *err) TT_MUST;

/** The card of that number, for the calling thread. */
int cudnn_device_take(int number, struct tt_error *err) TT_MUST;

/** 0, or -1 with the words of CUDA behind `what`. */
int cudnn_device_status(cudaError_t status, const char *what,
                        struct tt_error *err);

#endif
