#include "model/onnx_graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/backend/backend.h"
#include "model/half.h"

#define IR_VERSION 7  /* the least that opset 13 belongs to */
#define OPSET      13 /* the least with all that is used in today's form */
#define NODES      (12 * BACKEND_LAYERS + 32)
#define TENSORS    (6 * BACKEND_LAYERS + 32)
#define ENDS       5 /* inputs of a node, at most */
#define NOTES      16
#define ROOM       (1 << 20) /* bytes for all but tensors made half */

/* --- memory --- */

static void *take(struct onnx_graph *g, size_t size)
{
    void *at = g->memory + g->used;

    g->used += (size + 15) / 16 * 16;
    assert(g->used <= g->size);
    return at;
}

/* Room for n pointers: of a repeated field. */
static void *list(struct onnx_graph *g, size_t n)
{
    return take(g, n * sizeof(void *));
}

static void *message(struct onnx_graph *g,
                     const ProtobufCMessageDescriptor *kind)
{
    ProtobufCMessage *m = take(g, kind->sizeof_message);

    protobuf_c_message_init(kind, m);
    return m;
}

static char *text(struct onnx_graph *g, const char *from)
{
    size_t size = strlen(from) + 1;

    return memcpy(take(g, size), from, size);
}

int onnx_graph_init(struct onnx_graph *g, size_t extra, struct tt_error *err)
{
    Onnx__OperatorSetIdProto *opset;
    Onnx__GraphProto *graph;
    Onnx__ModelProto *m;

    memset(g, 0, sizeof(*g));
    g->size = ROOM + extra;
    g->memory = malloc(g->size);
    if (!g->memory)
        return tt_fail(err, TT_NOMEM, "no memory for a graph");
    g->model = m = message(g, &onnx__model_proto__descriptor);
    m->graph = graph = message(g, &onnx__graph_proto__descriptor);
    graph->node = list(g, NODES);
    graph->initializer = list(g, TENSORS);
    graph->input = list(g, 1);
    graph->output = list(g, 1);
    m->metadata_props = list(g, NOTES);
    m->opset_import = list(g, 1);
    opset = message(g, &onnx__operator_set_id_proto__descriptor);
    opset->domain = text(g, "");
    opset->has_version = true;
    opset->version = OPSET;
    m->opset_import[m->n_opset_import++] = opset;
    m->has_ir_version = true;
    m->ir_version = IR_VERSION;
    m->producer_name = text(g, "tintype");
    m->producer_version = text(g, TT_VERSION);
    graph->name = text(g, "tintype");
    return 0;
}

void onnx_graph_release(struct onnx_graph *g)
{
    free(g->memory);
    memset(g, 0, sizeof(*g));
}

/* --- tensors --- */

static Onnx__TensorProto *tensor(struct onnx_graph *g, const char *name,
                                 enum onnx_type type, int rank)
{
    Onnx__GraphProto *graph = g->model->graph;
    Onnx__TensorProto *t = message(g, &onnx__tensor_proto__descriptor);

    assert(graph->n_initializer < TENSORS);
    graph->initializer[graph->n_initializer++] = t;
    t->name = text(g, name);
    t->has_data_type = true;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = take(g, (size_t)rank * sizeof(*t->dims));
    t->has_raw_data = true;
    return t;
}

/* f32 values as f16, and a node that casts them back. */
static const char *halve(struct onnx_graph *g, Onnx__TensorProto *t,
                         const float *values, size_t count)
{
    static const struct onnx_attr to_f32[] = {
        {.name = "to", .type = ONNX_ATTR_INT, .ints = {ONNX_F32}}, {0}};
    uint16_t *half = take(g, count * sizeof(*half));
    char cast[64];

    for (size_t i = 0; i < count; i++)
        half[i] = model_half_from(values[i]);
    t->data_type = ONNX_F16;
    t->raw_data.data = (uint8_t *)half;
    t->raw_data.len = count * sizeof(*half);
    snprintf(cast, sizeof(cast), "%.50s.f32", t->name);
    return onnx_graph_node(g, "Cast", cast, (const char *[]){t->name, NULL},
                           to_f32);
}

const char *onnx_graph_floats(struct onnx_graph *g, const char *name, int rank,
                              const int *shape, const float *values, bool half)
{
    Onnx__TensorProto *t = tensor(g, name, ONNX_F32, rank);
    size_t count = 1;

    for (int i = 0; i < rank; i++) {
        t->dims[i] = shape[i];
        count *= (size_t)shape[i];
    }
    if (half)
        return halve(g, t, values, count);
    t->raw_data.data = (uint8_t *)(uintptr_t)values; // only read
    t->raw_data.len = count * sizeof(float);
    return t->name;
}

const char *onnx_graph_number(struct onnx_graph *g, const char *name,
                              float value)
{
    float *at = take(g, sizeof(*at));

    *at = value;
    return onnx_graph_floats(g, name, 0, NULL, at, false);
}

const char *onnx_graph_ints(struct onnx_graph *g, const char *name, int n,
                            const int64_t *values)
{
    Onnx__TensorProto *t = tensor(g, name, ONNX_I64, 1);

    t->dims[0] = n;
    t->raw_data.len = (size_t)n * sizeof(*values);
    t->raw_data.data =
        memcpy(take(g, t->raw_data.len), values, t->raw_data.len);
    return t->name;
}

/* --- nodes --- */

static Onnx__AttributeProto *attribute(struct onnx_graph *g,
                                       const struct onnx_attr *from)
{
    Onnx__AttributeProto *a = message(g, &onnx__attribute_proto__descriptor);

    a->name = text(g, from->name);
    a->has_type = true;
    a->type = from->type;
    a->has_f = from->type == ONNX_ATTR_FLOAT;
    a->f = from->f;
    a->has_i = from->type == ONNX_ATTR_INT;
    a->i = from->ints[0];
    a->has_s = from->type == ONNX_ATTR_TEXT;
    if (a->has_s) {
        a->s.data = (uint8_t *)text(g, from->text);
        a->s.len = strlen(from->text);
    }
    if (from->type == ONNX_ATTR_INTS) {
        a->n_ints = (size_t)from->n;
        a->ints = take(g, sizeof(from->ints));
        memcpy(a->ints, from->ints, sizeof(from->ints));
    }
    return a;
}

const char *onnx_graph_node(struct onnx_graph *g, const char *op,
                            const char *name, const char *const *inputs,
                            const struct onnx_attr *attrs)
{
    Onnx__GraphProto *graph = g->model->graph;
    Onnx__NodeProto *node = message(g, &onnx__node_proto__descriptor);
    size_t n = 0;

    assert(graph->n_node < NODES);
    graph->node[graph->n_node++] = node;
    node->op_type = text(g, op);
    node->input = list(g, ENDS);
    for (; inputs[node->n_input]; node->n_input++) {
        assert(node->n_input < ENDS);
        node->input[node->n_input] = text(g, inputs[node->n_input]);
    }
    while (attrs && attrs[n].name)
        n++;
    node->attribute = list(g, n + 1);
    for (size_t i = 0; i < n; i++)
        node->attribute[node->n_attribute++] = attribute(g, &attrs[i]);
    node->output = list(g, ENDS);
    node->name = text(g, name);
    return onnx_graph_also(g, name);
}

const char *onnx_graph_also(struct onnx_graph *g, const char *name)
{
    Onnx__GraphProto *graph = g->model->graph;
    Onnx__NodeProto *node = graph->node[graph->n_node - 1];

    assert(node->n_output < ENDS);
    return node->output[node->n_output++] = text(g, name);
}

/* --- ends --- */

static void add_dim(struct onnx_graph *g, Onnx__TensorShapeProto *shape,
                    const char *name, int value)
{
    Onnx__TensorShapeProto__Dimension *d =
        message(g, &onnx__tensor_shape_proto__dimension__descriptor);

    shape->dim[shape->n_dim++] = d;
    d->dim_param = name ? text(g, name) : NULL;
    d->has_dim_value = !name;
    d->dim_value = value;
}

static Onnx__ValueInfoProto *end(struct onnx_graph *g, const char *name,
                                 int channels, const char *words)
{
    Onnx__ValueInfoProto *v = message(g, &onnx__value_info_proto__descriptor);
    Onnx__TypeProto__Tensor *t =
        message(g, &onnx__type_proto__tensor__descriptor);

    v->name = text(g, name);
    v->doc_string = text(g, words);
    v->type = message(g, &onnx__type_proto__descriptor);
    v->type->tensor_type = t;
    t->has_elem_type = true;
    t->elem_type = ONNX_F32;
    t->shape = message(g, &onnx__tensor_shape_proto__descriptor);
    t->shape->dim = list(g, 4);
    add_dim(g, t->shape, "N", 0);
    add_dim(g, t->shape, NULL, channels);
    add_dim(g, t->shape, "H", 0);
    add_dim(g, t->shape, "W", 0);
    return v;
}

void onnx_graph_input(struct onnx_graph *g, const char *name, int channels,
                      const char *words)
{
    Onnx__GraphProto *graph = g->model->graph;

    graph->input[graph->n_input++] = end(g, name, channels, words);
}

void onnx_graph_output(struct onnx_graph *g, const char *name, int channels,
                       const char *words)
{
    Onnx__GraphProto *graph = g->model->graph;

    graph->output[graph->n_output++] = end(g, name, channels, words);
}

void onnx_graph_note(struct onnx_graph *g, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *e =
        message(g, &onnx__string_string_entry_proto__descriptor);

    assert(g->model->n_metadata_props < NOTES);
    g->model->metadata_props[g->model->n_metadata_props++] = e;
    e->key = text(g, key);
    e->value = text(g, value);
}

int onnx_graph_write(const struct onnx_graph *g, const char *path,
                     struct tt_error *err)
{
    size_t size = onnx__model_proto__get_packed_size(g->model);
    uint8_t *bytes = malloc(size);
    int rc;

    if (!bytes)
        return tt_fail(err, TT_NOMEM, "no memory for %s", path);
    onnx__model_proto__pack(g->model, bytes);
    rc = tt_file_write(path, bytes, size, err);
    free(bytes);
    return rc;
}
