#include "model/cudnn/bag.h"

#include <string.h>

int cudnn_status(cudnnStatus_t status, const char *what, struct tt_error *err)
{
    char words[256] = "";
    enum tt_code code = TT_BUG;

    if (status == CUDNN_STATUS_SUCCESS)
        return 0;
    if (status / 1000 == CUDNN_STATUS_NOT_SUPPORTED / 1000)
        code = TT_USAGE;
    if (status / 1000 == CUDNN_STATUS_EXECUTION_FAILED / 1000)
        code = TT_UNAVAILABLE;
    if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
        status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
        code = TT_NOMEM;
    cudnnGetLastErrorString(words, sizeof(words));
    words[strcspn(words, "\n")] = '\0';
    tt_fail(err, code, "cuDNN: %s: %s%s%s", what, cudnnGetErrorString(status),
            *words ? ": " : "", words);
    err->sys = (int)status;
    return -1;
}

void cudnn_bag_init(struct cudnn_bag *b)
{
    memset(b, 0, sizeof(*b));
}

static void note(struct cudnn_bag *b, cudnnStatus_t status, const char *what)
{
    if (status == CUDNN_STATUS_SUCCESS || b->status != CUDNN_STATUS_SUCCESS)
        return;
    b->status = status;
    cudnn_status(status, what, &b->why);
}

cudnnBackendDescriptor_t cudnn_bag_add(struct cudnn_bag *b,
                                       cudnnBackendDescriptorType_t type)
{
    cudnnBackendDescriptor_t d = NULL;

    if (b->count == CUDNN_BAG_MOST)
        note(b, CUDNN_STATUS_INTERNAL_ERROR, "too many descriptors");
    if (b->status != CUDNN_STATUS_SUCCESS)
        return NULL;
    note(b, cudnnBackendCreateDescriptor(type, &d), "descriptor");
    if (d)
        b->part[b->count++] = d;
    return d;
}

void cudnn_bag_set(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                   cudnnBackendAttributeName_t name,
                   cudnnBackendAttributeType_t type, int64_t count,
                   const void *values)
{
    if (b->status == CUDNN_STATUS_SUCCESS)
        note(b, cudnnBackendSetAttribute(d, name, type, count, values),
             "attribute");
}

void cudnn_bag_set_int(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                       cudnnBackendAttributeName_t name, int64_t value)
{
    cudnn_bag_set(b, d, name, CUDNN_TYPE_INT64, 1, &value);
}

void cudnn_bag_set_part(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                        cudnnBackendAttributeName_t name,
                        cudnnBackendDescriptor_t part)
{
    cudnn_bag_set(b, d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &part);
}

void cudnn_bag_finish(struct cudnn_bag *b, cudnnBackendDescriptor_t d,
                      const char *what)
{
    if (b->status == CUDNN_STATUS_SUCCESS)
        note(b, cudnnBackendFinalize(d), what);
}

int cudnn_bag_end(const struct cudnn_bag *b, struct tt_error *err)
{
    if (b->status == CUDNN_STATUS_SUCCESS)
        return 0;
    *err = b->why;
    return -1;
}

void cudnn_bag_release(struct cudnn_bag *b)
{
    // backwards: the later ones are made of the earlier
    while (b->count > 0)
        cudnnBackendDestroyDescriptor(b->part[--b->count]);
}
