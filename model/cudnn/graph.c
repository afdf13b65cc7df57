#include "model/cudnn/graph.h"

#include <stdio.h>

typedef cudnnBackendDescriptor_t descriptor;

#define ALIGNMENT 16 /* bytes, of every tensor */

/* Numbers of what never reaches memory. */
enum { SUM = 100, SHIFTED };

struct dims {
    int n, c, h, w;
};

/* NHWC in memory; cuDNN counts the dimensions as n, c, h, w. */
static descriptor tensor(struct cudnn_bag *b, int id, cudnnDataType_t type,
                         struct dims d, bool virtual)
{
    int64_t dims[4] = {d.n, d.c, d.h, d.w};
    int64_t strides[4] = {dims[1] * dims[2] * dims[3], 1, dims[1] * dims[3],
                          dims[1]};
    descriptor t = cudnn_bag_add(b, CUDNN_BACKEND_TENSOR_DESCRIPTOR);

    cudnn_bag_set_int(b, t, CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    cudnn_bag_set(b, t, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1,
                  &type);
    cudnn_bag_set(b, t, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4,
                  dims);
    cudnn_bag_set(b, t, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4,
                  strides);
    cudnn_bag_set_int(b, t, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, ALIGNMENT);
    cudnn_bag_set(b, t, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1,
                  &virtual);
    cudnn_bag_finish(b, t, "tensor");
    return t;
}

static descriptor convolution(struct cudnn_bag *b, const struct gpu_shape *s)
{
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    int64_t ones[2] = {1, 1}, strides[2] = {s->stride, s->stride};
    descriptor c = cudnn_bag_add(b, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);

    cudnn_bag_set_int(b, c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE,
                  1, &sums);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_CONV_MODE,
                  CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64,
                  2, ones);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64,
                  2, ones);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2,
                  ones);
    cudnn_bag_set(b, c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64,
                  2, strides);
    cudnn_bag_finish(b, c, "convolution");
    return c;
}

/* How the operation of each pass names its parts. */
static const struct {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t conv, x, w, y, alpha, beta;
} passes[] = {
    [GPU_FORWARD] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    [GPU_BACK_DATA] =
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    [GPU_BACK_WEIGHTS] =
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

static descriptor operation(struct cudnn_bag *b, const struct gpu_shape *s,
                            descriptor y)
{
    float one = 1, zero = 0;
    descriptor op = cudnn_bag_add(b, passes[s->pass].type);

    cudnn_bag_set_part(b, op, passes[s->pass].conv, convolution(b, s));
    cudnn_bag_set_part(b, op, passes[s->pass].x,
                       tensor(b, CUDNN_X, CUDNN_DATA_BFLOAT16,
                              (struct dims){s->n, s->ci, s->h, s->w}, false));
    cudnn_bag_set_part(b, op, passes[s->pass].w,
                       tensor(b, CUDNN_W, CUDNN_DATA_BFLOAT16,
                              (struct dims){s->co, s->ci, s->kernel, s->kernel},
                              false));
    cudnn_bag_set_part(b, op, passes[s->pass].y, y);
    cudnn_bag_set(b, op, passes[s->pass].alpha, CUDNN_TYPE_FLOAT, 1, &one);
    cudnn_bag_set(b, op, passes[s->pass].beta, CUDNN_TYPE_FLOAT, 1, &zero);
    cudnn_bag_finish(b, op, "operation");
    return op;
}

/* out = x + with, or max(x, 0) if there is no with. */
static descriptor pointwise(struct cudnn_bag *b, cudnnPointwiseMode_t mode,
                            descriptor x, descriptor with, descriptor out)
{
    cudnnDataType_t math = CUDNN_DATA_FLOAT;
    descriptor how = cudnn_bag_add(b, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    descriptor op =
        cudnn_bag_add(b, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);

    cudnn_bag_set(b, how, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE,
                  1, &mode);
    cudnn_bag_set(b, how, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE,
                  1, &math);
    cudnn_bag_finish(b, how, "pointwise");
    cudnn_bag_set_part(b, op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
                       how);
    cudnn_bag_set_part(b, op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
    if (with)
        cudnn_bag_set_part(b, op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, with);
    cudnn_bag_set_part(b, op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, out);
    cudnn_bag_finish(b, op, "pointwise operation");
    return op;
}

descriptor cudnn_graph_make(struct cudnn_bag *b, const struct gpu_shape *s)
{
    struct dims out = {s->n, s->co, s->oh, s->ow}, bias = {1, s->co, 1, 1};
    descriptor graph, ops[3], sum, shifted;
    int count = 0;

    if (s->relu) {
        sum = tensor(b, SUM, CUDNN_DATA_FLOAT, out, true);
        shifted = tensor(b, SHIFTED, CUDNN_DATA_FLOAT, out, true);
        ops[count++] = operation(b, s, sum);
        ops[count++] = pointwise(
            b, CUDNN_POINTWISE_ADD, sum,
            tensor(b, CUDNN_BIAS, CUDNN_DATA_FLOAT, bias, false), shifted);
        ops[count++] =
            pointwise(b, CUDNN_POINTWISE_RELU_FWD, shifted, NULL,
                      tensor(b, CUDNN_Y, CUDNN_DATA_BFLOAT16, out, false));
    } else {
        ops[count++] = operation(
            b, s, tensor(b, CUDNN_Y, CUDNN_DATA_BFLOAT16, out, false));
    }
    graph = cudnn_bag_add(b, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    cudnn_bag_set(b, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS,
                  CUDNN_TYPE_BACKEND_DESCRIPTOR, count, ops);
    cudnn_bag_finish(b, graph, "operation graph");
    return b->status == CUDNN_STATUS_SUCCESS ? graph : NULL;
}

void cudnn_graph_key(const struct gpu_shape *s, char *text, size_t size)
{
    static const char *const words[] = {
        [GPU_FORWARD] = "forward",
        [GPU_BACK_DATA] = "data",
        [GPU_BACK_WEIGHTS] = "weights",
    };

    snprintf(text, size, "%s %dx%d/%d [%d,%d,%d,%d] [%d,%d,%d,%d] bf16%s",
             words[s->pass], s->kernel, s->kernel, s->stride, s->n, s->h, s->w,
             s->ci, s->n, s->oh, s->ow, s->co, s->relu ? " bias relu" : "");
}
