#include "model/onnx.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint_header.h"
#include "model/half.h"
#include "model/onnx_graph.h"
#include "model/onnx_note.h"

struct build {
    struct onnx_graph graph;
    const struct model_wiring *wiring;
    struct model_params params; /* what is written; values may be rounded */
    float *rounded;
    bool half, plain;
    float gain;
    const char *input;               /* x, what the first layer reads */
    const char *out[BACKEND_LAYERS]; /* the output of each layer */
};

#define IN(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct onnx_attr along_batch[] = {
    {.name = "axis", .type = ONNX_ATTR_INT, .ints = {0}}, {0}};
static const struct onnx_attr along_channels[] = {
    {.name = "axis", .type = ONNX_ATTR_INT, .ints = {1}}, {0}};
static const struct onnx_attr nearest[] = {
    {.name = "mode", .type = ONNX_ATTR_TEXT, .text = "nearest"},
    {.name = "nearest_mode", .type = ONNX_ATTR_TEXT, .text = "floor"},
    {.name = "coordinate_transformation_mode",
     .type = ONNX_ATTR_TEXT,
     .text = "asymmetric"},
    {0}};
static const struct onnx_attr norm_eps[] = {
    {.name = "epsilon", .type = ONNX_ATTR_FLOAT, .f = BACKEND_NORM_EPS}, {0}};

/* --- the layers --- */

/* "enc1.0.weight" as an array of the graph. */
static const char *piece(struct build *b, int l, const char *part)
{
    const struct model_wiring *w = b->wiring;
    const struct model_tensor *t = w->tensor;
    char name[sizeof(t->name)];
    bool stats;

    snprintf(name, sizeof(name), "%s.%s", w->name[l], part);
    while (strcmp(t->name, name) != 0)
        t++;
    stats = t >= w->tensor + w->tensors;
    return onnx_graph_floats(&b->graph, name, t->rank, t->shape,
                             (stats ? b->params.stats : b->params.values) +
                                 t->offset,
                             b->half && !stats);
}

/* A node that is called as the layer, with a word behind it. */
static const char *step(struct build *b, int l, const char *op,
                        const char *word, const char *const *inputs,
                        const struct onnx_attr *attrs)
{
    char name[2 * MODEL_NAME];

    snprintf(name, sizeof(name), "%s%s", b->wiring->name[l], word);
    return onnx_graph_node(&b->graph, op, name, inputs, attrs);
}

static const char *source(const struct build *b, int from)
{
    return from == BACKEND_INPUT ? b->input : b->out[from];
}

static const char *convolution(struct build *b, int l, const char *in)
{
    const struct backend_layer *y = &b->wiring->net.layer[l];
    const struct onnx_attr attrs[] = {
        {.name = "kernel_shape",
         .type = ONNX_ATTR_INTS,
         .n = 2,
         .ints = {y->kernel, y->kernel}},
        {.name = "pads", .type = ONNX_ATTR_INTS, .n = 4, .ints = {1, 1, 1, 1}},
        {.name = "strides",
         .type = ONNX_ATTR_INTS,
         .n = 2,
         .ints = {y->stride, y->stride}},
        {0}};
    const char *weight = piece(b, l, "weight");

    if (y->norm)
        return step(b, l, "Conv", ".conv", IN(in, weight), attrs);
    return step(b, l, "Conv", ".conv", IN(in, weight, piece(b, l, "bias")),
                attrs);
}

static void layer(struct build *b, int l)
{
    const struct backend_layer *y = &b->wiring->net.layer[l];
    const struct onnx_attr slope[] = {
        {.name = "alpha", .type = ONNX_ATTR_FLOAT, .f = y->slope}, {0}};
    const char *v = source(b, y->from);

    if (y->join != BACKEND_NONE)
        v = step(b, l, "Concat", ".join", IN(v, source(b, y->join)),
                 along_channels);
    if (y->kind == BACKEND_UP)
        v = step(b, l, "Resize", ".large", IN(v, "", "twice"), nearest);
    v = convolution(b, l, v);
    if (y->norm) {
        const char *scale = piece(b, l, "scale"), *bias = piece(b, l, "bias");
        const char *mean = piece(b, l, "mean"), *var = piece(b, l, "var");

        v = step(b, l, "BatchNormalization", ".norm",
                 IN(v, scale, bias, mean, var), norm_eps);
    }
    if (y->kind == BACKEND_HEAD)
        v = step(b, l, "Sigmoid", "", IN(v), NULL);
    else if (y->slope != 0)
        v = step(b, l, "LeakyRelu", "", IN(v), slope);
    else
        v = step(b, l, "Relu", "", IN(v), NULL);
    b->out[l] = v;
}

/* --- before and behind them --- */

/* The photo, and its mirror image behind it in the batch. */
static const char *with_mirror(struct build *b, const char *x)
{
    struct onnx_graph *g = &b->graph;

    onnx_graph_ints(g, "last", 1, (const int64_t[]){-1});
    onnx_graph_ints(g, "beyond_first", 1, (const int64_t[]){INT32_MIN});
    onnx_graph_ints(g, "axis_w", 1, (const int64_t[]){3});
    onnx_graph_ints(g, "backwards", 1, (const int64_t[]){-1});
    onnx_graph_node(g, "Slice", "mirrored",
                    IN(x, "last", "beyond_first", "axis_w", "backwards"), NULL);
    return onnx_graph_node(g, "Concat", "both", IN(x, "mirrored"), along_batch);
}

static void mean_of_both(struct build *b, const char *ab)
{
    struct onnx_graph *g = &b->graph;

    onnx_graph_node(g, "Split", "ab.photo", IN(ab), along_batch);
    onnx_graph_also(g, "ab.mirrored");
    onnx_graph_node(
        g, "Slice", "ab.turned",
        IN("ab.mirrored", "last", "beyond_first", "axis_w", "backwards"), NULL);
    onnx_graph_node(g, "Add", "ab.sum", IN("ab.photo", "ab.turned"), NULL);
    onnx_graph_number(g, "half", 0.5f);
    onnx_graph_node(g, "Mul", "ab", IN("ab.sum", "half"), NULL);
}

/* x = L / 50 - 1 */
static void begin(struct build *b)
{
    static const int two_dims[] = {4};
    static const float twice[] = {1, 1, 2, 2};
    struct onnx_graph *g = &b->graph;

    onnx_graph_input(g, "L", 1, "CIE L* 0..100; H and W multiples of 16");
    onnx_graph_output(g, "ab", 2, "CIE a*, b*");
    onnx_graph_number(g, "fifty", 50);
    onnx_graph_number(g, "one", 1);
    onnx_graph_number(g, "two", 2);
    onnx_graph_floats(g, "twice", 1, two_dims, twice, false);
    onnx_graph_node(g, "Div", "L.50", IN("L", "fifty"), NULL);
    b->input = onnx_graph_node(g, "Sub", "x", IN("L.50", "one"), NULL);
    if (!b->plain)
        b->input = with_mirror(b, b->input);
}

/* ab = (2 y - 1) 110 gain */
static void end(struct build *b)
{
    struct onnx_graph *g = &b->graph;
    const char *ab = b->plain ? "ab" : "ab.both";

    onnx_graph_number(g, "range", MODEL_AB_RANGE);
    onnx_graph_number(g, "gain", b->gain);
    onnx_graph_node(g, "Mul", "y.2",
                    IN(b->out[b->wiring->net.layers - 1], "two"), NULL);
    onnx_graph_node(g, "Sub", "y.signed", IN("y.2", "one"), NULL);
    onnx_graph_node(g, "Mul", "y.ab", IN("y.signed", "range"), NULL);
    onnx_graph_node(g, "Mul", ab, IN("y.ab", "gain"), NULL);
    if (!b->plain)
        mean_of_both(b, ab);
}

/* --- what it says of itself --- */

static void note_number(struct onnx_graph *g, const char *key, double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.9g", value);
    onnx_graph_note(g, key, text);
}

/* For people; programs of ours read the header. */
static void note_card(struct build *b, const struct model_checkpoint *c,
                      const struct model_onnx_options *opt)
{
    struct onnx_graph *g = &b->graph;
    json_t *about = c->about ? json_loads(c->about, 0, NULL) : NULL;
    const char *terms = json_string_value(json_object_get(about, "terms"));

    onnx_graph_note(g, "name", c->name ? c->name : "");
    onnx_graph_note(g, "preset", c->unet.preset->name);
    note_number(g, "side", c->side);
    note_number(g, "gain", (double)c->gain);
    onnx_graph_note(g, "mirror", opt->plain ? "not averaged" : "averaged");
    if (terms)
        onnx_graph_note(g, "terms", terms);
    if (opt->made_of)
        onnx_graph_note(g, "checkpoint_sha256", opt->made_of);
    json_decref(about);
}

static int note_all(struct build *b, const struct model_checkpoint *c,
                    const struct model_onnx_options *opt, struct tt_error *err)
{
    char *header = checkpoint_header_text(c, b->half, NULL, err);
    char hex[TT_SHA256_HEX];
    int rc = header ? onnx_note_seal(&b->params, header, hex, err) : -1;

    if (rc == 0) {
        note_card(b, c, opt);
        onnx_graph_note(&b->graph, ONNX_NOTE_HEADER, header);
        onnx_graph_note(&b->graph, ONNX_NOTE_SEAL, hex);
    }
    free(header);
    return rc;
}

/* --- all of it --- */

/* The values as they will be read from f16. */
static int round_values(struct build *b, struct tt_error *err)
{
    b->rounded = malloc(b->params.count * sizeof(float));
    if (!b->rounded)
        return tt_fail(err, TT_NOMEM, "no memory for half weights");
    for (size_t i = 0; i < b->params.count; i++)
        b->rounded[i] = model_half_to(model_half_from(b->params.values[i]));
    b->params.values = b->rounded;
    return 0;
}

static int build(struct build *b, const struct model_checkpoint *c,
                 const struct model_onnx_options *opt, struct tt_error *err)
{
    size_t extra = b->half ? b->params.count * 2 + MODEL_TENSORS * 16 : 0;

    if (b->half && round_values(b, err) < 0)
        return -1;
    if (onnx_graph_init(&b->graph, extra, err) < 0)
        return -1;
    begin(b);
    for (int l = 0; l < b->wiring->net.layers; l++)
        layer(b, l);
    end(b);
    return note_all(b, c, opt, err);
}

int model_onnx_save(const struct model_checkpoint *c, const char *path,
                    const struct model_onnx_options *opt, struct tt_error *err)
{
    struct build b = {
        .wiring = &c->unet.wiring,
        .params = *c->params,
        .half = opt->half,
        .plain = opt->plain,
        .gain = c->gain,
    };
    int rc = build(&b, c, opt, err);

    if (rc == 0)
        rc = onnx_graph_write(&b.graph, path, err);
    onnx_graph_release(&b.graph);
    free(b.rounded);
    return rc;
}
