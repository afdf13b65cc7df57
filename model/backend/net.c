/* What can be told of a network without a backend. */
#include "model/backend/backend.h"

bool backend_layer_ends(const struct backend_layer *layer)
{
    return layer->kind == BACKEND_HEAD || layer->kind == BACKEND_LOGITS;
}

size_t backend_layer_weights(const struct backend_layer *layer)
{
    return (size_t)layer->co * (size_t)layer->ci *
           (size_t)(layer->kernel * layer->kernel);
}

static int side_out(const struct backend_layer *layer, int side)
{
    if (layer->kind == BACKEND_UP)
        return 2 * side;
    return (side + 2 - layer->kernel) / layer->stride + 1;
}

static struct backend_size size_out(const struct backend_layer *layer,
                                    struct backend_size input,
                                    const struct backend_size *sizes)
{
    struct backend_size in = layer->from < 0 ? input : sizes[layer->from];

    return (struct backend_size){side_out(layer, in.h), side_out(layer, in.w)};
}

void backend_net_sizes(const struct backend_net *net, struct backend_size input,
                       struct backend_size *sizes)
{
    for (int l = 0; l < net->layers; l++)
        sizes[l] = size_out(&net->layer[l], input, sizes);
}

size_t backend_net_outputs(const struct backend_net *net,
                           const struct backend_setup *setup)
{
    struct backend_size size[BACKEND_LAYERS];
    int last = net->layers - 1;

    backend_net_sizes(net, (struct backend_size){setup->height, setup->width},
                      size);
    return (size_t)setup->batch * (size_t)size[last].h * (size_t)size[last].w *
           (size_t)net->layer[last].co;
}

/* Channels that come in, or -1 if a source is not a layer before this one, or
 * the two are of different sizes. */
static int channels_in(const struct backend_net *net, int l,
                       struct backend_size input,
                       const struct backend_size *sizes)
{
    const struct backend_layer *layer = &net->layer[l];
    int sources[2] = {layer->from, layer->join}, sum = 0;
    struct backend_size first = input;

    for (int i = 0; i < 2; i++) {
        int s = sources[i];
        struct backend_size size = input;

        if (i == 1 && s == BACKEND_NONE)
            continue;
        if (s < BACKEND_INPUT || s >= l)
            return -1;
        if (s >= 0)
            size = sizes[s];
        if (i == 0)
            first = size;
        if (size.h != first.h || size.w != first.w)
            return -1;
        sum += s == BACKEND_INPUT ? net->inputs : net->layer[s].co;
    }
    return sum;
}

/* sizes: of the layers before this one; that of this one is added. */
static int layer_check(const struct backend_net *net, int l,
                       struct backend_size input, struct backend_size *sizes,
                       struct tt_error *err)
{
    const struct backend_layer *layer = &net->layer[l];
    bool up = layer->kind == BACKEND_UP;

    if (backend_layer_ends(layer) ? l != net->layers - 1 : layer->co % 8)
        return tt_fail(err, TT_USAGE,
                       "layer %d: channels must be multiples of 8", l);
    if (layer->kernel != 3 && (up || layer->kernel != 4))
        return tt_fail(err, TT_USAGE, "layer %d: no kernel of %d", l,
                       layer->kernel);
    if (layer->stride != 1 && (up || layer->stride != 2))
        return tt_fail(err, TT_USAGE, "layer %d: no stride of %d", l,
                       layer->stride);
    if (layer->ci < 1 || layer->ci != channels_in(net, l, input, sizes))
        return tt_fail(err, TT_USAGE, "layer %d does not fit its sources", l);
    sizes[l] = size_out(layer, input, sizes);
    if (sizes[l].h < 1 || sizes[l].w < 1)
        return tt_fail(err, TT_USAGE, "layer %d has nothing left to see", l);
    return 0;
}

int backend_net_check(const struct backend_net *net,
                      const struct backend_setup *setup, struct tt_error *err)
{
    struct backend_size input = {setup->height, setup->width};
    struct backend_size sizes[BACKEND_LAYERS] = {{0, 0}};

    if (net->layers < 1 || net->layers > BACKEND_LAYERS ||
        !backend_layer_ends(&net->layer[net->layers - 1]))
        return tt_fail(err, TT_USAGE, "a network ends in a head");
    if (setup->batch < 1 || setup->threads < 1 || setup->height < 16 ||
        setup->width < 16 || setup->height % 16 || setup->width % 16)
        return tt_fail(err, TT_USAGE, "%d x %d: sides must be multiples of 16",
                       setup->width, setup->height);
    for (int l = 0; l < net->layers; l++)
        if (layer_check(net, l, input, sizes, err) < 0)
            return -1;
    return 0;
}

bool backend_net_norms(const struct backend_net *net)
{
    for (int l = 0; l < net->layers; l++)
        if (net->layer[l].norm)
            return true;
    return false;
}
