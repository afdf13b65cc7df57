#include <stdlib.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "model/checkpoint.h"
#include "model/onnx.h"
#include "model/unet.h"

struct export_opts {
    const char *out;
    const char *name;
    const char *terms;
    double gain;
    long side;
    bool half;
    bool onnx;
    bool plain;
    bool force;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(export_opts, out, 'o', "FILE", NULL, "the file to write"),
    TT_TEXT(export_opts, name, 0, "NAME", NULL, "call it by another name"),
    TT_TEXT(export_opts, terms, 0, "TEXT", NULL, "terms to stand in its card"),
    TT_REAL(export_opts, gain, 0, "X", "1", 0.1, 3,
            "factor on the colours, over the one that it has"),
    TT_INT (export_opts, side, 0, "PX", "0", 0, 1024,
            "side at which it sees photos, a multiple of 16; 0: its own"),
    TT_FLAG(export_opts, half, 0, "weights in half precision: half the size"),
    TT_FLAG(export_opts, onnx, 0, "for other programs: L in, ab out"),
    TT_FLAG(export_opts, plain, 0,
            "with --onnx: without averaging with the mirror image"),
    TT_FLAG(export_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

static int set_text(char **field, const char *text, struct tt_error *err)
{
    char *copy = strdup(text);

    if (!copy)
        return tt_fail(err, TT_NOMEM, "no memory for a name");
    free(*field);
    *field = copy;
    return 0;
}

static int set_terms(struct model_checkpoint *k, const char *terms,
                     struct tt_error *err)
{
    json_t *about = k->about ? json_loads(k->about, 0, NULL) : json_object();
    char *text = NULL;
    int rc;

    if (json_object_set_new(about, "terms", json_string(terms)) == 0)
        text = json_dumps(about, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(about);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for terms (UTF-8 text?)");
    rc = set_text(&k->about, text, err);
    free(text);
    return rc;
}

static int write_file(const struct model_checkpoint *k,
                      const struct export_opts *o, const struct cli_choice *m,
                      struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    struct model_onnx_options how = {
        .half = o->half,
        .plain = o->plain,
        .made_of = tt_sha256_text(&m->sha256, hex),
    };

    if (o->onnx)
        return model_onnx_save(k, o->out, &how, err);
    return model_checkpoint_save(
        k, o->out, o->half ? MODEL_CHECKPOINT_F16 : MODEL_CHECKPOINT_F32, NULL,
        err);
}

static int write_out(const struct cli_context *c, const struct export_opts *o,
                     const struct cli_choice *m, struct tt_error *err)
{
    struct model_checkpoint k;
    struct tt_sha256 sha;
    char hex[TT_SHA256_HEX];
    int rc;

    if (model_checkpoint_load(&k, m->path, false, err) < 0)
        return -1;
    k.gain *= (float)o->gain;
    k.side = o->side ? (int)o->side : k.side;
    rc = o->name ? set_text(&k.name, o->name, err) : 0;
    if (rc == 0 && o->terms)
        rc = set_terms(&k, o->terms, err);
    if (rc == 0)
        rc = write_file(&k, o, m, err);
    model_checkpoint_release(&k);
    if (rc == 0)
        rc = tt_sha256_file(o->out, &sha, NULL, err);
    if (rc == 0)
        fprintf(c->out, "%s  sha256 %s\n", o->out, tt_sha256_text(&sha, hex));
    return rc;
}

static int run(struct cli_context *c, struct tt_error *err)
{
    const struct export_opts *o = c->opts;
    struct cli_choice m = {.version = 0};
    struct cli_record r = {NULL, NULL};
    int rc;

    if (!o->out)
        return tt_fail(err, TT_USAGE, "where to? -o FILE");
    if (o->plain && !o->onnx)
        return tt_fail(err, TT_USAGE, "--plain goes with --onnx");
    if (o->side % MODEL_SIDE_STEP)
        return tt_fail(err, TT_USAGE, "--side %ld is no multiple of %d",
                       o->side, MODEL_SIDE_STEP);
    if (cli_record_name("--name", o->name, err) < 0 ||
        cli_command_may_write(o->out, o->force, err) < 0)
        return -1;
    rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_choice_make(&m, &r, &c->settings,
                             c->operands ? c->operand[0] : NULL, err);
    if (rc == 0)
        rc = write_out(c, o, &m, err);
    cli_choice_release(&m);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_model_export = {
    .name = "model export",
    .operands = "[MODEL]",
    .summary = "write a model to a file of its own, without training's state",
    .about =
        "A checkpoint, or with --onnx a file for onnxruntime and others: it "
        "takes L,\nN x 1 x H x W of CIE lightness, and gives ab, N x 2 x H x "
        "W. H and W are multiples\nof 16, best those of the model's side.",
    .example = "tintype model export @best --half --name portrait-1 "
               "-o portrait-1.h5",
    .most = 1,
    .opts = opts,
    .opts_size = sizeof(struct export_opts),
    .run = run,
};
