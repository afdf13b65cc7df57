#include "workers/device.h"

#include <string.h>

#include "base/log.h"
#include "model/backend/plug.h"
#include "model/backend/probe.h"

static void tell(const char *device)
{
    struct tt_error err;
    const struct backend_plug *plug = backend_plug_find(&err);
    char text[200];

    if (plug &&
        plug->describe(backend_device(device), text, sizeof(text), &err) == 0)
        tt_log(TT_INFO, "device %s: %s", device, text);
}

/* The first card, if there is one that is good for it. */
static void choose_any(struct worker_options *o,
                       enum backend_precision precision)
{
    const struct backend_plug *plug;
    struct tt_error why;

    o->device = "cpu";
    if (precision == BACKEND_F32 || o->reduce)
        return;
    plug = backend_plug_find(&why);
    if (!plug) {
        tt_log(TT_INFO, "device cpu: no GPU: %s", why.text);
        return;
    }
    if (backend_probe(plug->ops, 0, &why) < 0) {
        tt_log(TT_WARN, "device cpu: the GPU is not trusted: %s", why.text);
        return;
    }
    o->device = "cuda";
    tell(o->device);
}

int worker_device_choose(struct worker_options *o,
                         enum backend_precision precision, struct tt_error *err)
{
    const struct backend_ops *ops;
    struct tt_error ignored;

    if (o->device && strcmp(o->device, "auto") == 0) {
        choose_any(o, precision);
        return 0;
    }
    if (!o->device)
        o->device = "cpu";
    ops = backend_find(o->device, err);
    if (!ops)
        return tt_wrap(err, "--device");
    if (!ops->can(precision))
        return tt_fail(err, TT_USAGE, "--device: %s does not compute in %s",
                       o->device, backend_precision_word(precision));
    if (ops == backend_find("cpu", &ignored))
        return 0;
    if (backend_probe(ops, backend_device(o->device), err) < 0)
        return tt_wrap(err, "--device %s", o->device);
    tell(o->device);
    return 0;
}
