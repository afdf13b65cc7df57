#include "model/backend/backend.h"

#include <sched.h>
#include <string.h>

const struct backend_ops *const backends[] = {
    &backend_onednn,
    &backend_reference,
    NULL,
};

static const char *const precision_words[] = {
    [BACKEND_AUTO] = "auto",
    [BACKEND_F32] = "f32",
    [BACKEND_BF16] = "bf16",
};

const struct backend_ops *backend_find(const char *name, struct tt_error *err)
{
    bool any = !name || strcmp(name, "auto") == 0;

    for (int i = 0; backends[i]; i++)
        if (any ? backends[i]->can(BACKEND_AUTO)
                : strcmp(backends[i]->name, name) == 0)
            return backends[i];
    tt_fail(err, TT_MISSING, "%s: no such backend", any ? "auto" : name);
    return NULL;
}

const char *backend_precision_word(enum backend_precision precision)
{
    return precision_words[precision];
}

int backend_precision_parse(const char *text, enum backend_precision *out,
                            struct tt_error *err)
{
    for (int i = BACKEND_AUTO; i <= BACKEND_BF16; i++)
        if (strcmp(text, precision_words[i]) == 0) {
            *out = (enum backend_precision)i;
            return 0;
        }
    return tt_fail(err, TT_USAGE, "%s: precision is auto, f32 or bf16", text);
}

int backend_threads_default(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/* Channels that come in, or -1 if a source is not a layer before this one of
 * the right size. */
static int channels_in(const struct backend_net *net, int l)
{
    const struct backend_layer *layer = &net->layer[l];
    int sources[2] = {layer->from, layer->join};
    int shift = layer->shift, sum = 0;

    if (layer->kind == BACKEND_UP)
        shift++;
    else if (layer->stride == 2)
        shift--;
    for (int i = 0; i < 2; i++) {
        int s = sources[i];

        if (i == 1 && s == BACKEND_NONE)
            continue;
        if (s == BACKEND_INPUT && shift == 0)
            sum += 1;
        else if (s >= 0 && s < l && net->layer[s].shift == shift)
            sum += net->layer[s].co;
        else
            return -1;
    }
    return sum;
}

int backend_net_check(const struct backend_net *net,
                      const struct backend_setup *setup, struct tt_error *err)
{
    int last = net->layers - 1;

    if (net->layers < 1 || net->layers > BACKEND_LAYERS ||
        net->layer[last].kind != BACKEND_HEAD || net->layer[last].co != 2)
        return tt_fail(err, TT_USAGE, "a network ends in a head of 2 channels");
    if (setup->batch < 1 || setup->threads < 1 || setup->height < 16 ||
        setup->width < 16 || setup->height % 16 || setup->width % 16)
        return tt_fail(err, TT_USAGE, "%d x %d: sides must be multiples of 16",
                       setup->width, setup->height);
    for (int l = 0; l < net->layers; l++) {
        const struct backend_layer *layer = &net->layer[l];

        if (layer->kind == BACKEND_HEAD ? l != last : layer->co % 8)
            return tt_fail(err, TT_USAGE,
                           "layer %d: channels must be multiples of 8", l);
        if (layer->ci < 1 || layer->ci != channels_in(net, l) ||
            layer->shift < 0 || layer->shift > 4)
            return tt_fail(err, TT_USAGE, "layer %d does not fit its sources",
                           l);
    }
    return 0;
}
