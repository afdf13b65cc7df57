/**
 * bag: descriptors of cuDNN's backend API that live and die together. After the
 * first failure the calls on a bag do nothing, and end() tells it: so a graph
 * reads as what it is made of.
 *
 * Owns:    init() needs nothing; release() destroys what was made.
 * Threads: one thread per struct.
 * Fails:   TT_NOMEM, TT_USAGE (cuDNN has no such thing), TT_UNAVAILABLE (the
 *          card failed), TT_BUG.
 */
#ifndef CUDNN_BAG_H
#define CUDNN_BAG_H

#include <cudnn.h>

#include "base/error.h"

#define CUDNN_BAG_MOST 96

struct cudnn_bag {
    int count;
    cudnnBackendDescriptor_t part[CUDNN_BAG_MOST];
    cudnnStatus_t status; /* of the first that failed */
    struct tt_error why;
};

void cudnn_bag_init(struct cudnn_bag *b);

/** A new one, or NULL. */
cudnnBackendDescriptor_t cudnn_bag_add(struct cudnn_bag *b,
                                       cudnnBackendDescriptorType_t type);

void cudnn_bag_set(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                   cudnnBackendAttributeName_t name,
                   cudnnBackendAttributeType_t type, int64_t count,
                   const void *values);

void cudnn_bag_set_int(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                       cudnnBackendAttributeName_t name, int64_t value);

/** An attribute that is another descriptor. */
void cudnn_bag_set_part(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                        cudnnBackendAttributeName_t name,
                        cudnnBackendDescriptor_t part);

void cudnn_bag_finish(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                      const char *what);

/** 0, or -1 with what went wrong first. */
int cudnn_bag_end(const struct cudnn_bag *b, struct tt_error *err) TT_MUST;

void cudnn_bag_release(struct cudnn_bag *b);

/** 0, or -1 with cuDNN's own words behind `what`. */
int cudnn_status(cudnnStatus_t status, const char *what, struct tt_error *err);

#endif
