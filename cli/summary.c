#include "cli/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/evaluation.h"
#include "cli/rows.h"

#define FAILED_SHOWN  20
#define REFUSED_SHOWN 5

/* --- colorize --- */

void cli_summary_counts(long long done, long long failed, long long skipped,
                        long long before, char *text, size_t size)
{
    if (skipped + before == 0)
        snprintf(text, size, "%lld coloured, %lld failed, 0 skipped", done,
                 failed);
    else if (before == 0)
        snprintf(text, size,
                 "%lld coloured, %lld skipped (already colour), %lld failed",
                 done, skipped, failed);
    else if (skipped == 0)
        snprintf(text, size,
                 "%lld coloured, %lld skipped (done before), %lld failed", done,
                 before, failed);
    else
        snprintf(text, size,
                 "%lld coloured, %lld skipped (%lld already colour, %lld done "
                 "before), %lld failed",
                 done, skipped + before, skipped, before, failed);
}

static int print_failed(const struct cli_context *c, struct cli_outcome *o,
                        struct tt_error *err)
{
    struct db_photo *rows;
    char path[TT_PATH_SIZE], message[1024];
    size_t n;

    if (db_history_photos(o->record.db, o->job.id, DB_STATE(PHOTO_FAILED), -1,
                          FAILED_SHOWN, o->record.mem, &rows, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        cli_text_safe(rows[i].in ? cli_text_path(rows[i].in) : "?", path,
                      sizeof(path));
        cli_text_safe(rows[i].message, message, sizeof(message));
        fprintf(c->out, "failed  %s  %s%s%s\n", path, rows[i].reason,
                *message ? ": " : "", message);
    }
    if (o->job.failed > (int64_t)n)
        fprintf(c->out, "… and %lld more: tintype job outputs j%lld --failed\n",
                (long long)o->job.failed - (long long)n, (long long)o->job.id);
    return 0;
}

static int print_colorize(const struct cli_context *c, struct cli_outcome *o,
                          const struct cli_summary *s, struct tt_error *err)
{
    const struct db_job *j = &o->job;
    const char *out = s->out      ? s->out
                      : j->outdir ? cli_text_path(j->outdir)
                                  : "-";
    char counts[160], safe[TT_PATH_SIZE];

    cli_summary_counts(j->done, j->failed, j->skipped, (long long)s->before,
                       counts, sizeof(counts));
    cli_text_safe(out, safe, sizeof(safe));
    fprintf(c->out, "%s   %s   job j%lld\n", counts, safe, (long long)j->id);
    return print_failed(c, o, err);
}

/* --- ingest --- */

static int print_ingest(const struct cli_context *c, struct cli_outcome *o,
                        const struct cli_summary *s, struct tt_error *err)
{
    const char *out = s->out          ? s->out
                      : o->job.outdir ? cli_text_path(o->job.outdir)
                                      : "-";
    size_t len = strlen(out);
    struct db_dataset d;
    int64_t id;
    int rc = o->job.outdir ? db_history_dataset_find(o->record.db,
                                                     o->job.outdir, &id, err)
                           : 0;

    if (rc > 0)
        rc = db_history_dataset(o->record.db, id, o->record.mem, &d, err);
    if (rc <= 0)
        return rc;
    if (o->job.state != JOB_DONE && d.job != o->job.id)
        return 0; // another job's set stands there
    fprintf(c->out,
            "kept %lld   train %lld  val %lld  test %lld   split by person, "
            "none on two sides\n",
            (long long)d.records, (long long)d.train, (long long)d.val,
            (long long)d.test);
    fprintf(c->out, "refused %lld", (long long)d.refused);
    for (size_t i = 0; i < d.n_verdicts && i < REFUSED_SHOWN; i++)
        fprintf(c->out, "%s%s %lld", i ? "  " : "   ", d.verdicts[i].reason,
                (long long)d.verdicts[i].n);
    fputs(d.n_verdicts > REFUSED_SHOWN ? "  …\n" : "\n", c->out);
    fprintf(c->out, "dataset d%lld   %s   report %s%sreport.jsonl\n",
            (long long)d.id, out, out, len && out[len - 1] == '/' ? "" : "/");
    return 0;
}

/* --- train --- */

static int print_train(const struct cli_context *c, struct cli_outcome *o,
                       struct tt_error *err)
{
    char hash[32] = "";
    struct db_run run;
    int64_t id;
    int rc = db_run_of_job(o->record.db, o->job.id, &id, err);

    if (rc < 0 || id == 0 ||
        (rc = db_history_run(o->record.db, id, o->record.mem, &run, err)) <= 0)
        return rc < 0 ? -1 : 0;
    if (run.has_sha256)
        cli_text_hash(&run.sha256, hash, sizeof(hash));
    fprintf(c->out, "run r%lld   %s   %lld of %lld epochs", (long long)run.id,
            run.name, (long long)run.epoch, (long long)run.epochs);
    if (run.best_name)
        fprintf(c->out, "   %s %.2f at step %lld", run.best_name, run.best,
                (long long)run.best_step);
    fprintf(c->out, "   job j%lld\n", (long long)o->job.id);
    if (run.checkpoint)
        fprintf(c->out, "checkpoint %s   %s", hash,
                cli_text_path(run.checkpoint));
    if (run.checkpoint && run.model)
        fprintf(c->out, "   model m%lld (tintype model use m%lld)",
                (long long)run.model, (long long)run.model);
    if (run.checkpoint)
        fputc('\n', c->out);
    return 0;
}

/* --- evaluate --- */

static int print_evaluate(const struct cli_context *c, struct cli_outcome *o)
{
    json_t *e = o->job.result ? json_loads(o->job.result, 0, NULL) : NULL;

    if (e)
        cli_evaluation_table(e, c->out);
    json_decref(e);
    return 0;
}

/* --- all --- */

static int print_csv(const struct cli_context *c, struct cli_outcome *o,
                     struct tt_error *err)
{
    json_t *e = o->job.result ? json_loads(o->job.result, 0, NULL) : NULL;
    int rc = e ? cli_evaluation_rows(e, c->out, &c->print, err) : 0;

    json_decref(e);
    return rc;
}

static int print_json(const struct cli_context *c, struct cli_outcome *o,
                      const struct cli_summary *s, struct tt_error *err)
{
    json_t *row = cli_row_job(&o->job, tt_wall_ms());

    if (o->job.kind == JOB_COLORIZE)
        cli_set_count(row, "done_before", (int64_t)s->before);
    cli_set_json(row, "result", o->job.result);
    return cli_print_document(c->out, &c->print, "job", row, err);
}

static int print_kind(const struct cli_context *c, struct cli_outcome *o,
                      const struct cli_summary *s, struct tt_error *err)
{
    bool well = o->job.state == JOB_DONE || o->job.state == JOB_PARTIAL;

    if (o->job.kind == JOB_COLORIZE)
        return print_colorize(c, o, s, err);
    if (o->job.kind == JOB_TRAIN)
        return print_train(c, o, err);
    if (well && o->job.kind == JOB_INGEST)
        return print_ingest(c, o, s, err);
    return well ? print_evaluate(c, o) : 0;
}

static void say_why(const struct cli_context *c, const struct cli_outcome *o)
{
    const struct db_job *j = &o->job;
    long long left = j->total - j->done - j->skipped - j->failed;

    if (o->interrupted && j->state < JOB_ENDED && j->kind == JOB_COLORIZE)
        fprintf(stderr, "interrupted, %lld left; the same command goes on\n",
                left);
    else if (o->interrupted && j->state < JOB_ENDED)
        fprintf(stderr, "interrupted; `tintype job resume j%lld` goes on\n",
                (long long)j->id);
    else if (j->state == JOB_CANCELLED)
        fprintf(stderr, "job j%lld was cancelled\n", (long long)j->id);
    else if (j->error && j->state != JOB_DONE)
        fprintf(c->out, "failed  job j%lld  %s\n", (long long)j->id, j->error);
}

int cli_summary_print(const struct cli_context *c, struct cli_outcome *o,
                      const struct cli_summary *s, int *status,
                      struct tt_error *err)
{
    *status = cli_record_exit(&o->job);
    if (o->interrupted && *status != 0)
        *status = tt_code_exit(TT_CANCEL);
    if (*status < 0)
        *status = tt_code_exit(TT_CANCEL);
    if (c->print.csv)
        return print_csv(c, o, err);
    if (!cli_print_human(&c->print))
        return print_json(c, o, s, err);
    if (print_kind(c, o, s, err) < 0)
        return -1;
    say_why(c, o);
    return 0;
}

int cli_summary_work(const struct cli_context *c, struct cli_work *w,
                     const struct cli_summary *s, struct tt_error *err)
{
    struct cli_outcome o;
    int status = 0, rc;

    if (cli_work_submit(w, err) < 0)
        return -1;
    if (c->work.queue)
        return cli_work_print_id(w, err);
    rc = cli_work_wait(w, &o, err);
    if (rc == 0)
        rc = cli_summary_print(c, &o, s, &status, err);
    cli_outcome_release(&o);
    return rc < 0 ? -1 : status;
}
