/**
 * graph: a convolution as cuDNN's backend API wants it described.
 *
 * Owns:    make() fills a bag, which the caller releases.
 * Threads: one thread per struct.
 * Fails:   as bag.h.
 */
#ifndef CUDNN_GRAPH_H
#define CUDNN_GRAPH_H

#include "model/cudnn/bag.h"
#include "model/gpu/engine.h"

/** The numbers by which a plan knows its tensors. */
enum cudnn_tensor { CUDNN_X = 1, CUDNN_W, CUDNN_Y, CUDNN_BIAS };

/** The finished operation graph; NULL if the bag then says why not. */
cudnnBackendDescriptor_t cudnn_graph_make(struct cudnn_bag *b,
                                          const struct gpu_shape *s);

/** What makes it differ from others, as one line of text. */
void cudnn_graph_key(const struct gpu_shape *s, char *text, size_t size);

#endif
