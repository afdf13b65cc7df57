#include "model/backend/version.h"

#include <stdio.h>

#include <dnnl.h>

#include "model/backend/backend.h"

void backend_version(char *text, size_t size)
{
    const dnnl_version_t *v = dnnl_version();

    snprintf(text, size, "oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch,
             backend_onednn.can(BACKEND_BF16) ? "bf16" : "f32");
}
