#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "cli/commands.h"
#include "cli/record.h"
#include "model/checkpoint.h"
#include "model/onnx.h"

struct import_opts {
    const char *out;
    const char *name;
    long side;
    bool force;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(import_opts, out, 'o', "FILE", NULL, "the checkpoint to write"),
    TT_TEXT(import_opts, name, 0, "NAME", NULL, "call it by another name"),
    TT_INT(import_opts, side, 0, "PIXELS", "0", 0, 1024,
           "the side it is for, a multiple of 16; 0: as the file says, or 128"),
    TT_FLAG(import_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

static int write_out(const struct cli_context *c, const struct import_opts *o,
                     struct model_checkpoint *k, struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    struct tt_sha256 sha;

    if (o->name) {
        free(k->name);
        k->name = strdup(o->name);
        if (!k->name)
            return tt_fail(err, TT_NOMEM, "no memory for a name");
    }
    if (o->side)
        k->side = (int)o->side;
    if (model_checkpoint_save(k, o->out, MODEL_CHECKPOINT_F32, &sha, err) < 0)
        return -1;
    fprintf(c->out, "%s  sha256 %s\n", o->out, tt_sha256_text(&sha, hex));
    return 0;
}

static int run(struct cli_context *c, struct tt_error *err)
{
    const struct import_opts *o = c->opts;
    struct model_checkpoint k;
    int rc;

    if (!o->out)
        return tt_fail(err, TT_USAGE, "where to? -o FILE");
    if (o->side % MODEL_SIDE_STEP)
        return tt_fail(err, TT_USAGE, "--side: a multiple of %d",
                       MODEL_SIDE_STEP);
    if (cli_record_name("--name", o->name, err) < 0 ||
        cli_command_may_write(o->out, o->force, err) < 0)
        return -1;
    if (model_onnx_load(&k, c->operand[0], err) < 0)
        return -1;
    rc = write_out(c, o, &k, err);
    model_checkpoint_release(&k);
    return rc;
}

const struct cli_command cmd_model_import = {
    .name = "model import",
    .operands = "FILE",
    .summary = "make a checkpoint of an ONNX file",
    .about =
        "Takes what model export --onnx wrote, and what PyTorch and others "
        "export of a preset's\nnetwork: its operations and shapes are "
        "compared, "
        "not names. `model use` makes it the\none that colorize uses.",
    .example = "tintype model import trained.onnx -o trained.h5",
    .least = 1,
    .most = 1,
    .opts = opts,
    .opts_size = sizeof(struct import_opts),
    .run = run,
};
