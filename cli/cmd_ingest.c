#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/estimate.h"
#include "cli/summary.h"
#include "image/image.h"
#include "ingest/ingest.h"
#include "ingest/source.h"

struct ingest_opts {
    const char *out;
    bool explain;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(ingest_opts, out, 'o', "DIR", NULL, "folder of the shards"),
    TT_FLAG(ingest_opts, explain, 0,
            "say why each FILE would be kept or refused, do nothing"),
    TT_OPT_END,
};
// clang-format on

/* "folder:DIR", "tar:FILE", "list:FILE" or a path, made absolute, since a
 * worker reads it from another folder. */
static int whole_source(const char *spec, char out[TT_PATH_SIZE + 32],
                        struct tt_error *err)
{
    size_t prefix = 0;
    char real[PATH_MAX];

    for (int i = 0; ingest_sources[i]; i++) {
        size_t n = strlen(ingest_sources[i]->name);

        if (strncmp(spec, ingest_sources[i]->name, n) == 0 && spec[n] == ':')
            prefix = n + 1;
    }
    if (!realpath(spec + prefix, real))
        return tt_fail_errno(err, TT_MISSING, "%s", spec);
    snprintf(out, TT_PATH_SIZE + 32, "%.*s%s", (int)prefix, spec, real);
    return 0;
}

static int add_sources(struct cli_context *c, json_t *list,
                       struct tt_error *err)
{
    for (int i = 0; i < c->operands; i++) {
        char spec[TT_PATH_SIZE + 32];

        if (whole_source(c->operand[i], spec, err) < 0)
            return -1;
        if (json_array_append_new(list, json_string(spec)) < 0)
            return tt_fail(err, TT_INPUT, "%s: its name is not UTF-8",
                           c->operand[i]);
    }
    return 0;
}

/* --- explain --- */

static int explain_one(struct cli_context *c, const char *path,
                       const struct ingest_gate *gate, struct tt_error *err)
{
    struct ingest_finding f;
    struct image_facts facts;
    const struct image_measure *m = &facts.measure;

    if (ingest_explain(path, gate, &f, &facts, err) < 0)
        return -1;
    if (c->operands > 1)
        fprintf(c->out, "%s  ", path);
    if (f.verdict == INGEST_KEPT) {
        fprintf(c->out, "kept   %d x %d, C95 %.1f, R90 %.1f\n", facts.width,
                facts.height, m->c95, m->r90);
        return 0;
    }
    fprintf(c->out, "refused: %s   ", ingest_verdict_word(f.verdict));
    if (f.verdict == INGEST_TONED)
        fprintf(c->out,
                "%s %.1f (a colour photo has %.1f or more): one curve of "
                "colour over lightness, as sepia has\n",
                f.threshold == gate->tone_cr90 ? "CR90" : "R90", f.value,
                f.threshold);
    else if (f.verdict == INGEST_GRAYSCALE)
        fprintf(c->out, "C95 %.1f (a colour photo has %.1f or more): %s\n",
                f.value, f.threshold, ingest_verdict_about(f.verdict));
    else if (f.threshold != 0)
        fprintf(c->out, "%s: %g, where the bound is %g\n",
                ingest_verdict_about(f.verdict), f.value, f.threshold);
    else
        fprintf(c->out, "%s\n", ingest_verdict_about(f.verdict));
    return 0;
}

static void read_gate(const struct job_ingest *p, struct ingest_gate *gate)
{
    ingest_gate_init(gate);
    gate->min_side = (int)p->min_side;
    gate->max_aspect = p->max_aspect;
    gate->gray_c95 = p->gray_c95;
    gate->tone_r90 = p->tone_r90;
    gate->tone_cr90 = p->tone_cr90;
    gate->blank = p->blank;
    gate->dark = p->dark;
    gate->blur = p->blur;
}

static int explain(struct cli_context *c, struct tt_error *err)
{
    struct ingest_gate gate;
    int rc = image_start("tintype", err);

    if (rc < 0)
        return -1;
    read_gate(c->params, &gate);
    for (int i = 0; rc == 0 && i < c->operands; i++)
        rc = explain_one(c, c->operand[i], &gate, err);
    image_stop();
    return rc;
}

/* --- dry run --- */

static int dry_run(struct cli_context *c, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    struct cli_folder f = {0};
    char bytes[32];
    double seconds;
    int rc = cli_record_open(&r, &c->settings, err);

    for (int i = 0; rc == 0 && i < c->operands; i++) {
        const char *colon = strchr(c->operand[i], ':');

        rc = cli_folder_add(&f, colon ? colon + 1 : c->operand[i], err);
    }
    if (rc == 0) {
        seconds = (double)f.n / cli_estimate_rate(&r, JOB_INGEST, 500);
        cli_text_bytes(f.bytes, bytes, sizeof(bytes));
        fprintf(c->out,
                "would read %zu files (%s), about %.0f s; nothing written\n",
                f.n, bytes, seconds < 1 ? 1 : seconds);
    }
    cli_folder_release(&f);
    cli_record_close(&r);
    return rc;
}

/* --- the job --- */

static int make_manifest(struct cli_context *c, struct cli_work *w,
                         const char *out, struct tt_error *err)
{
    char folder[PATH_MAX];
    json_t *sources;

    if (tt_mkdirs(out, 0777, err) < 0)
        return -1;
    if (!realpath(out, folder))
        return tt_fail_errno(err, TT_OUTPUT, "%s", out);
    if (cli_work_begin(w, c, tt_path_name(folder), err) < 0)
        return -1;
    sources = json_array();
    if (cli_work_set(w, "sources", sources, err) < 0 ||
        add_sources(c, sources, err) < 0)
        return -1;
    return cli_work_set(w, "out", json_string(folder), err);
}

static int work(struct cli_context *c, const char *out, struct tt_error *err)
{
    struct cli_summary s = {out, 0};
    struct cli_work w = {0};
    int rc = make_manifest(c, &w, out, err);

    if (rc == 0)
        rc = cli_summary_work(c, &w, &s, err);
    cli_work_end(&w, !c->work.queue);
    return rc;
}

static int run(struct cli_context *c, struct tt_error *err)
{
    struct ingest_opts *o = c->opts;
    struct cli_record r;
    json_t *scratch;
    int rc;

    if (o->explain)
        return explain(c, err);
    if (!o->out)
        return tt_fail(err, TT_USAGE, "-o DIR is needed: where shards go");
    scratch = json_array();
    rc = add_sources(c, scratch, err); /* are they all there? */
    json_decref(scratch);
    if (rc < 0)
        return -1;
    if (c->work.dry_run)
        return dry_run(c, err);
    rc = cli_record_open(&r, &c->settings, err); /* may it be read at all? */
    cli_record_close(&r);
    return rc < 0 ? -1 : work(c, o->out, err);
}

const struct cli_command cmd_ingest = {
    .name = "ingest",
    .operands = "SOURCE…",
    .summary = "make training data of colour photos",
    .about = "A source is a folder, an archive (tar, zip), or list:FILE with a "
             "path a line.\nPhotos that are no good to learn from are refused, "
             "each with its reason in\nDIR/report.jsonl; the rest is split by "
             "person. The same command again has nothing\nto do.",
    .example = "tintype ingest faces/ -o shards/\n"
               "tintype ingest --explain faces/0421.jpg",
    .flags = CLI_WORK | CLI_DATA,
    .least = 1,
    .most = -1,
    .opts = opts,
    .opts_size = sizeof(struct ingest_opts),
    .kind = JOB_INGEST,
    .run = run,
};
