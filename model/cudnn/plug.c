/* The entry of the shared object. */
#include "model/backend/plug.h"

#include "model/cudnn/backend.h"
#include "model/cudnn/device.h"

static const struct backend_plug plug = {
    .version = BACKEND_PLUG_VERSION,
    .ops = &cudnn_backend,
    .count = cudnn_device_count,
    .describe = cudnn_device_describe,
    .prove = cudnn_backend_prove,
};

__attribute__((visibility("default"))) backend_plug_fn tintype_backend_plug;

const struct backend_plug *tintype_backend_plug(void)
{
    return &plug;
}
