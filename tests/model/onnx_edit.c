#include "tests/model/onnx_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/random.h"
#include "tests/check.h"

static struct tt_error err;

void onnx_make_with(struct model_checkpoint *c, const char *preset, bool norm)
{
    memset(c, 0, sizeof(*c));
    model_unet_init(&c->unet, model_preset_find(preset, &err), norm);
    CHECK_OK(model_params_new(&c->params, &c->unet.wiring, &err));
    model_params_start(c->params, &c->unet.wiring, 3, 0);
    for (size_t i = 0; i < c->params->stat_count; i++)
        c->params->stats[i] = 0.5f + model_random_unit(5, i);
    c->side = 64;
    c->gain = 1.0600001f;
    c->step = 77;
    c->name = strdup("try one");
    c->about = strdup("{\"terms\":\"research only\"}");
}

void onnx_make(struct model_checkpoint *c, const char *preset)
{
    onnx_make_with(c, preset, true);
}

bool onnx_same_numbers(const struct model_checkpoint *a,
                       const struct model_checkpoint *b)
{
    return a->params->count == b->params->count &&
           memcmp(a->params->values, b->params->values,
                  a->params->count * sizeof(float)) == 0 &&
           memcmp(a->params->stats, b->params->stats,
                  a->params->stat_count * sizeof(float)) == 0;
}

Onnx__ModelProto *onnx_read(const char *path)
{
    Onnx__ModelProto *m;
    size_t size;
    char *bytes;

    CHECK_OK(tt_file_read(path, 1 << 28, &bytes, &size, &err));
    m = onnx__model_proto__unpack(NULL, size, (uint8_t *)bytes);
    CHECK(m != NULL);
    free(bytes);
    return m;
}

void onnx_write(Onnx__ModelProto *m, const char *path)
{
    size_t size = onnx__model_proto__get_packed_size(m);
    uint8_t *bytes = malloc(size);

    onnx__model_proto__pack(m, bytes);
    CHECK_OK(tt_file_write(path, bytes, size, &err));
    free(bytes);
    onnx__model_proto__free_unpacked(m, NULL);
}

Onnx__ModelProto *onnx_foreign(const char *path)
{
    Onnx__ModelProto *m = onnx_read(path);

    for (size_t i = 0; i < m->n_metadata_props; i++)
        onnx__string_string_entry_proto__free_unpacked(m->metadata_props[i],
                                                       NULL);
    m->n_metadata_props = 0;
    return m;
}

Onnx__NodeProto *onnx_node(Onnx__GraphProto *g, const char *op, int number)
{
    for (size_t i = 0; i < g->n_node; i++)
        if (strcmp(g->node[i]->op_type, op) == 0 && number-- == 0)
            return g->node[i];
    CHECK(!"no such node");
    return NULL;
}

Onnx__TensorProto *onnx_tensor(Onnx__GraphProto *g, const char *name)
{
    for (size_t i = 0; i < g->n_initializer; i++)
        if (strcmp(g->initializer[i]->name, name) == 0)
            return g->initializer[i];
    CHECK(!"no such tensor");
    return NULL;
}

int onnx_count(const Onnx__GraphProto *g, const char *op)
{
    int n = 0;

    for (size_t i = 0; i < g->n_node; i++)
        n += strcmp(g->node[i]->op_type, op) == 0;
    return n;
}

void onnx_set_text(char **field, const char *text)
{
    free(*field);
    *field = strdup(text);
}
