#include "model/backend/onednn.h"

#include <stdlib.h>
#include <string.h>

#include "model/backend/arena.h"
#include "model/backend/onednn_op.h"

struct onednn_conv {
    struct onednn *lib;
    struct conv_shape shape;
    char name[24];
    struct onednn_op forward, back_data, back_weights;
    struct onednn_op pack_forward, pack_back; /* f32 OIHW -> packed */
    struct onednn_op unpack;                  /* gradient -> f32 OIHW */
    void *weights, *weights_back;             /* packed */
    float *dweights;                          /* in the library's order */
    float *bias;
    size_t memory;
};

static dnnl_status_t md_make(MD *md, int rank, const dnnl_dims_t dims,
                             dnnl_data_type_t type, dnnl_format_tag_t tag)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag(md, rank, dims, type, tag);
#else
    return dnnl_memory_desc_init_by_tag(md, rank, dims, type, tag);
#endif
}

/* The descriptors of a convolution's tensors. */
struct mds {
    MD src, dst, ddst, weights, dweights, bias, plain;
};

static int mds_make(struct mds *m, const struct conv_shape *s,
                    struct tt_error *err)
{
    dnnl_dims_t src = {s->n, s->ci, s->h, s->w};
    dnnl_dims_t dst = {s->n, s->co, s->oh, s->ow};
    dnnl_dims_t weights = {s->co, s->ci, s->kernel, s->kernel};
    dnnl_dims_t bias = {s->co};
    dnnl_data_type_t type = s->bf16 ? dnnl_bf16 : dnnl_f32;
    dnnl_data_type_t out = s->dst_f32 ? dnnl_f32 : type;
    dnnl_status_t bad = dnnl_success;

    bad |= md_make(&m->src, 4, src, type, dnnl_nhwc);
    bad |= md_make(&m->dst, 4, dst, out, dnnl_nhwc);
    bad |= md_make(&m->ddst, 4, dst, type, dnnl_nhwc);
    bad |= md_make(&m->weights, 4, weights, type, dnnl_format_tag_any);
    bad |= md_make(&m->dweights, 4, weights, dnnl_f32, dnnl_format_tag_any);
    bad |= md_make(&m->bias, 1, bias, dnnl_f32, dnnl_x);
    bad |= md_make(&m->plain, 4, weights, dnnl_f32, dnnl_oihw);
    return onednn_status(bad, "memory descriptors", err);
}

static void mds_drop(struct mds *m)
{
    MD_DROP(m->src);
    MD_DROP(m->dst);
    MD_DROP(m->ddst);
    MD_DROP(m->weights);
    MD_DROP(m->dweights);
    MD_DROP(m->bias);
    MD_DROP(m->plain);
}

/* All primitives use the caller's scratch memory: in the library's own mode
 * each holds its own, hundreds of megabytes for a network. */
static dnnl_status_t attr_make(dnnl_primitive_attr_t *attr, bool relu,
                               float slope)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(attr);

    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(*attr,
                                                    dnnl_scratchpad_mode_user);
    if (s != dnnl_success || !relu)
        return s;
    s = dnnl_post_ops_create(&ops);
#if DNNL_VERSION_MAJOR >= 3
    if (s == dnnl_success)
        s = dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, slope, 0);
#else
    if (s == dnnl_success)
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, slope, 0);
#endif
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_post_ops(*attr, ops);
    if (ops)
        dnnl_post_ops_destroy(ops);
    return s;
}

enum pass { FORWARD, BACK_DATA, BACK_WEIGHTS };

#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t describe(dnnl_primitive_desc_t *pd, enum pass pass,
                              dnnl_engine_t engine, const struct mds *m,
                              const struct conv_shape *s,
                              dnnl_primitive_attr_t attr,
                              dnnl_primitive_desc_t hint)
{
    dnnl_dims_t strides = {s->stride, s->stride}, pad = {s->pad, s->pad};
    dnnl_dims_t dilates = {0, 0};
    MD_REF bias = s->bias ? m->bias : NULL;

    switch (pass) {
    case FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(
            pd, engine,
            s->train ? dnnl_forward_training : dnnl_forward_inference,
            dnnl_convolution_direct, m->src, m->weights, bias, m->dst, strides,
            dilates, pad, pad, attr);
    case BACK_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(
            pd, engine, dnnl_convolution_direct, m->src, m->weights, m->ddst,
            strides, dilates, pad, pad, hint, attr);
    default:
        return dnnl_convolution_backward_weights_primitive_desc_create(
            pd, engine, dnnl_convolution_direct, m->src, m->dweights, bias,
            m->ddst, strides, dilates, pad, pad, hint, attr);
    }
}
#else
static dnnl_status_t describe(dnnl_primitive_desc_t *pd, enum pass pass,
                              dnnl_engine_t engine, const struct mds *m,
                              const struct conv_shape *s,
                              dnnl_primitive_attr_t attr,
                              dnnl_primitive_desc_t hint)
{
    dnnl_dims_t strides = {s->stride, s->stride}, pad = {s->pad, s->pad};
    MD_REF bias = s->bias ? &m->bias : NULL;
    dnnl_convolution_desc_t d;
    dnnl_status_t st;

    if (pass == FORWARD)
        st = dnnl_convolution_forward_desc_init(
            &d, s->train ? dnnl_forward_training : dnnl_forward_inference,
            dnnl_convolution_direct, &m->src, &m->weights, bias, &m->dst,
            strides, pad, pad);
    else if (pass == BACK_DATA)
        st = dnnl_convolution_backward_data_desc_init(
            &d, dnnl_convolution_direct, &m->src, &m->weights, &m->ddst,
            strides, pad, pad);
    else
        st = dnnl_convolution_backward_weights_desc_init(
            &d, dnnl_convolution_direct, &m->src, &m->dweights, bias, &m->ddst,
            strides, pad, pad);
    if (st != dnnl_success)
        return st;
    return dnnl_primitive_desc_create(pd, &d, attr, engine, hint);
}
#endif

/* One layer done by reference code would hang a run: better not to start. */
static int refuse_reference(const_dnnl_primitive_desc_t pd, const char *name,
                            struct tt_error *err)
{
    const char *impl = "";

    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &impl);
    if (!strstr(impl, "ref"))
        return 0;
    return tt_fail(err, TT_USAGE, "%s: oneDNN has only slow code (%s) here",
                   name, impl);
}

static MD_REF md_of(const_dnnl_primitive_desc_t pd, int arg)
{
    return dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, arg);
}

static int reorder_make(struct onednn_conv *c, struct onednn_op *op,
                        MD_REF from, MD_REF to, struct tt_error *err)
{
    static const int args[] = {DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD};
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_status_t s = attr_make(&attr, false, 0);
    int rc;

    if (s == dnnl_success)
        s = dnnl_reorder_primitive_desc_create(&pd, from, c->lib->engine, to,
                                               c->lib->engine, attr);
    rc = onednn_status(s, "reorder", err);
    if (rc == 0)
        rc = onednn_op_make(op, c->lib, pd, args, 3, err);
    if (pd)
        dnnl_primitive_desc_destroy(pd);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return rc;
}

static void *take(struct onednn_conv *c, size_t size, struct tt_error *err)
{
    size_t whole = (size + BACKEND_ALIGN - 1) / BACKEND_ALIGN * BACKEND_ALIGN;
    void *at = tt_memory_take(whole);

    if (!at) {
        tt_fail(err, TT_NOMEM, "no memory for the weights of %s", c->name);
        return NULL;
    }
    memset(at, 0, whole);
    c->memory += whole;
    return at;
}

/* The packed weights of a pass and the way to them. */
static int finish_weights(struct onednn_conv *c, enum pass pass, MD_REF plain,
                          MD_REF md, struct tt_error *err)
{
    struct onednn_op *op = pass == FORWARD ? &c->forward : &c->back_data;
    struct onednn_op *pack = pass == FORWARD ? &c->pack_forward : &c->pack_back;
    void **at = pass == FORWARD ? &c->weights : &c->weights_back;

    *at = take(c, dnnl_memory_desc_get_size(md), err);
    if (!*at || onednn_op_bind(op, DNNL_ARG_WEIGHTS, *at, err) < 0 ||
        reorder_make(c, pack, plain, md, err) < 0)
        return -1;
    return onednn_op_bind(pack, DNNL_ARG_TO, *at, err);
}

/* The gradient in the library's order and the way back from it. */
static int finish_gradient(struct onednn_conv *c, MD_REF plain, MD_REF md,
                           struct tt_error *err)
{
    c->dweights = take(c, dnnl_memory_desc_get_size(md), err);
    if (!c->dweights ||
        onednn_op_bind(&c->back_weights, DNNL_ARG_DIFF_WEIGHTS, c->dweights,
                       err) < 0 ||
        reorder_make(c, &c->unpack, md, plain, err) < 0)
        return -1;
    return onednn_op_bind(&c->unpack, DNNL_ARG_FROM, c->dweights, err);
}

static int pass_make(struct onednn_conv *c, enum pass pass, const struct mds *m,
                     dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *pd,
                     struct tt_error *err)
{
    // the bias, where there is one, stands last
    static const int args[][5] = {
        [FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST,
                     DNNL_ARG_SCRATCHPAD, DNNL_ARG_BIAS},
        [BACK_DATA] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC,
                       DNNL_ARG_SCRATCHPAD},
        [BACK_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST,
                          DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_SCRATCHPAD,
                          DNNL_ARG_DIFF_BIAS},
    };
    struct onednn_op *ops[] = {&c->forward, &c->back_data, &c->back_weights};
    int n = c->shape.bias && pass != BACK_DATA ? 5 : 4;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t s =
        attr_make(&attr, pass == FORWARD && c->shape.relu, c->shape.slope);

    if (s == dnnl_success)
        s = describe(pd, pass, c->lib->engine, m, &c->shape, attr, hint);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    if (onednn_status(s, "convolution", err) < 0 ||
        refuse_reference(*pd, c->name, err) < 0 ||
        onednn_op_make(ops[pass], c->lib, *pd, args[pass], n, err) < 0)
        return -1;
    if (pass == BACK_WEIGHTS)
        return finish_gradient(c, MD_AT(m->plain),
                               md_of(*pd, DNNL_ARG_DIFF_WEIGHTS), err);
    return finish_weights(c, pass, MD_AT(m->plain),
                          md_of(*pd, DNNL_ARG_WEIGHTS), err);
}

int onednn_conv_open(struct onednn_conv **out, struct onednn *lib,
                     const struct conv_shape *shape, const char *name,
                     struct tt_error *err)
{
    struct onednn_conv *c = calloc(1, sizeof(*c));
    dnnl_primitive_desc_t pd[3] = {NULL};
    struct mds mds;
    int rc;

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for layer %s", name);
    memset(&mds, 0, sizeof(mds));
    c->lib = lib;
    c->shape = *shape;
    strncpy(c->name, name, sizeof(c->name) - 1);
    rc = mds_make(&mds, shape, err);
    if (rc == 0 && shape->bias) {
        c->bias = take(c, (size_t)shape->co * sizeof(float), err);
        rc = c->bias ? 0 : -1;
    }
    if (rc == 0)
        rc = pass_make(c, FORWARD, &mds, NULL, &pd[0], err);
    if (rc == 0 && c->bias)
        rc = onednn_op_bind(&c->forward, DNNL_ARG_BIAS, c->bias, err);
    if (rc == 0 && shape->train && shape->back_data)
        rc = pass_make(c, BACK_DATA, &mds, pd[0], &pd[1], err);
    if (rc == 0 && shape->train)
        rc = pass_make(c, BACK_WEIGHTS, &mds, pd[0], &pd[2], err);
    for (int i = 0; i < 3; i++)
        if (pd[i])
            dnnl_primitive_desc_destroy(pd[i]);
    mds_drop(&mds);
    if (rc < 0) {
        tt_wrap(err, "layer %s", name);
        onednn_conv_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

/* Every operation of a convolution, for loops over them. */
#define OPS 6

static void ops_of(struct onednn_conv *c, struct onednn_op *ops[OPS])
{
    ops[0] = &c->forward;
    ops[1] = &c->back_data;
    ops[2] = &c->back_weights;
    ops[3] = &c->pack_forward;
    ops[4] = &c->pack_back;
    ops[5] = &c->unpack;
}

size_t onednn_conv_scratch(const struct onednn_conv *c)
{
    struct onednn_op *ops[OPS];
    size_t most = 0;

    ops_of((struct onednn_conv *)c, ops);
    for (int i = 0; i < OPS; i++)
        if (ops[i]->scratch > most)
            most = ops[i]->scratch;
    return most;
}

size_t onednn_conv_memory(const struct onednn_conv *c)
{
    return c->memory;
}

int onednn_conv_bind(struct onednn_conv *c, const struct conv_buffers *b,
                     struct tt_error *err)
{
    struct onednn_op *ops[OPS];

    ops_of(c, ops);
    for (int i = 0; i < OPS; i++)
        if (onednn_op_bind(ops[i], DNNL_ARG_SCRATCHPAD, b->scratch, err) < 0)
            return -1;
    if (onednn_op_bind(&c->forward, DNNL_ARG_SRC, b->src, err) < 0 ||
        onednn_op_bind(&c->forward, DNNL_ARG_DST, b->dst, err) < 0 ||
        onednn_op_bind(&c->back_data, DNNL_ARG_DIFF_DST, b->diff_dst, err) <
            0 ||
        onednn_op_bind(&c->back_data, DNNL_ARG_DIFF_SRC, b->diff_src, err) <
            0 ||
        onednn_op_bind(&c->back_weights, DNNL_ARG_SRC, b->src, err) < 0)
        return -1;
    return onednn_op_bind(&c->back_weights, DNNL_ARG_DIFF_DST, b->diff_dst,
                          err);
}

static int pack(struct onednn_conv *c, struct onednn_op *op,
                const float *weights, struct tt_error *err)
{
    if (!op->prim)
        return 0;
    if (onednn_op_bind(op, DNNL_ARG_FROM, weights, err) < 0)
        return -1;
    return onednn_op_run(op, c->lib, err);
}

int onednn_conv_pack(struct onednn_conv *c, const float *weights,
                     const float *bias, struct tt_error *err)
{
    if (c->bias)
        memcpy(c->bias, bias, (size_t)c->shape.co * sizeof(float));
    if (pack(c, &c->pack_forward, weights, err) < 0)
        return -1;
    return pack(c, &c->pack_back, weights, err);
}

int onednn_conv_forward(struct onednn_conv *c, struct tt_error *err)
{
    return onednn_op_run(&c->forward, c->lib, err);
}

int onednn_conv_back_data(struct onednn_conv *c, struct tt_error *err)
{
    return onednn_op_run(&c->back_data, c->lib, err);
}

int onednn_conv_back_weights(struct onednn_conv *c, float *dweights,
                             float *dbias, struct tt_error *err)
{
    if (onednn_op_bind(&c->back_weights, DNNL_ARG_DIFF_BIAS, dbias, err) < 0 ||
        onednn_op_bind(&c->unpack, DNNL_ARG_TO, dweights, err) < 0 ||
        onednn_op_run(&c->back_weights, c->lib, err) < 0)
        return -1;
    return onednn_op_run(&c->unpack, c->lib, err);
}

void onednn_conv_close(struct onednn_conv *c)
{
    struct onednn_op *ops[OPS];

    if (!c)
        return;
    ops_of(c, ops);
    for (int i = 0; i < OPS; i++)
        onednn_op_close(ops[i]);
    free(c->weights);
    free(c->weights_back);
    free(c->dweights);
    free(c->bias);
    free(c);
}
