#include "model/backend/conv.h"

#include <stdlib.h>

#include "model/backend/corner.h"
#include "model/backend/direct.h"
#include "model/backend/onednn.h"

struct conv {
    struct conv_shape shape;
    struct direct *own; /* or else */
    struct onednn_conv *lib;
    float *kernels, *bias; /* of an `up` in corner form, one bias a phase */
};

bool conv_leaves_corners(bool bf16)
{
    return bf16 || !direct_suits();
}

bool conv_places_apart(bool bf16)
{
    return !bf16 && direct_suits();
}

static int open_lib(struct conv *c, struct onednn **lib, const char *name,
                    struct tt_error *err)
{
    const struct conv_shape *s = &c->shape;
    struct conv_shape o = *s;
    size_t pairs = (size_t)s->co * (size_t)s->ci;

    if (!*lib && onednn_open(lib, err) < 0)
        return -1;
    if (s->up) {
        o.up = false;
        o.oh = s->h + 1;
        o.ow = s->w + 1;
        o.co = 4 * s->co;
        o.kernel = 2;
        c->kernels = malloc(16 * pairs * sizeof(float));
        c->bias = malloc(4 * (size_t)s->co * sizeof(float));
        if (!c->kernels || !c->bias)
            return tt_fail(err, TT_NOMEM, "no memory for layer %s", name);
    }
    return onednn_conv_open(&c->lib, *lib, &o, name, err);
}

int conv_open(struct conv **out, struct onednn **lib,
              const struct conv_shape *shape, const char *name,
              struct tt_error *err)
{
    struct conv *c = calloc(1, sizeof(*c));
    int rc;

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for layer %s", name);
    c->shape = *shape;
    rc = shape->bf16 || !direct_suits() ? open_lib(c, lib, name, err)
                                        : direct_open(&c->own, shape, err);
    if (rc < 0) {
        conv_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

size_t conv_scratch(const struct conv *c)
{
    return c->own ? direct_scratch(c->own) : onednn_conv_scratch(c->lib);
}

size_t conv_memory(const struct conv *c)
{
    size_t pairs = (size_t)c->shape.co * (size_t)c->shape.ci;

    if (c->own)
        return direct_memory(c->own);
    return onednn_conv_memory(c->lib) +
           (c->kernels ? 16 * pairs * sizeof(float) : 0);
}

int conv_bind(struct conv *c, const struct conv_buffers *b,
              struct tt_error *err)
{
    if (!c->own)
        return onednn_conv_bind(c->lib, b, err);
    direct_bind(c->own, b);
    return 0;
}

int conv_pack(struct conv *c, const float *weights, const float *bias,
              struct tt_error *err)
{
    int co = c->shape.co;

    if (c->own)
        return direct_pack(c->own, weights, bias, err);
    if (!c->shape.up)
        return onednn_conv_pack(c->lib, weights, bias, err);
    backend_corner_kernels(weights, co, c->shape.ci, c->kernels);
    for (int i = 0; i < 4 * co && c->shape.bias; i++)
        c->bias[i] = bias[i % co];
    return onednn_conv_pack(c->lib, c->kernels, c->bias, err);
}

int conv_forward(struct conv *c, struct tt_error *err)
{
    if (!c->own)
        return onednn_conv_forward(c->lib, err);
    direct_forward(c->own);
    return 0;
}

int conv_back_data(struct conv *c, struct tt_error *err)
{
    if (!c->own)
        return onednn_conv_back_data(c->lib, err);
    direct_back_data(c->own);
    return 0;
}

int conv_back_weights(struct conv *c, float *dweights, float *dbias,
                      struct tt_error *err)
{
    if (c->own) {
        direct_back_weights(c->own, dweights, dbias);
        return 0;
    }
    if (!c->shape.up)
        return onednn_conv_back_weights(c->lib, dweights, dbias, err);
    if (onednn_conv_back_weights(c->lib, c->kernels, dbias, err) < 0)
        return -1;
    backend_corner_gradient(c->kernels, c->shape.co, c->shape.ci, dweights);
    return 0;
}

void conv_close(struct conv *c)
{
    if (!c)
        return;
    direct_close(c->own);
    onednn_conv_close(c->lib);
    free(c->kernels);
    free(c->bias);
    free(c);
}
