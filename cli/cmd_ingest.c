#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "image/image.h"
#include "ingest/ingest.h"
#include "ingest/source.h"
#include "workers/ingest_plan.h"

/* Photos in a part, parts in all. */
enum { LEAST_PART = 512, MOST_PARTS = 32 };

struct ingest_opts {
    const char *out;
    const char *report;
    bool explain;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_TEXT(ingest_opts, out, 'o', "DIR", NULL, "folder of the shards"),
    TT_TEXT(ingest_opts, report, 0, "FILE", NULL,
            "what became of each photo, JSON lines, to FILE as well"),
    TT_FLAG(ingest_opts, explain, 0,
            "say why each FILE would be kept or refused, do nothing"),
    TT_OPT_END,
};
// clang-format on

/* "folder:DIR", "tar:FILE", "list:FILE" or a path, made absolute, since a
 * worker reads it from another folder. */
static int whole_source(const struct cli_context *c, const char *spec,
                        char out[TT_PATH_SIZE + 32], struct tt_error *err)
{
    char kept[TT_PATH_SIZE];
    size_t prefix = 0;
    char real[PATH_MAX];

    for (int i = 0; ingest_sources[i]; i++) {
        size_t n = strlen(ingest_sources[i]->name);

        if (strncmp(spec, ingest_sources[i]->name, n) == 0 && spec[n] == ':')
            prefix = n + 1;
    }
    if (strcmp(spec, "list:-") == 0) {
        if (cli_list_keep(&c->settings, STDIN_FILENO, kept, err) < 0)
            return -1;
        snprintf(out, TT_PATH_SIZE + 32, "list:%s", kept);
        return 0;
    }
    if (!realpath(spec + prefix, real))
        return tt_fail_errno(err, TT_MISSING, "%s", spec);
    snprintf(out, TT_PATH_SIZE + 32, "%.*s%s", (int)prefix, spec, real);
    return 0;
}

/* What the operands name, looked at once: what is no source is said at once,
 * not by a job that fails. */
struct sources {
    json_t *specs;
    uint64_t photos;
    bool unknown; /* how many photos, without reading all */
};

static int look_at(struct sources *s, const char *spec, struct tt_error *err)
{
    struct ingest_source *source;
    struct ingest_survey survey;
    int rc;

    if (ingest_source_open(&source, spec, err) < 0)
        return -1;
    rc = ingest_source_survey(source, &survey, err);
    ingest_source_close(source);
    if (rc < 0)
        return -1;
    s->photos += survey.photos;
    s->unknown |= survey.photos == 0;
    return 0;
}

static int add_sources(struct cli_context *c, struct sources *s,
                       struct tt_error *err)
{
    for (int i = 0; i < c->operands; i++) {
        char spec[TT_PATH_SIZE + 32];

        if (whole_source(c, c->operand[i], spec, err) < 0)
            return -1;
        if (json_array_append_new(s->specs, json_string(spec)) < 0)
            return tt_fail(err, TT_INPUT, "%s: its name is not UTF-8",
                           c->operand[i]);
        if (look_at(s, spec, err) < 0)
            return -1;
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
    else if (f.threshold != 0 || f.value != 0)
        fprintf(c->out, "%s: %g, where the bound is %g\n",
                ingest_verdict_about(f.verdict), f.value, f.threshold);
    else
        fprintf(c->out, "%s\n", ingest_verdict_about(f.verdict));
    return 0;
}

static int explain(struct cli_context *c, struct tt_error *err)
{
    struct ingest_plan plan;
    int rc = image_start("tintype", err);

    if (rc < 0)
        return -1;
    worker_ingest_plan(c->params, &plan);
    for (int i = 0; rc == 0 && i < c->operands; i++)
        rc = explain_one(c, c->operand[i], &plan.gate, err);
    image_stop();
    return rc;
}

/* --- dry run --- */

struct counting {
    struct cli_progress progress;
};

static void count_on(void *ctx, uint64_t done, uint64_t total)
{
    struct counting *n = ctx;
    const struct cli_progress_at at = {.done = (int64_t)done,
                                       .total = (int64_t)total};

    cli_progress_show(&n->progress, &at, tt_steady_ms());
}

/* "   grayscale 618  toned 113" and the end of the line. */
static void print_counts(FILE *out, const uint64_t counts[INGEST_VERDICT_COUNT])
{
    const char *space = "   ";

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++)
        if (v != INGEST_KEPT && counts[v] > 0) {
            fprintf(out, "%s%s %llu", space,
                    ingest_verdict_word((enum ingest_verdict)v),
                    (unsigned long long)counts[v]);
            space = "  ";
        }
    fputc('\n', out);
}

static json_t *counts_json(const uint64_t counts[INGEST_VERDICT_COUNT])
{
    json_t *o = json_object();

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++)
        if (counts[v] > 0)
            cli_set_count(o, ingest_verdict_word((enum ingest_verdict)v),
                          (int64_t)counts[v]);
    return o;
}

static int print_dry(struct cli_context *c, const struct ingest_outcome *o,
                     struct tt_error *err)
{
    uint64_t kept = o->verdicts[INGEST_KEPT];

    if (!cli_print_human(&c->print))
        return cli_print_document(
            c->out, &c->print, "estimate",
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o}", "seen",
                      (json_int_t)o->seen, "kept", (json_int_t)kept, "train",
                      (json_int_t)o->records[SHARD_TRAIN], "val",
                      (json_int_t)o->records[SHARD_VAL], "test",
                      (json_int_t)o->records[SHARD_TEST], "verdicts",
                      counts_json(o->verdicts), "told", (json_int_t)o->told,
                      "metadata", counts_json(o->faces)),
            err);
    fprintf(c->out,
            "would keep %llu of %llu   train %llu  val %llu  test %llu   "
            "nothing written\n",
            (unsigned long long)kept, (unsigned long long)o->seen,
            (unsigned long long)o->records[SHARD_TRAIN],
            (unsigned long long)o->records[SHARD_VAL],
            (unsigned long long)o->records[SHARD_TEST]);
    fprintf(c->out, "would refuse %llu", (unsigned long long)(o->seen - kept));
    print_counts(c->out, o->verdicts);
    if (o->told) {
        fprintf(c->out, "metadata of %llu, each rule alone",
                (unsigned long long)o->told);
        print_counts(c->out, o->faces);
    }
    return 0;
}

/* Every photo is judged, as the job would do it, here and now. */
static int dry_run(struct cli_context *c, json_t *sources, struct tt_error *err)
{
    struct counting n;
    struct tt_watch watch = {.ctx = &n, .progress = count_on};
    size_t n_sources = json_array_size(sources);
    const char **specs = calloc(n_sources + 1, sizeof(*specs));
    struct ingest_outcome o = {0};
    struct ingest_plan plan;
    int rc;

    if (!specs)
        return tt_fail(err, TT_NOMEM, "no memory for the sources");
    for (size_t i = 0; i < n_sources; i++)
        specs[i] = json_string_value(json_array_get(sources, i));
    worker_ingest_plan(c->params, &plan);
    plan.sources = specs;
    plan.n_sources = n_sources;
    plan.dry_run = true;
    plan.report = ((const struct ingest_opts *)c->opts)->report;
    cli_progress_init(&n.progress, &c->settings, stderr);
    rc = image_start("tintype", err);
    if (rc == 0) {
        rc = ingest_run(&plan, &watch, &o, err);
        image_stop();
    }
    cli_progress_clear(&n.progress);
    if (rc == 0)
        rc = print_dry(c, &o, err);
    ingest_outcome_release(&o);
    free(specs);
    return rc;
}

/* --- the job --- */

/* Into parts that other workers can help with (ingest/parts.h). */
static int share_out(struct cli_work *w, const struct sources *sources,
                     struct tt_error *err)
{
    uint64_t photos = sources->unknown ? 0 : sources->photos;
    uint64_t size = LEAST_PART, parts;

    if (photos / MOST_PARTS > size)
        size = photos / MOST_PARTS;
    parts = photos / size;
    if (parts < 2)
        return 0;
    w->units = (int64_t)parts;
    if (cli_work_set(w, "parts", json_integer((json_int_t)parts - 1), err) < 0)
        return -1;
    return cli_work_set(w, "part_photos", json_integer((json_int_t)size), err);
}

static int make_manifest(struct cli_context *c, struct cli_work *w,
                         const char *out, const struct sources *sources,
                         struct tt_error *err)
{
    char folder[PATH_MAX];

    if (tt_mkdirs(out, 0777, err) < 0)
        return -1;
    if (!realpath(out, folder))
        return tt_fail_errno(err, TT_OUTPUT, "%s", out);
    if (cli_work_begin(w, c, tt_path_name(folder), err) < 0)
        return -1;
    if (cli_work_set(w, "sources", json_incref(sources->specs), err) < 0)
        return -1;
    if (cli_work_set(w, "out", json_string(folder), err) < 0)
        return -1;
    return share_out(w, sources, err);
}

static int check_report(const struct cli_context *c, const char *report,
                        struct tt_error *err)
{
    if (report && c->work.queue)
        return tt_fail(err, TT_USAGE,
                       "--report cannot be waited for with --queue");
    if (report && tt_file_exists(report))
        return tt_fail(err, TT_OUTPUT, "%s is there already", report);
    return 0;
}

static int copy_report(const char *out, const char *report,
                       struct tt_error *err)
{
    char path[TT_PATH_SIZE], *text;
    size_t size;
    int rc;

    if (tt_path_join(path, sizeof(path), out, INGEST_REPORT_FILE, err) < 0 ||
        tt_file_read(path, SIZE_MAX / 2, &text, &size, err) < 0)
        return -1;
    rc = tt_file_write(report, text, size, err);
    free(text);
    return rc;
}

static int work(struct cli_context *c, const struct ingest_opts *o,
                const struct sources *sources, struct tt_error *err)
{
    struct cli_summary s = {o->out, 0};
    struct cli_work w = {0};
    int rc = make_manifest(c, &w, o->out, sources, err);

    if (rc == 0)
        rc = cli_summary_work(c, &w, &s, err);
    cli_work_end(&w, !c->work.queue);
    if (rc == 0 && o->report)
        rc = copy_report(o->out, o->report, err);
    return rc;
}

static int check_shares(const struct job_ingest *p, struct tt_error *err)
{
    if (p->train > 0 && p->train + p->val <= 1 + 1e-9)
        return 0;
    return tt_fail(err, TT_USAGE,
                   "--train %g and --val %g: some to learn from, and together "
                   "1 at most",
                   p->train, p->val);
}

static int run(struct cli_context *c, struct tt_error *err)
{
    struct ingest_opts *o = c->opts;
    struct cli_record r;
    struct sources sources = {NULL, 0, false};
    int rc;

    if (o->explain)
        return explain(c, err);
    if (!o->out && !c->work.dry_run)
        return tt_fail(err, TT_USAGE, "-o DIR is needed: where shards go");
    if (check_shares(c->params, err) < 0 || check_report(c, o->report, err) < 0)
        return -1;
    sources.specs = json_array();
    rc = add_sources(c, &sources, err); /* are they all there? */
    if (rc == 0 && c->work.dry_run) {
        rc = dry_run(c, sources.specs, err);
    } else if (rc == 0) {
        rc = cli_record_open(&r, &c->settings, err); /* may it be read? */
        cli_record_close(&r);
        if (rc >= 0)
            rc = work(c, o, &sources, err);
    }
    json_decref(sources.specs);
    return rc;
}

const struct cli_command cmd_ingest = {
    .name = "ingest",
    .operands = "SOURCE…",
    .summary = "make training data of colour photos",
    .about =
        "A source is a folder or an archive (tar, zip), or one of\n"
        "  list:FILE   a path a line, or NUL-separated; - is standard input\n"
        "  imdb:WHERE  IMDB-WIKI: a folder or an archive with imdb.mat or\n"
        "  wiki:WHERE  wiki.mat, or such a file, beside which photos lie\n"
        "Photos that are no good to learn from are refused, each with its "
        "reason in\nDIR/report.jsonl; the rest is split by person. What a .mat "
        "says of faces counts\nas well: no face, a low score, a second face, "
        "an age that cannot be. --dry-run\njudges and counts. The same "
        "command again has nothing to do.",
    .example = "tintype ingest faces/ -o shards/\n"
               "tintype ingest imdb:imdb_crop/ --dry-run\n"
               "tintype ingest --explain faces/0421.jpg",
    .flags = CLI_WORK | CLI_DATA,
    .least = 1,
    .most = -1,
    .opts = opts,
    .opts_size = sizeof(struct ingest_opts),
    .kind = JOB_INGEST,
    .run = run,
};
