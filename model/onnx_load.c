#include "model/onnx.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/checkpoint_header.h"
#include "model/onnx_match.h"
#include "model/onnx_note.h"

#define SIDE      128 /* of a network that does not say */
#define STEPS     16  /* operations before and behind the network, at most */
#define TOLERANCE 1e-5
#define GAIN_MOST 10

/* --- the ends of another program's network: out = a in + b --- */

struct line {
    double a, b;
};

/* The one number of a value that is constant. */
static bool number(const struct onnx_file *f, const char *name, double *value)
{
    const Onnx__TensorProto *t = onnx_file_tensor(f, name);
    struct tt_error ignored;
    float x;

    if (!t || onnx_tensor_floats(t, 1, &x, &ignored) < 0)
        return false;
    *value = (double)x;
    return true;
}

/* What a node makes of its one input that is no constant. */
static bool node_line(const struct onnx_file *f, const Onnx__NodeProto *n,
                      const char **input, struct line *line)
{
    const char *one = n ? onnx_node_input(n, 0) : NULL;
    const char *two = n ? onnx_node_input(n, 1) : NULL;
    bool second;
    double k;

    if (!one || !two)
        return false;
    second = number(f, two, &k);
    if (!second && !number(f, one, &k))
        return false;
    *input = second ? one : two;
    if (onnx_node_is(n, "Mul"))
        *line = (struct line){k, 0};
    else if (onnx_node_is(n, "Add"))
        *line = (struct line){1, k};
    else if (onnx_node_is(n, "Sub"))
        *line = second ? (struct line){1, -k} : (struct line){-1, k};
    else if (onnx_node_is(n, "Div") && second && k != 0)
        *line = (struct line){1 / k, 0};
    else
        return false;
    return true;
}

static bool near(double x, double y)
{
    return fabs(x - y) <= TOLERANCE * fmax(1, fabs(y));
}

/* x is L / 50 - 1, made in the graph or by who calls it. */
static int check_input(const struct onnx_file *f, const char *x,
                       struct tt_error *err)
{
    struct line all = {1, 0}, step;
    const char *before;

    for (int i = 0; i < STEPS; i++) {
        if (!node_line(f, onnx_file_maker(f, x), &before, &step))
            break;
        all.b += all.a * step.b;
        all.a *= step.a;
        x = onnx_file_origin(f, before);
    }
    if (!onnx_file_is_input(f, x))
        return tt_fail(err, TT_INPUT,
                       "its first layer does not read its input");
    if ((near(all.a, 1) && near(all.b, 0)) ||
        (near(50 * all.a, 1) && near(all.b, -1)))
        return 0;
    return tt_fail(err, TT_INPUT,
                   "its first layer reads %.5g L %+.5g, not L / 50 - 1", all.a,
                   all.b);
}

/* y comes out as it is, as 2 y - 1, or as (2 y - 1) 110 gain. */
static int read_gain(const struct onnx_file *f, const char *y, float *gain,
                     struct tt_error *err)
{
    double least = 1.0 / (double)MODEL_AB_RANGE, found;
    struct line all = {1, 0}, step;
    const char *before;

    for (int i = 0; i < STEPS && !onnx_file_is_output(f, y); i++) {
        const Onnx__NodeProto *n = onnx_file_reader(f, y);

        if (!n)
            break;
        if (onnx_node_is(n, "Identity"))
            step = (struct line){1, 0};
        else if (!node_line(f, n, &before, &step))
            break;
        all.a *= step.a;
        all.b = all.b * step.a + step.b;
        y = n->n_output ? n->output[0] : NULL;
    }
    if (!onnx_file_is_output(f, y))
        return tt_fail(err, TT_INPUT, "more than a scale is behind its head");
    found = all.a / 2 / (double)MODEL_AB_RANGE;
    *gain = near(found, least) ? 1 : (float)found;
    if (near(all.a, 1) && near(all.b, 0))
        *gain = 1;
    else if (!near(-2 * all.b, all.a) || !(*gain > 0 && *gain <= GAIN_MOST))
        return tt_fail(err, TT_INPUT,
                       "its colours are %.5g y %+.5g, not (2 y - 1) 110", all.a,
                       all.b);
    return 0;
}

/* --- what another program's file says of itself --- */

/* The side it was exported for, if it says one that can be. */
static int side_of(const struct onnx_file *f)
{
    const Onnx__ValueInfoProto *in =
        f->graph->n_input ? f->graph->input[0] : NULL;
    const Onnx__TensorShapeProto *shape =
        in && in->type && in->type->tensor_type ? in->type->tensor_type->shape
                                                : NULL;
    int64_t h, w;

    if (!shape || shape->n_dim != 4)
        return SIDE;
    h = shape->dim[2]->dim_value;
    w = shape->dim[3]->dim_value;
    return h == w && h > 0 && h <= 1024 && h % MODEL_SIDE_STEP == 0 ? (int)h
                                                                    : SIDE;
}

static char *about_of(const struct onnx_file *f)
{
    const char *who = f->model->producer_name;
    const char *version = f->model->producer_version;
    json_t *o = json_object();
    char *text;

    if (who && *who)
        json_object_set_new(o, "made_by",
                            json_sprintf("%s %s", who, version ? version : ""));
    json_object_set_new(o, "imported_from", json_string("ONNX"));
    text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(o);
    return text;
}

/* The file's name without its ending. */
static char *name_of(const char *path)
{
    const char *name = tt_path_name(path), *dot = strrchr(name, '.');

    return strndup(name,
                   dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* --- reading --- */

static int read_numbers(struct model_checkpoint *c, const struct onnx_file *f,
                        struct onnx_match *m, struct tt_error *err)
{
    if (onnx_match_find(m, f, &c->unet, err) < 0 ||
        model_params_new(&c->params, &c->unet.wiring, err) < 0)
        return -1;
    return onnx_match_numbers(m, f, &c->unet, c->params, err);
}

static int read_foreign(struct model_checkpoint *c, const struct onnx_file *f,
                        const char *path, struct tt_error *err)
{
    struct onnx_match m;

    if (onnx_match_choose(f, &c->unet, err) < 0 ||
        read_numbers(c, f, &m, err) < 0 || check_input(f, m.x, err) < 0 ||
        read_gain(f, m.y, &c->gain, err) < 0)
        return -1;
    c->side = side_of(f);
    c->name = name_of(path);
    c->about = about_of(f);
    if (!c->name || !c->about)
        return tt_fail(err, TT_NOMEM, "no memory for a network's words");
    return 0;
}

/* Scale and gain are as the header says, whatever is before and behind. */
static int read_own(struct model_checkpoint *c, const struct onnx_file *f,
                    const char *header, struct tt_error *err)
{
    const char *seal = onnx_file_note(f, ONNX_NOTE_SEAL);
    json_t *root = json_loads(header, 0, NULL);
    char hex[TT_SHA256_HEX];
    struct onnx_match m;
    bool half;
    int rc;

    if (!root)
        return tt_fail(err, TT_FORMAT, "damaged: its header is not JSON");
    rc = checkpoint_header_parse(c, root, &half, err);
    json_decref(root);
    if (rc == 0)
        rc = read_numbers(c, f, &m, err);
    if (rc == 0)
        rc = onnx_note_seal(c->params, header, hex, err);
    if (rc == 0 && (!seal || strcmp(seal, hex) != 0))
        rc = tt_fail(err, TT_FORMAT, "its SHA-256 does not fit");
    if (rc < 0 && (err->code == TT_INPUT || err->code == TT_FORMAT)) {
        err->code = TT_FORMAT;
        tt_wrap(err, "damaged, or changed since it was exported");
    }
    return rc;
}

int model_onnx_load(struct model_checkpoint *c, const char *path,
                    struct tt_error *err)
{
    struct onnx_file f;
    const char *header;
    int rc;

    memset(c, 0, sizeof(*c));
    if (onnx_file_open(&f, path, err) < 0)
        return -1; // names the file already
    header = onnx_file_note(&f, ONNX_NOTE_HEADER);
    rc = header ? read_own(c, &f, header, err) : read_foreign(c, &f, path, err);
    onnx_file_close(&f);
    if (rc == 0)
        return 0;
    model_checkpoint_release(c);
    return tt_wrap(err, "%s", path);
}
