#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/proof.h"
#include "cli/record.h"
#include "image/save.h"

struct recover_opts {
    const char *out;
    bool force;
};

// clang-format off
static const struct tt_opt recover_opts[] = {
    TT_TEXT(recover_opts, out, 'o', "FILE", NULL,
            "where the grey goes: .tif or .png"),
    TT_FLAG(recover_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

static int check(const struct recover_opts *o, const char *out,
                 enum image_format *format, struct tt_error *err)
{
    const char *dot = strrchr(tt_path_name(out), '.');

    if (!dot || image_format_parse(dot + 1, format) < 0 ||
        (*format != IMAGE_PNG && *format != IMAGE_TIFF))
        return tt_fail(err, TT_USAGE,
                       "-o %s: .tif or .png, which keep every code", out);
    return cli_command_may_write(out, o->force, err);
}

/* Whole or absent. */
static int publish(int fd, const char *temp, const char *out, bool force,
                   struct tt_error *err)
{
    int rc;

    if (fsync(fd) < 0) {
        unlink(temp);
        return tt_fail_errno(err, TT_OUTPUT, "%s", out);
    }
    rc = force ? tt_file_replace(temp, out, err)
               : tt_file_publish(temp, out, err);
    if (rc == 0 && !force)
        return tt_fail(err, TT_OUTPUT, "%s is there by now", out);
    return rc < 0 ? -1 : tt_sync_folder(out, err);
}

static int save(const struct cli_proof_photo *photo, enum image_format format,
                const char *out, bool force, struct tt_error *err)
{
    const struct image_facts *facts = &photo->decoded.facts;
    struct image_save_options opt;
    char temp[TT_PATH_SIZE];
    int fd, rc;

    image_save_options_init(&opt);
    opt.format = format;
    opt.ppi_x = facts->ppi_x;
    opt.ppi_y = facts->ppi_y;
    opt.coding = &facts->coding;
    fd = tt_file_temp(out, temp, err);
    if (fd < 0)
        return -1;
    rc = image_save_grey(&photo->decoded.grey, &opt, temp, err);
    if (rc < 0)
        unlink(temp);
    else
        rc = publish(fd, temp, out, force, err);
    close(fd);
    return rc;
}

/* The row of the output, by its bytes; NULL: the record has none. */
static const struct db_photo *find_row(struct cli_record *r,
                                       const struct tt_sha256 *sha)
{
    struct tt_error ignored;
    struct db_which *w;
    size_t n;

    if (!r->db ||
        db_history_which(r->db, NULL, sha, 1, r->mem, &w, &n, &ignored) < 0)
        return NULL;
    return n ? &w[0].photo : NULL;
}

/* Hold what was written against the original, where that is at hand. */
static int compare(struct cli_context *c, struct worker_decoder *d,
                   const struct db_photo *row,
                   const struct cli_proof_photo *photo, struct tt_error *err)
{
    const struct recover_opts *o = c->opts;
    const struct image_grey *g = &photo->decoded.grey;
    enum cli_proof_grey grey = CLI_PROOF_UNKNOWN;
    char words[200] = "", safe[TT_PATH_SIZE] = "?";
    struct cli_proof_photo in;
    struct tt_error why;

    if (row && row->in && row->has_in) {
        cli_text_safe(cli_text_path(row->in), safe, sizeof(safe));
        if (cli_proof_read(d, row->in, &in, &why) == 0 &&
            tt_sha256_same(&in.bytes.sha256, &row->sha_in))
            grey = cli_proof_compare(photo, &in, words, sizeof(words));
        cli_proof_photo_release(&in);
    }
    if (grey == CLI_PROOF_DIFFERS)
        return tt_fail(err, TT_FORMAT, "%s: %s", safe, words);
    if (!c->settings.quiet)
        fprintf(c->out, "%s: %d bits, %d x %d, %s%s\n", o->out, g->bits,
                g->width, g->height,
                grey == CLI_PROOF_SAME
                    ? "identical to "
                    : "the original is not at hand to compare with: ",
                safe);
    return 0;
}

static int recover_one(struct cli_context *c, struct cli_record *r,
                       struct worker_decoder *d, enum image_format format,
                       struct tt_error *err)
{
    const struct recover_opts *o = c->opts;
    const char *typed = c->operand[0];
    const struct db_photo *row;
    struct cli_proof_photo photo;
    int rc = cli_proof_read(d, typed, &photo, err);

    if (rc == 0) {
        row = find_row(r, &photo.bytes.sha256);
        if (!row && !photo.decoded.facts.marked)
            rc = tt_fail(err, TT_INPUT,
                         "%s: neither the record nor the file itself says "
                         "that it was coloured here",
                         typed);
        else if (photo.decoded.facts.format == IMAGE_JPEG)
            rc = tt_fail(err, TT_INPUT,
                         "%s: a JPEG keeps the grey only nearly, so there is "
                         "nothing to give back bit for bit",
                         typed);
        if (rc == 0)
            rc = save(&photo, format, o->out, o->force, err);
        if (rc == 0)
            rc = compare(c, d, row, &photo, err);
    }
    cli_proof_photo_release(&photo);
    return rc;
}

static int recover(struct cli_context *c, struct tt_error *err)
{
    const struct recover_opts *o = c->opts;
    struct worker_decoder *d = NULL;
    enum image_format format = IMAGE_PNG;
    struct cli_record r = {NULL, NULL};
    int rc;

    if (!o->out)
        return tt_fail(err, TT_USAGE, "-o FILE is needed: where the grey goes");
    rc = check(o, o->out, &format, err);
    if (rc == 0)
        rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_proof_decoder(&d, err);
    if (rc == 0)
        rc = recover_one(c, &r, d, format, err);
    worker_decoder_close(d);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_recover = {
    .name = "recover",
    .operands = "OUT",
    .summary = "the grey original's pixels out of a coloured TIFF or PNG",
    .about = "The grey code of each pixel (docs/formats.md), which is that of "
             "the original bit for bit,\nat its depth and with its curve. "
             "Where the original is at hand the two are compared.",
    .example = "tintype recover colour/001.tif -o grey.tif",
    .flags = CLI_ENGINE,
    .least = 1,
    .most = 1,
    .opts = recover_opts,
    .opts_size = sizeof(struct recover_opts),
    .run = recover,
};
