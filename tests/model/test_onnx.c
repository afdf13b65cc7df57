#include "model/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/check.h"
#include "tests/model/onnx_edit.h"

static struct tt_error err;

static const struct model_onnx_options as_it_is = {0};
static const struct model_onnx_options plain = {.plain = true};

TEST(model_onnx_comes_back_bit_for_bit)
{
    static const struct {
        const char *preset;
        bool norm;
        const struct model_onnx_options *opt;
    } ways[] = {
        {"T", true, &as_it_is}, {"T", true, &plain},  {"P", true, &as_it_is},
        {"P", true, &plain},    {"T", false, &plain}, {"S", false, &as_it_is},
    };
    struct model_checkpoint c, d;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        onnx_make_with(&c, ways[i].preset, ways[i].norm);
        CHECK_OK(model_onnx_save(&c, "a.onnx", ways[i].opt, &err));
        CHECK_OK(model_onnx_load(&d, "a.onnx", &err));
        CHECK(onnx_same_numbers(&c, &d));
        CHECK_STR(d.unet.preset->name, ways[i].preset);
        CHECK(d.unet.norm == ways[i].norm);
        CHECK(d.gain == c.gain);
        CHECK_INT(d.side, 64);
        CHECK_INT(d.step, 77);
        CHECK_STR(d.name, "try one");
        CHECK_STR(d.about, "{\"terms\":\"research only\"}");
        model_checkpoint_release(&c);
        model_checkpoint_release(&d);
    }
}

TEST(model_onnx_in_half_is_as_a_checkpoint_in_half)
{
    static const struct model_onnx_options half = {.half = true};
    struct model_checkpoint c, d, e;
    char *whole, *halved;
    size_t f32, f16;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &as_it_is, &err));
    CHECK_OK(model_onnx_save(&c, "b.onnx", &half, &err));
    CHECK_OK(
        model_checkpoint_save(&c, "b.h5", MODEL_CHECKPOINT_F16, NULL, &err));
    CHECK_OK(model_onnx_load(&d, "b.onnx", &err));
    CHECK_OK(model_checkpoint_load(&e, "b.h5", false, &err));
    CHECK(onnx_same_numbers(&d, &e));
    CHECK_OK(tt_file_read("a.onnx", 1 << 24, &whole, &f32, &err));
    CHECK_OK(tt_file_read("b.onnx", 1 << 24, &halved, &f16, &err));
    CHECK(f16 * 10 < f32 * 6);
    free(whole);
    free(halved);
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
    model_checkpoint_release(&e);
}

/* --- files as the standard and other programs see them --- */

TEST(model_onnx_is_a_graph_from_lightness_to_ab)
{
    struct model_checkpoint c;
    Onnx__ModelProto *m;
    Onnx__TensorShapeProto *in, *out;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    m = onnx_read("a.onnx");
    CHECK_INT(m->opset_import[0]->version, 13);
    CHECK_INT(onnx_count(m->graph, "Conv"), c.unet.wiring.net.layers);
    CHECK_INT(onnx_count(m->graph, "BatchNormalization"),
              c.unet.wiring.net.layers - 1);
    CHECK_INT(onnx_count(m->graph, "Resize"), 4);
    CHECK_INT(onnx_count(m->graph, "Concat"), 4);
    CHECK_STR(m->graph->input[0]->name, "L");
    CHECK_STR(m->graph->output[0]->name, "ab");
    in = m->graph->input[0]->type->tensor_type->shape;
    out = m->graph->output[0]->type->tensor_type->shape;
    CHECK_STR(in->dim[0]->dim_param, "N");
    CHECK_INT(in->dim[1]->dim_value, 1);
    CHECK_INT(out->dim[1]->dim_value, 2);
    CHECK_STR(out->dim[3]->dim_param, "W");
    onnx__model_proto__free_unpacked(m, NULL);
    model_checkpoint_release(&c);
}

/* --- what other programs export --- */

TEST(model_onnx_knows_the_network_without_our_words)
{
    struct model_checkpoint c, d;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    onnx_write(onnx_foreign("a.onnx"), "theirs.onnx");
    CHECK_OK(model_onnx_load(&d, "theirs.onnx", &err));
    CHECK(onnx_same_numbers(&c, &d));
    CHECK(d.gain == c.gain);
    CHECK_INT(d.side, 128);
    CHECK_STR(d.name, "theirs");
    CHECK_STR(d.about,
              "{\"imported_from\":\"ONNX\",\"made_by\":\"tintype 0.1.0\"}");
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
}

/* Take a batch norm out: its convolution gets a bias, `bias`, in its place. */
static void fold(Onnx__GraphProto *g, Onnx__NodeProto *conv,
                 Onnx__NodeProto *norm, Onnx__TensorProto *bias)
{
    const float *in[5];
    Onnx__TensorProto *w = onnx_tensor(g, conv->input[1]);
    size_t each = (size_t)(w->dims[1] * w->dims[2] * w->dims[3]);
    float *weight = (float *)w->raw_data.data;
    float *to = (float *)bias->raw_data.data;

    for (int i = 1; i < 5; i++)
        in[i] = (const float *)onnx_tensor(g, norm->input[i])->raw_data.data;
    for (int64_t k = 0; k < w->dims[0]; k++) {
        float f = in[1][k] / sqrtf(in[4][k] + 1e-5f);

        for (size_t i = 0; i < each; i++)
            weight[(size_t)k * each + i] *= f;
        to[k] = in[2][k] - in[3][k] * f;
    }
    conv->input = realloc(conv->input, 3 * sizeof(char *));
    conv->input[conv->n_input++] = strdup(bias->name);
    onnx_set_text(&norm->op_type, "Identity");
    while (norm->n_input > 1)
        free(norm->input[--norm->n_input]);
    while (norm->n_attribute > 0)
        onnx__attribute_proto__free_unpacked(
            norm->attribute[--norm->n_attribute], NULL);
}

TEST(model_onnx_takes_batch_norm_that_was_folded)
{
    struct model_checkpoint c, d;
    Onnx__ModelProto *m;
    int norms;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    m = onnx_foreign("a.onnx");
    norms = onnx_count(m->graph, "BatchNormalization");
    for (int i = 0; i < norms; i++) {
        Onnx__NodeProto *norm = onnx_node(m->graph, "BatchNormalization", 0);

        fold(m->graph, onnx_node(m->graph, "Conv", i), norm,
             onnx_tensor(m->graph, norm->input[2]));
    }
    onnx_write(m, "folded.onnx");
    CHECK_OK(model_onnx_load(&d, "folded.onnx", &err));
    CHECK(!d.unet.norm);
    m = onnx_read("folded.onnx");
    for (int l = 0; l < d.unet.wiring.net.layers; l++) {
        const struct backend_layer *y = &d.unet.wiring.net.layer[l];
        Onnx__NodeProto *conv = onnx_node(m->graph, "Conv", l);

        CHECK(memcmp(d.params->values + y->weight,
                     onnx_tensor(m->graph, conv->input[1])->raw_data.data,
                     backend_layer_weights(y) * sizeof(float)) == 0);
        CHECK(memcmp(d.params->values + y->bias,
                     onnx_tensor(m->graph, conv->input[2])->raw_data.data,
                     (size_t)y->co * sizeof(float)) == 0);
    }
    onnx__model_proto__free_unpacked(m, NULL);
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
}

TEST(model_onnx_takes_other_epsilons_and_biases_before_batch_norm)
{
    struct model_checkpoint c, d;
    Onnx__NodeProto *conv;
    Onnx__ModelProto *m;
    const struct backend_layer *y;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    m = onnx_foreign("a.onnx");
    onnx_node(m->graph, "BatchNormalization", 0)->attribute[0]->f = 1e-3f;
    conv = onnx_node(m->graph, "Conv", 0);
    conv->input = realloc(conv->input, 3 * sizeof(char *));
    conv->input[conv->n_input++] = strdup("enc0.0.var");
    onnx_write(m, "b.onnx");
    CHECK_OK(model_onnx_load(&d, "b.onnx", &err));
    y = &c.unet.wiring.net.layer[0];
    for (int i = 0; i < y->co; i++) {
        float *was = c.params->stats, *is = d.params->stats;

        CHECK(is[y->mean + i] == was[y->mean + i] - was[y->var + i]);
        CHECK(is[y->var + i] == was[y->var + i] + (1e-3f - 1e-5f));
    }
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
}

/* The scales of a Resize in two parts, as PyTorch leaves them unfolded. */
TEST(model_onnx_takes_scales_in_two_parts)
{
    struct model_checkpoint c, d;
    Onnx__TensorProto *t;
    Onnx__ModelProto *m;
    Onnx__NodeProto *n;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    m = onnx_foreign("a.onnx");
    t = onnx_tensor(m->graph, "gain");
    onnx_set_text(&t->name, "first");
    t->n_dims = 0;
    t->raw_data.data = realloc(t->raw_data.data, 8);
    t->raw_data.len = 8;
    memcpy(t->raw_data.data, (const float[]){1, 1}, 8);
    t = onnx_tensor(m->graph, "twice");
    onnx_set_text(&t->name, "second");
    t->raw_data.len = 8;
    memcpy(t->raw_data.data, (const float[]){2, 2}, 8);
    n = m->graph->node[m->graph->n_node - 1]; // the last one, by the gain
    onnx_set_text(&m->graph->output[0]->name, n->input[0]);
    onnx_set_text(&n->op_type, "Concat");
    onnx_set_text(&n->input[0], "first");
    onnx_set_text(&n->input[1], "second");
    onnx_set_text(&n->output[0], "twice");
    onnx_write(m, "b.onnx");
    CHECK_OK(model_onnx_load(&d, "b.onnx", &err));
    CHECK(onnx_same_numbers(&c, &d));
    CHECK(d.gain == 1);
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
}

/* --- what is refused --- */

static void no_relu(Onnx__GraphProto *g)
{
    onnx_set_text(&onnx_node(g, "Relu", 3)->op_type, "Elu");
}
static void no_sigmoid(Onnx__GraphProto *g)
{
    onnx_set_text(&onnx_node(g, "Sigmoid", 0)->op_type, "Tanh");
}
static void no_conv(Onnx__GraphProto *g)
{
    onnx_set_text(&onnx_node(g, "Conv", 1)->op_type, "ConvTranspose");
}
static void no_norm(Onnx__GraphProto *g)
{
    onnx_set_text(&onnx_node(g, "BatchNormalization", 1)->op_type, "LayerNorm");
}
static void no_op(Onnx__GraphProto *g)
{
    Onnx__NodeProto *n = onnx_node(g, "Relu", 1);

    free(n->op_type);
    n->op_type = NULL;
}
static void other_stride(Onnx__GraphProto *g)
{
    onnx_node(g, "Conv", 1)->attribute[2]->ints[0] = 1;
}
static void other_mode(Onnx__GraphProto *g)
{
    memcpy(onnx_node(g, "Resize", 0)->attribute[0]->s.data, "lineary", 7);
}
static void other_scale(Onnx__GraphProto *g)
{
    ((float *)onnx_tensor(g, "twice")->raw_data.data)[2] = 3;
}
static void other_order(Onnx__GraphProto *g)
{
    Onnx__NodeProto *n = onnx_node(g, "Concat", 0);
    char *first = n->input[0];

    n->input[0] = n->input[1];
    n->input[1] = first;
}
static void other_skip(Onnx__GraphProto *g)
{
    onnx_set_text(&onnx_node(g, "Concat", 3)->input[1], "enc0.0.norm");
}
static void circle(Onnx__GraphProto *g)
{
    Onnx__NodeProto *n = onnx_node(g, "Relu", 0);

    onnx_set_text(&n->op_type, "Identity");
    onnx_set_text(&n->input[0], n->output[0]);
}
static void other_shape(Onnx__GraphProto *g)
{
    onnx_tensor(g, "enc2.0.weight")->dims[0] = -1;
}
static void cut_numbers(Onnx__GraphProto *g)
{
    onnx_tensor(g, "enc2.0.weight")->raw_data.len -= 4;
}
static void no_number(Onnx__GraphProto *g)
{
    ((float *)onnx_tensor(g, "enc2.0.weight")->raw_data.data)[17] = NAN;
}
static void elsewhere(Onnx__GraphProto *g)
{
    onnx_tensor(g, "up1.weight")->has_data_location = true;
    onnx_tensor(g, "up1.weight")->data_location = 1;
}
static void whole_numbers(Onnx__GraphProto *g)
{
    onnx_tensor(g, "up1.scale")->data_type = 6;
}
static void other_input(Onnx__GraphProto *g)
{
    *(float *)onnx_tensor(g, "fifty")->raw_data.data = 255;
}
static void other_output(Onnx__GraphProto *g)
{
    *(float *)onnx_tensor(g, "two")->raw_data.data = 3;
}
static void more_behind(Onnx__GraphProto *g)
{
    onnx_set_text(&g->output[0]->name, "else");
}
static void no_input(Onnx__GraphProto *g)
{
    onnx_set_text(&g->input[0]->name, "else");
}

static const struct {
    void (*edit)(Onnx__GraphProto *g);
    const char *says;
} bad[] = {
    {no_relu, "enc2.0 is not as in preset T: there is no Relu at its end"},
    {no_sigmoid, "it has 0 Sigmoid, not the head's one"},
    {no_conv, "no preset has such a network: 17 convolutions, the last one of "
              "8 channels"},
    {no_norm, "enc1.0 is not as in preset T: there is no BatchNormalization"},
    {no_op, "enc1.0 is not as in preset T: there is no Relu at its end"},
    {other_stride, "enc1.0 is not as in preset T: its Conv has other pads, "
                   "strides, dilations or groups"},
    {other_mode, "up3 is not as in preset T: its Resize is not nearest x2"},
    {other_scale, "up0 is not as in preset T: its Resize is not nearest x2"},
    {other_order,
     "up3 is not as in preset T: its weights are not 64 x 128 x 3 x 3"},
    {other_skip,
     "enc1.0 is not as in preset T: it does not read what it should"},
    {circle, "enc0.0 is not as in preset T: there is no Relu at its end"},
    {other_shape, "enc2.0 is not as in preset T: its weights are not 32 x 16"},
    {cut_numbers, "enc2.0: enc2.0.weight has 4607 numbers in f16, f32 or f64, "
                  "not 4608"},
    {no_number, "enc2.0: enc2.0.weight has a number that is none"},
    {elsewhere, "up1: up1.weight lies in another file"},
    {whole_numbers, "up1: up1.scale has 0 numbers in f16, f32 or f64, not 16"},
    {other_input, "reads 0.0039216 L -1, not L / 50 - 1"},
    {other_output, "its colours are 349.8 y -116.6, not (2 y - 1) 110"},
    {more_behind, "more than a scale is behind its head"},
    {no_input, "its first layer does not read its input"},
};

TEST(model_onnx_refuses_other_networks_with_the_reason)
{
    struct model_checkpoint c, d;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &plain, &err));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Onnx__ModelProto *m = onnx_foreign("a.onnx");

        bad[i].edit(m->graph);
        onnx_write(m, "b.onnx");
        CHECK_FAILS(model_onnx_load(&d, "b.onnx", &err), TT_INPUT, bad[i].says);
    }
    model_checkpoint_release(&c);
}

TEST(model_onnx_refuses_what_is_no_onnx)
{
    struct model_checkpoint d;

    CHECK_FAILS(model_onnx_load(&d, "none.onnx", &err), TT_MISSING,
                "none.onnx");
    CHECK_OK(tt_file_write("a", "", 0, &err));
    CHECK_FAILS(model_onnx_load(&d, "a", &err), TT_INPUT,
                "a: not an ONNX file, or a damaged one");
    CHECK_OK(tt_file_write("a", "hello, world", 12, &err));
    CHECK_FAILS(model_onnx_load(&d, "a", &err), TT_INPUT, "not an ONNX file");
}

/* Every so many bytes one is changed, or the file ends there: it is refused, or
 * the byte had no meaning and the same numbers come back. */
SLOW(model_onnx_finds_a_changed_byte, 120)
{
    struct model_checkpoint c, d;
    size_t size;
    char *text;

    onnx_make(&c, "T");
    CHECK_OK(model_onnx_save(&c, "a.onnx", &as_it_is, &err));
    CHECK_OK(tt_file_read("a.onnx", 1 << 24, &text, &size, &err));
    for (size_t at = 0; at < size; at += at < 2000 ? 7 : 9973) {
        text[at] ^= 0x10;
        CHECK_OK(tt_file_write("b.onnx", text, size, &err));
        text[at] ^= 0x10;
        if (model_onnx_load(&d, "b.onnx", &err) == 0) {
            CHECK(onnx_same_numbers(&c, &d));
            model_checkpoint_release(&d);
        } else
            CHECK(strstr(err.text, "b.onnx") != NULL);
        CHECK_OK(tt_file_write("b.onnx", text, at, &err));
        CHECK(model_onnx_load(&d, "b.onnx", &err) < 0);
    }
    free(text);
    model_checkpoint_release(&c);
}
