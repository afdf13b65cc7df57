#include "model/onnx_match.h"

#include <stdlib.h>
#include <string.h>

struct search {
    struct onnx_match *match;
    const struct onnx_file *file;
    const struct model_unet *unet;
    const char *out[BACKEND_LAYERS]; /* the value of each layer, once known */
};

/* --- attributes --- */

static bool text_is(const Onnx__AttributeProto *a, const char *word)
{
    return a->s.len == strlen(word) && memcmp(a->s.data, word, a->s.len) == 0;
}

/* Whether an attribute has n times that value; without one it has `other`. */
static bool ints_are(const Onnx__NodeProto *n, const char *name, size_t count,
                     int64_t value, int64_t other)
{
    const Onnx__AttributeProto *a = onnx_node_attr(n, name);

    if (!a)
        return value == other;
    if (a->n_ints != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (a->ints[i] != value)
            return false;
    return true;
}

static const Onnx__NodeProto *only(const struct onnx_file *f, const char *op,
                                   size_t *count)
{
    const Onnx__NodeProto *found = NULL;

    *count = 0;
    for (size_t i = 0; i < f->graph->n_node; i++)
        if (onnx_node_is(f->graph->node[i], op)) {
            found = f->graph->node[i];
            ++*count;
        }
    return *count == 1 ? found : NULL;
}

/* --- which network --- */

static const Onnx__TensorProto *weight_of(const struct onnx_file *f,
                                          const Onnx__NodeProto *conv)
{
    return onnx_file_tensor(f, onnx_node_input(conv, 1));
}

/* The head's convolution, or NULL. */
static const Onnx__NodeProto *head_of(const struct onnx_file *f,
                                      const char **value, struct tt_error *err)
{
    size_t n;
    const Onnx__NodeProto *sigmoid = only(f, "Sigmoid", &n);
    const Onnx__NodeProto *conv =
        sigmoid ? onnx_file_maker(f, onnx_node_input(sigmoid, 0)) : NULL;

    if (!sigmoid || sigmoid->n_output != 1)
        tt_fail(err, TT_INPUT, "it has %zu Sigmoid, not the head's one", n);
    else if (!onnx_node_is(conv, "Conv"))
        tt_fail(err, TT_INPUT, "there is no Conv before its Sigmoid");
    else {
        *value = sigmoid->output[0];
        return conv;
    }
    return NULL;
}

int onnx_match_choose(const struct onnx_file *f, struct model_unet *u,
                      struct tt_error *err)
{
    const char *value;
    const Onnx__NodeProto *head = head_of(f, &value, err);
    const Onnx__TensorProto *w = head ? weight_of(f, head) : NULL;
    size_t convs, norms;

    if (!head)
        return -1;
    only(f, "Conv", &convs);
    only(f, "BatchNormalization", &norms);
    for (const struct model_preset *p = model_presets; w && p->name; p++) {
        model_unet_init(u, p, norms > 0);
        if ((size_t)u->wiring.net.layers == convs && w->n_dims == 4 &&
            w->dims[1] == u->wiring.net.layer[u->wiring.net.layers - 1].ci)
            return 0;
    }
    return tt_fail(err, TT_INPUT,
                   "no preset has such a network: %zu convolutions, the last "
                   "one of %lld channels",
                   convs, w && w->n_dims == 4 ? (long long)w->dims[1] : 0LL);
}

/* --- its layers --- */

static int check_shape(const Onnx__TensorProto *w,
                       const struct backend_layer *y, struct tt_error *err)
{
    const int64_t want[4] = {y->co, y->ci, y->kernel, y->kernel};

    if (!w)
        return tt_fail(err, TT_INPUT, "its weights are no constant");
    if (w->n_dims == 4 && memcmp(w->dims, want, sizeof(want)) == 0)
        return 0;
    return tt_fail(err, TT_INPUT, "its weights are not %d x %d x %d x %d",
                   y->co, y->ci, y->kernel, y->kernel);
}

static int check_conv(const struct search *s, const struct backend_layer *y,
                      const Onnx__NodeProto *n, struct tt_error *err)
{
    const Onnx__AttributeProto *group, *padding;

    if (!onnx_node_is(n, "Conv"))
        return tt_fail(err, TT_INPUT, "there is no Conv");
    if (check_shape(weight_of(s->file, n), y, err) < 0)
        return -1;
    group = onnx_node_attr(n, "group");
    padding = onnx_node_attr(n, "auto_pad");
    if (!ints_are(n, "pads", 4, 1, 0) ||
        !ints_are(n, "strides", 2, y->stride, 1) ||
        !ints_are(n, "dilations", 2, 1, 1) || (group && group->i != 1) ||
        (padding && !text_is(padding, "NOTSET")))
        return tt_fail(err, TT_INPUT,
                       "its Conv has other pads, strides, dilations or groups");
    return 0;
}

/* Ways to name the pixel that an output pixel of nearest x2 comes from which
 * all mean the one it is a quarter of. */
static const struct {
    const char *transform, *round;
} halves[] = {
    {"half_pixel", "round_prefer_floor"},
    {"half_pixel", "round_prefer_ceil"},
    {"pytorch_half_pixel", "round_prefer_floor"},
    {"pytorch_half_pixel", "round_prefer_ceil"},
    {"asymmetric", "floor"},
    {"asymmetric", "round_prefer_floor"},
};

static bool is_nearest(const Onnx__NodeProto *n)
{
    const Onnx__AttributeProto *mode = onnx_node_attr(n, "mode");
    const Onnx__AttributeProto *transform =
        onnx_node_attr(n, "coordinate_transformation_mode");
    const Onnx__AttributeProto *round = onnx_node_attr(n, "nearest_mode");

    if (mode && !text_is(mode, "nearest"))
        return false;
    if (onnx_node_is(n, "Upsample"))
        return true;
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
        if ((transform ? text_is(transform, halves[i].transform)
                       : strcmp(halves[i].transform, "half_pixel") == 0) &&
            (round ? text_is(round, halves[i].round)
                   : strcmp(halves[i].round, "round_prefer_floor") == 0))
            return true;
    return false;
}

/* The four factors of a Resize: a constant, or, where an exporter has folded
 * nothing, two constants end to end. */
static bool is_twice(const struct search *s, const char *name)
{
    const Onnx__NodeProto *n = onnx_file_maker(s->file, name);
    bool joined = onnx_node_is(n, "Concat") && n->n_input == 2;
    size_t each = joined ? 2 : 4;
    struct tt_error ignored;
    float x[4] = {0};

    for (size_t i = 0; i < 4 / each; i++) {
        const Onnx__TensorProto *t =
            onnx_file_tensor(s->file, joined ? onnx_node_input(n, i) : name);

        if (!t || onnx_tensor_floats(t, each, x + i * each, &ignored) < 0)
            return false;
    }
    return x[0] == 1 && x[1] == 1 && x[2] == 2 && x[3] == 2;
}

/* What a Resize makes twice as large; NULL: it does something else. */
static const char *before_resize(const struct search *s,
                                 const Onnx__NodeProto *n, struct tt_error *err)
{
    bool old = onnx_node_is(n, "Upsample");

    if (!old && !onnx_node_is(n, "Resize"))
        tt_fail(err, TT_INPUT, "there is no Resize before its Conv");
    else if (!is_nearest(n) || !is_twice(s, onnx_node_input(n, old ? 1 : 2)))
        tt_fail(err, TT_INPUT, "its Resize is not nearest x2 by scales");
    else
        return onnx_node_input(n, 0);
    return NULL;
}

/* That value is what the layer `from` makes: it may be known as another. */
static int assign(struct search *s, int from, const char *value,
                  struct tt_error *err)
{
    const char **known = from == BACKEND_INPUT ? &s->match->x : &s->out[from];

    value = onnx_file_origin(s->file, value);
    if (!value || (*known && strcmp(*known, value) != 0))
        return tt_fail(err, TT_INPUT, "it does not read what it should");
    *known = value;
    return 0;
}

static int find_sources(struct search *s, const struct backend_layer *y,
                        const char *in, struct tt_error *err)
{
    const Onnx__NodeProto *n = onnx_file_maker(s->file, in);
    const Onnx__AttributeProto *axis;

    if (y->kind == BACKEND_UP) {
        in = before_resize(s, n, err);
        if (!in)
            return -1;
        n = onnx_file_maker(s->file, in);
    }
    if (y->join == BACKEND_NONE)
        return assign(s, y->from, in, err);
    axis = onnx_node_is(n, "Concat") ? onnx_node_attr(n, "axis") : NULL;
    if (!axis || axis->i != 1 || n->n_input != 2)
        return tt_fail(err, TT_INPUT, "there is no Concat of two by channels");
    if (assign(s, y->from, onnx_node_input(n, 0), err) < 0)
        return -1;
    return assign(s, y->join, onnx_node_input(n, 1), err);
}

static int find_layer(struct search *s, int l, const Onnx__NodeProto *conv,
                      struct tt_error *err)
{
    const struct backend_layer *y = &s->unet->wiring.net.layer[l];
    const Onnx__NodeProto *n = conv;

    if (!conv) {
        n = onnx_file_maker(s->file, s->out[l]);
        if (!onnx_node_is(n, "Relu"))
            return tt_fail(err, TT_INPUT, "there is no Relu at its end");
        n = onnx_file_maker(s->file, onnx_node_input(n, 0));
    }
    if (y->norm) {
        const Onnx__AttributeProto *training;

        if (!onnx_node_is(n, "BatchNormalization"))
            return tt_fail(err, TT_INPUT, "there is no BatchNormalization");
        training = onnx_node_attr(n, "training_mode");
        if (training && training->i)
            return tt_fail(err, TT_INPUT, "it was exported for training");
        s->match->norm[l] = n;
        n = onnx_file_maker(s->file, onnx_node_input(n, 0));
    }
    if (check_conv(s, y, n, err) < 0)
        return -1;
    s->match->conv[l] = n;
    return find_sources(s, y, onnx_node_input(n, 0), err);
}

int onnx_match_find(struct onnx_match *m, const struct onnx_file *f,
                    const struct model_unet *u, struct tt_error *err)
{
    struct search s = {.match = m, .file = f, .unet = u};
    int last = u->wiring.net.layers - 1;
    const Onnx__NodeProto *head;

    memset(m, 0, sizeof(*m));
    head = head_of(f, &m->y, err);
    if (!head)
        return -1;
    // every layer but the head is read by a later one, and so is known by then
    for (int l = last; l >= 0; l--)
        if (find_layer(&s, l, l == last ? head : NULL, err) < 0)
            return tt_wrap(err, "%s is not as in preset %s", u->wiring.name[l],
                           u->preset->name);
    return 0;
}

/* --- its numbers --- */

/* Input i of a node into out: count numbers. */
static int read_input(const struct onnx_file *f, const Onnx__NodeProto *n,
                      size_t i, size_t count, float *out, struct tt_error *err)
{
    const Onnx__TensorProto *t = onnx_file_tensor(f, onnx_node_input(n, i));

    if (!t)
        return tt_fail(err, TT_INPUT, "%s: input %zu is no constant",
                       n->op_type, i);
    return onnx_tensor_floats(t, count, out, err);
}

/* bias: that of the convolution, co. */
static int read_norm(const struct onnx_file *f, const Onnx__NodeProto *n,
                     const struct backend_layer *y, const float *bias,
                     struct model_params *p, struct tt_error *err)
{
    const Onnx__AttributeProto *a = onnx_node_attr(n, "epsilon");
    float more = a && a->has_f ? a->f - BACKEND_NORM_EPS : 0;
    float *mean = p->stats + y->mean, *var = p->stats + y->var;
    size_t co = (size_t)y->co;

    if (read_input(f, n, 1, co, p->values + y->scale, err) < 0 ||
        read_input(f, n, 2, co, p->values + y->bias, err) < 0 ||
        read_input(f, n, 3, co, mean, err) < 0 ||
        read_input(f, n, 4, co, var, err) < 0)
        return -1;
    for (size_t c = 0; c < co; c++) {
        mean[c] -= bias[c];
        var[c] += more;
        if (var[c] + BACKEND_NORM_EPS <= 0)
            return tt_fail(err, TT_INPUT, "a variance is below 0");
    }
    return 0;
}

static int read_layer(const struct onnx_match *m, const struct onnx_file *f,
                      const struct backend_layer *y, int l,
                      struct model_params *p, struct tt_error *err)
{
    size_t co = (size_t)y->co;
    float *bias = calloc(co, sizeof(float));
    int rc;

    if (!bias)
        return tt_fail(err, TT_NOMEM, "no memory for biases");
    rc = read_input(f, m->conv[l], 1, backend_layer_weights(y),
                    p->values + y->weight, err);
    if (rc == 0 && onnx_node_input(m->conv[l], 2))
        rc = read_input(f, m->conv[l], 2, co, bias, err);
    if (rc == 0 && y->norm)
        rc = read_norm(f, m->norm[l], y, bias, p, err);
    else if (rc == 0)
        memcpy(p->values + y->bias, bias, co * sizeof(float));
    free(bias);
    return rc;
}

int onnx_match_numbers(const struct onnx_match *m, const struct onnx_file *f,
                       const struct model_unet *u, struct model_params *p,
                       struct tt_error *err)
{
    for (int l = 0; l < u->wiring.net.layers; l++)
        if (read_layer(m, f, &u->wiring.net.layer[l], l, p, err) < 0)
            return tt_wrap(err, "%s", u->wiring.name[l]);
    return 0;
}
