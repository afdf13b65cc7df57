/* What the plug-in shows. */
#include "model/backend/plug.h"

#include "base/plugin.h"
#include "model/cudnn/backend.h"
#include "model/cudnn/device.h"

static const struct backend_plug plug = {
    .ops = &cudnn_backend,
    .count = cudnn_device_count,
    .describe = cudnn_device_describe,
    .prove = cudnn_backend_prove,
};

TT_PLUGIN(BACKEND_PLUG_KIND, plug);
