#include "model/onnx_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/half.h"
#include "model/onnx_type.h"

#define FILE_LIMIT ((size_t)1 << 30) /* bytes; presets have up to 70 MB */
#define WIRES      16 /* nodes in a row that only pass a value on, at most */

int onnx_file_open(struct onnx_file *f, const char *path, struct tt_error *err)
{
    size_t size;
    char *bytes;

    memset(f, 0, sizeof(*f));
    if (tt_file_read(path, FILE_LIMIT, &bytes, &size, err) < 0)
        return -1;
    f->model = onnx__model_proto__unpack(NULL, size, (const uint8_t *)bytes);
    free(bytes);
    f->graph = f->model ? f->model->graph : NULL;
    if (f->graph && f->graph->n_node > 0)
        return 0;
    onnx_file_close(f);
    return tt_fail(err, TT_INPUT, "%s: not an ONNX file, or a damaged one",
                   path);
}

void onnx_file_close(struct onnx_file *f)
{
    if (f->model)
        onnx__model_proto__free_unpacked(f->model, NULL);
    memset(f, 0, sizeof(*f));
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

const char *onnx_file_note(const struct onnx_file *f, const char *key)
{
    for (size_t i = 0; i < f->model->n_metadata_props; i++)
        if (same(f->model->metadata_props[i]->key, key))
            return f->model->metadata_props[i]->value;
    return NULL;
}

/* --- nodes --- */

bool onnx_node_is(const Onnx__NodeProto *n, const char *op)
{
    bool standard =
        n && (!n->domain || !*n->domain || same(n->domain, "ai.onnx"));

    return standard && same(n->op_type, op);
}

const char *onnx_node_input(const Onnx__NodeProto *n, size_t i)
{
    return i < n->n_input && *n->input[i] ? n->input[i] : NULL;
}

const Onnx__AttributeProto *onnx_node_attr(const Onnx__NodeProto *n,
                                           const char *name)
{
    for (size_t i = 0; i < n->n_attribute; i++)
        if (same(n->attribute[i]->name, name))
            return n->attribute[i];
    return NULL;
}

static const Onnx__NodeProto *direct_maker(const struct onnx_file *f,
                                           const char *name)
{
    for (size_t i = 0; name && i < f->graph->n_node; i++)
        for (size_t o = 0; o < f->graph->node[i]->n_output; o++)
            if (same(f->graph->node[i]->output[o], name))
                return f->graph->node[i];
    return NULL;
}

static bool passes_on(const Onnx__NodeProto *n)
{
    return onnx_node_is(n, "Identity") || onnx_node_is(n, "Dropout");
}

const char *onnx_file_origin(const struct onnx_file *f, const char *name)
{
    for (int i = 0; i < WIRES; i++) {
        const Onnx__NodeProto *n = direct_maker(f, name);

        if (!n || !passes_on(n))
            break;
        name = onnx_node_input(n, 0);
    }
    return name;
}

const Onnx__NodeProto *onnx_file_maker(const struct onnx_file *f,
                                       const char *name)
{
    return direct_maker(f, onnx_file_origin(f, name));
}

const Onnx__NodeProto *onnx_file_reader(const struct onnx_file *f,
                                        const char *name)
{
    const Onnx__NodeProto *found = NULL;

    for (size_t i = 0; i < f->graph->n_node; i++)
        for (size_t k = 0; k < f->graph->node[i]->n_input; k++)
            if (same(f->graph->node[i]->input[k], name)) {
                if (found)
                    return NULL;
                found = f->graph->node[i];
            }
    return found;
}

static bool among(Onnx__ValueInfoProto *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (same(list[i]->name, name))
            return true;
    return false;
}

bool onnx_file_is_input(const struct onnx_file *f, const char *name)
{
    return among(f->graph->input, f->graph->n_input, name);
}

bool onnx_file_is_output(const struct onnx_file *f, const char *name)
{
    return among(f->graph->output, f->graph->n_output, name);
}

/* --- tensors --- */

static const Onnx__TensorProto *stored(const struct onnx_file *f,
                                       const char *name)
{
    const Onnx__NodeProto *n;
    const Onnx__AttributeProto *value;

    for (size_t i = 0; i < f->graph->n_initializer; i++)
        if (same(f->graph->initializer[i]->name, name))
            return f->graph->initializer[i];
    n = direct_maker(f, name);
    value = onnx_node_is(n, "Constant") ? onnx_node_attr(n, "value") : NULL;
    return value ? value->t : NULL;
}

const Onnx__TensorProto *onnx_file_tensor(const struct onnx_file *f,
                                          const char *name)
{
    const Onnx__NodeProto *n;

    name = onnx_file_origin(f, name);
    n = direct_maker(f, name);
    if (onnx_node_is(n, "Cast"))
        name = onnx_file_origin(f, onnx_node_input(n, 0));
    return name ? stored(f, name) : NULL;
}

/* One value of a list or of raw bytes. */
static double value_at(const Onnx__TensorProto *t, size_t i)
{
    const uint8_t *raw = t->raw_data.len ? t->raw_data.data : NULL;
    uint16_t h;
    double d;
    float f;

    switch (t->data_type) {
    case ONNX_F32:
        if (!raw)
            return (double)t->float_data[i];
        memcpy(&f, raw + i * sizeof(f), sizeof(f));
        return (double)f;
    case ONNX_F64:
        if (!raw)
            return t->double_data[i];
        memcpy(&d, raw + i * sizeof(d), sizeof(d));
        return d;
    default:
        h = raw ? 0 : (uint16_t)t->int32_data[i];
        if (raw)
            memcpy(&h, raw + i * sizeof(h), sizeof(h));
        return (double)model_half_to(h);
    }
}

/* How many values are there, by the bytes. */
static size_t values_of(const Onnx__TensorProto *t)
{
    static const struct {
        int type;
        size_t width;
        size_t list;
    } types[] = {
        {ONNX_F32, 4, offsetof(Onnx__TensorProto, n_float_data)},
        {ONNX_F16, 2, offsetof(Onnx__TensorProto, n_int32_data)},
        {ONNX_F64, 8, offsetof(Onnx__TensorProto, n_double_data)},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (t->data_type != types[i].type)
            continue;
        memcpy(&n, (const char *)t + types[i].list, sizeof(n));
        if (t->raw_data.len)
            n = t->raw_data.len / types[i].width;
    }
    return n;
}

int onnx_tensor_floats(const Onnx__TensorProto *t, size_t count, float *out,
                       struct tt_error *err)
{
    const char *name = t->name ? t->name : "a constant";

    if (t->has_data_location && t->data_location == 1)
        return tt_fail(err, TT_INPUT,
                       "%s lies in another file: save it with all in one",
                       name);
    if (values_of(t) != count)
        return tt_fail(err, TT_INPUT,
                       "%s has %zu numbers in f16, f32 or f64, not %zu", name,
                       values_of(t), count);
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)value_at(t, i);
        if (!isfinite(out[i]))
            return tt_fail(err, TT_INPUT, "%s has a number that is none", name);
    }
    return 0;
}
