#include "cli/rows.h"

#include <math.h>
#include <string.h>

#include "cli/record.h"
#include "job/kind.h"

// clang-format off
const struct cli_column cli_job_columns[] = {
    {"id",        CLI_TEXT,  true,  "what to call it by"},
    {"kind",      CLI_TEXT,  true,  "colorize, ingest, train, evaluate"},
    {"name",      CLI_TEXT,  false, "its name"},
    {"state",     CLI_TEXT,  true,  "queued, running, paused, cancelling, done, "
                                    "partial, failed, cancelled"},
    {"items",     CLI_TEXT,  true,  "done+skipped/all"},
    {"elapsed",   CLI_TEXT,  true,  "since its start, or to its end"},
    {"exit",      CLI_COUNT, true,  "exit status that goes with it"},
    {"age",       CLI_TEXT,  true,  "since it was submitted"},
    {"done",      CLI_COUNT, false, "items that ended well"},
    {"skipped",   CLI_COUNT, false, "items passed over on purpose"},
    {"failed",    CLI_COUNT, false, "items that failed"},
    {"total",     CLI_COUNT, false, "items in all"},
    {"owner",     CLI_TEXT,  false, "who submitted it"},
    {"priority",  CLI_TEXT,  false, "first, normal, last"},
    {"model",     CLI_TEXT,  false, "that it uses"},
    {"dataset",   CLI_TEXT,  false, "that it uses"},
    {"out",       CLI_TEXT,  false, "folder of its outputs"},
    {"bytes",     CLI_BYTES, false, "written"},
    {"submitted", CLI_TEXT,  false, "when"},
    {"started",   CLI_TEXT,  false, "when"},
    {"ended",     CLI_TEXT,  false, "when"},
    {"error",     CLI_TEXT,  false, "why it failed or was stopped"},
    {NULL, CLI_TEXT, false, NULL},
};

const struct cli_column cli_photo_columns[] = {
    {"item",       CLI_COUNT, true,  "number in the job, from 1"},
    {"state",      CLI_TEXT,  true,  "ok, skipped, failed"},
    {"in",         CLI_TEXT,  true,  "the original"},
    {"out",        CLI_TEXT,  true,  "the output"},
    {"reason",     CLI_TEXT,  true,  "one word"},
    {"message",    CLI_TEXT,  false, "more words"},
    {"width",      CLI_COUNT, false, "pixels"},
    {"height",     CLI_COUNT, false, "pixels"},
    {"bits",       CLI_COUNT, false, "of a sample"},
    {"bytes",      CLI_BYTES, false, "of the output"},
    {"ms",         CLI_COUNT, false, "that it took"},
    {"flags",      CLI_TEXT,  false, "what was noticed"},
    {"sha256_in",  CLI_HASH,  false, "of the original"},
    {"sha256_out", CLI_HASH,  false, "of the output"},
    {"attempt",    CLI_COUNT, false, "that was recorded"},
    {"ended",      CLI_TEXT,  false, "when"},
    {NULL, CLI_TEXT, false, NULL},
};

const struct cli_column cli_run_columns[] = {
    {"id",         CLI_TEXT,  true,  "what to call it by"},
    {"name",       CLI_TEXT,  true,  "its name"},
    {"state",      CLI_TEXT,  true,  "as of its job"},
    {"epoch",      CLI_TEXT,  true,  "done/all"},
    {"val_mae_ab", CLI_TEXT,  true,  "the latest in validation"},
    {"val_ssim",   CLI_TEXT,  true,  "the latest in validation"},
    {"loss",       CLI_TEXT,  true,  "its course"},
    {"age",        CLI_TEXT,  true,  "since its start"},
    {"eta",        CLI_TEXT,  true,  "to its end"},
    {"job",        CLI_TEXT,  false, "that did it"},
    {"best",       CLI_REAL,  false, "best value"},
    {"best_name",  CLI_TEXT,  false, "of what"},
    {"best_step",  CLI_COUNT, false, "at which step"},
    {"step",       CLI_COUNT, false, "done"},
    {"steps",      CLI_COUNT, false, "of how many"},
    {"dataset",    CLI_TEXT,  false, "learned from"},
    {"model",      CLI_TEXT,  false, "that came of it"},
    {"preset",     CLI_TEXT,  false, "size of the network"},
    {"precision",  CLI_TEXT,  false, "of the arithmetic"},
    {"device",     CLI_TEXT,  false, "it ran on"},
    {"seed",       CLI_COUNT, false, "of all chance"},
    {"checkpoint", CLI_TEXT,  false, "file of the best one"},
    {"sha256",     CLI_HASH,  false, "of that file"},
    {"started",    CLI_TEXT,  false, "when"},
    {"ended",      CLI_TEXT,  false, "when"},
    {NULL, CLI_TEXT, false, NULL},
};

const struct cli_column cli_model_columns[] = {
    {"id",         CLI_TEXT,  true,  "what to call it by"},
    {"name",       CLI_TEXT,  true,  "name and version"},
    {"current",    CLI_TEXT,  true,  "used when none is named"},
    {"preset",     CLI_TEXT,  true,  "size of the network"},
    {"val_mae_ab", CLI_TEXT,  true,  "in validation"},
    {"run",        CLI_TEXT,  true,  "that made it"},
    {"jobs",       CLI_COUNT, true,  "that used it"},
    {"created",    CLI_TEXT,  true,  "when it was entered"},
    {"parameters", CLI_COUNT, false, "numbers in it"},
    {"path",       CLI_TEXT,  false, "file"},
    {"sha256",     CLI_HASH,  false, "of that file"},
    {NULL, CLI_TEXT, false, NULL},
};

const struct cli_column cli_dataset_columns[] = {
    {"id",      CLI_TEXT,  true,  "what to call it by"},
    {"name",    CLI_TEXT,  true,  "its name"},
    {"records", CLI_COUNT, true,  "photos kept"},
    {"train",   CLI_COUNT, true,  "to learn from"},
    {"val",     CLI_COUNT, true,  "to validate on"},
    {"test",    CLI_COUNT, true,  "to measure on"},
    {"refused", CLI_COUNT, true,  "photos refused"},
    {"bytes",   CLI_BYTES, true,  "of its shards"},
    {"path",    CLI_TEXT,  true,  "folder"},
    {"seen",    CLI_COUNT, false, "photos looked at"},
    {"side",    CLI_COUNT, false, "pixels"},
    {"job",     CLI_TEXT,  false, "that made it"},
    {"sha256",  CLI_HASH,  false, "of dataset.json"},
    {"created", CLI_TEXT,  false, "when"},
    {NULL, CLI_TEXT, false, NULL},
};

const struct cli_column cli_worker_columns[] = {
    {"id",         CLI_TEXT,  true,  "w and a number"},
    {"host",       CLI_TEXT,  true,  "where"},
    {"pid",        CLI_COUNT, true,  "process"},
    {"caps",       CLI_TEXT,  true,  "what it can do"},
    {"threads",    CLI_COUNT, true,  "of its network"},
    {"photos",     CLI_COUNT, true,  "recorded from it"},
    {"seen",       CLI_TEXT,  true,  "ago"},
    {"chunks",     CLI_COUNT, false, "recorded from it"},
    {"version",    CLI_TEXT,  false, "of tintype"},
    {"uid",        CLI_TEXT,  false, "its name in the queue"},
    {"first_seen", CLI_TEXT,  false, "when"},
    {"last_seen",  CLI_TEXT,  false, "when"},
    {"ended",      CLI_TEXT,  false, "when"},
    {NULL, CLI_TEXT, false, NULL},
};
// clang-format on

/* <name> as text for people, <name>_ms as a number. */
static void set_elapsed(json_t *row, const char *name, int64_t ms)
{
    char text[32], number[48];

    cli_text_elapsed(ms, text, sizeof(text));
    snprintf(number, sizeof(number), "%s_ms", name);
    cli_set_text(row, name, text);
    cli_set_count(row, number, ms);
}

static void set_age(json_t *row, const char *name, int64_t ms)
{
    char text[32], number[48];

    cli_text_age(ms, text, sizeof(text));
    snprintf(number, sizeof(number), "%s_ms", name);
    cli_set_text(row, name, text);
    cli_set_count(row, number, ms);
}

/* --- jobs --- */

void cli_job_items(const struct db_job *job, char *text, size_t size)
{
    long long done = job->done, total = job->total;

    if (job->kind != JOB_COLORIZE && job->steps > 0) {
        done = job->step;
        total = job->steps;
    }
    if (job->skipped)
        snprintf(text, size, "%lld+%lld/%lld", done, (long long)job->skipped,
                 total);
    else
        snprintf(text, size, "%lld/%lld", done, total);
}

int64_t cli_job_elapsed(const struct db_job *job, int64_t now)
{
    int64_t end = job->ended ? job->ended : now;

    return job->started && end > job->started ? end - job->started : 0;
}

json_t *cli_row_job(const struct db_job *job, int64_t now)
{
    static const char *const priorities[] = {"first", "normal", "last"};
    const struct job_kind_info *kind = job_kind_info(job->kind);
    int exit_status = cli_record_exit(job);
    json_t *row = json_object();
    char items[64];

    cli_set_id(row, "id", 'j', job->id);
    cli_set_text(row, "kind", kind ? kind->word : "?");
    cli_set_text(row, "name", job->name);
    cli_set_text(row, "state", job_state_word(job->state));
    cli_job_items(job, items, sizeof(items));
    cli_set_text(row, "items", items);
    cli_set_count(row, "total", job->total);
    cli_set_count(row, "done", job->done);
    cli_set_count(row, "skipped", job->skipped);
    cli_set_count(row, "failed", job->failed);
    set_elapsed(row, "elapsed", cli_job_elapsed(job, now));
    set_age(row, "age", now - job->submitted);
    if (row)
        json_object_set_new(row, "exit",
                            exit_status < 0 ? json_null()
                                            : json_integer(exit_status));
    cli_set_text(row, "owner", job->owner);
    cli_set_text(row, "priority",
                 job->prio >= 0 && job->prio < 3 ? priorities[job->prio] : "?");
    cli_set_id(row, "model", 'm', job->model);
    cli_set_id(row, "dataset", 'd', job->dataset);
    cli_set_path(row, "out", job->outdir);
    cli_set_count(row, "bytes", job->bytes);
    cli_set_count(row, "work_ms", job->work_ms);
    cli_set_time(row, "submitted", job->submitted);
    cli_set_time(row, "started", job->started);
    cli_set_time(row, "ended", job->ended);
    cli_set_text(row, "error", job->error);
    return row;
}

json_t *cli_row_photo(const struct db_photo *p)
{
    json_t *row = json_object();

    cli_set_id(row, "job", 'j', p->job);
    cli_set_count(row, "item", p->index + 1);
    cli_set_text(row, "state", photo_state_word(p->state));
    cli_set_path(row, "in", p->in);
    cli_set_path(row, "out", p->out);
    cli_set_text(row, "reason", p->reason && *p->reason ? p->reason : NULL);
    cli_set_text(row, "message", p->message && *p->message ? p->message : NULL);
    cli_set_hash(row, "sha256_in", p->has_in, &p->sha_in);
    cli_set_hash(row, "sha256_out", p->has_out, &p->sha_out);
    cli_set_count(row, "width", p->width);
    cli_set_count(row, "height", p->height);
    cli_set_count(row, "bits", p->bits);
    cli_set_count(row, "bytes", p->bytes);
    cli_set_count(row, "ms", p->ms);
    cli_set_text(row, "flags", p->flags);
    cli_set_count(row, "chunk", p->chunk);
    cli_set_count(row, "attempt", p->att);
    cli_set_count(row, "tries", p->tries);
    cli_set_time(row, "ended", p->ended);
    return row;
}

/* --- runs --- */

void cli_spark(const struct db_point *points, size_t n, char *text, size_t size)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    double low = INFINITY, high = -INFINITY;
    size_t used = 0, cells = n < 8 ? n : 8;

    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, points[i].value);
        high = fmax(high, points[i].value);
    }
    for (size_t k = 0; k < cells && used + 4 < size; k++) {
        size_t i = cells > 1 ? k * (n - 1) / (cells - 1) : 0;
        double part = high > low ? (points[i].value - low) / (high - low) : 0;

        if (part != part)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s",
                                 blocks[(int)(part * 7.0 + 0.5)]);
    }
}

static void set_last(json_t *row, const char *name,
                     const struct db_series *series, size_t n)
{
    char text[32];

    cli_set_text(row, name, NULL);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(series[i].name, name) == 0) {
            /* SSIM and the like are told to the third figure */
            snprintf(text, sizeof(text),
                     fabs(series[i].last) < 1 ? "%.3f" : "%.2f",
                     series[i].last);
            cli_set_text(row, name, text);
        }
    }
}

/* By the share of steps that is done, in the time since the start. */
static void set_eta(json_t *row, const struct db_run *run, int64_t now)
{
    double share = run->steps > 0 ? (double)run->step / (double)run->steps : 0;

    if (run->state == JOB_RUNNING && share > 0 && run->started)
        set_age(row, "eta",
                (int64_t)((double)(now - run->started) * (1 - share) / share));
    else
        cli_set_text(row, "eta", NULL);
}

json_t *cli_row_run(const struct db_run *run, const struct db_series *series,
                    size_t n_series, const struct db_point *curve,
                    size_t n_curve, int64_t now)
{
    json_t *row = json_object();
    char text[64];

    cli_set_id(row, "id", 'r', run->id);
    cli_set_text(row, "name", run->name);
    cli_set_text(row, "state", job_state_word(run->state));
    snprintf(text, sizeof(text), "%lld/%lld", (long long)run->epoch,
             (long long)run->epochs);
    cli_set_text(row, "epoch", run->epochs ? text : NULL);
    set_last(row, "val_mae_ab", series, n_series);
    set_last(row, "val_ssim", series, n_series);
    cli_spark(curve, n_curve, text, sizeof(text));
    cli_set_text(row, "loss", n_curve ? text : NULL);
    set_age(row, "age",
            (run->ended ? run->ended : now) -
                (run->started ? run->started : run->created));
    set_eta(row, run, now);
    cli_set_id(row, "job", 'j', run->job);
    cli_set_text(row, "best_name", run->best_name);
    cli_set_real(row, "best", run->best);
    cli_set_count(row, "best_step", run->best_step);
    cli_set_count(row, "step", run->step);
    cli_set_count(row, "steps", run->steps);
    cli_set_id(row, "dataset", 'd', run->dataset);
    cli_set_id(row, "model", 'm', run->model);
    cli_set_text(row, "preset", run->preset);
    cli_set_text(row, "precision", run->precision);
    cli_set_text(row, "device", run->device);
    cli_set_count(row, "seed", run->seed);
    cli_set_path(row, "folder", run->folder);
    cli_set_path(row, "checkpoint", run->checkpoint);
    cli_set_hash(row, "sha256", run->has_sha256, &run->sha256);
    cli_set_time(row, "created", run->created);
    cli_set_time(row, "started", run->started);
    cli_set_time(row, "ended", run->ended);
    return row;
}

/* --- models, datasets, workers --- */

json_t *cli_row_model(const struct db_model *m)
{
    json_t *row = json_object();
    json_t *metrics = m->metrics ? json_loads(m->metrics, 0, NULL) : NULL;
    json_t *mae = json_object_get(metrics, "val_mae_ab");
    char text[160];

    cli_set_id(row, "id", 'm', m->id);
    snprintf(text, sizeof(text), "%s-%lld", m->name, (long long)m->version);
    cli_set_text(row, "name", text);
    cli_set_bool(row, "current", m->current);
    cli_set_text(row, "preset", m->preset);
    if (!mae)
        mae = json_object_get(metrics, "mae_ab");
    snprintf(text, sizeof(text), "%.2f", json_number_value(mae));
    cli_set_text(row, "val_mae_ab", json_is_number(mae) ? text : NULL);
    cli_set_id(row, "run", 'r', m->run);
    cli_set_count(row, "jobs", m->jobs);
    cli_set_time(row, "created", m->created);
    cli_set_count(row, "parameters", m->parameters);
    cli_set_path(row, "path", m->path);
    cli_set_hash(row, "sha256", true, &m->sha256);
    json_decref(metrics);
    return row;
}

json_t *cli_row_dataset(const struct db_dataset *d)
{
    json_t *row = json_object();

    cli_set_id(row, "id", 'd', d->id);
    cli_set_text(row, "name", d->name);
    cli_set_path(row, "path", d->path);
    cli_set_id(row, "job", 'j', d->job);
    cli_set_count(row, "side", d->side);
    cli_set_count(row, "seen", d->seen);
    cli_set_count(row, "records", d->records);
    cli_set_count(row, "train", d->train);
    cli_set_count(row, "val", d->val);
    cli_set_count(row, "test", d->test);
    cli_set_count(row, "refused", d->refused);
    cli_set_count(row, "bytes", d->bytes);
    cli_set_hash(row, "sha256", d->has_sha256, &d->sha256);
    cli_set_time(row, "created", d->created);
    return row;
}

json_t *cli_row_worker(const struct db_worker *w, int64_t now)
{
    json_t *row = json_object();

    cli_set_id(row, "id", 'w', w->id);
    cli_set_text(row, "uid", w->uid);
    cli_set_text(row, "host", w->host);
    cli_set_count(row, "pid", w->pid);
    cli_set_text(row, "caps", w->caps);
    cli_set_text(row, "version", w->version);
    cli_set_count(row, "threads", w->threads);
    cli_set_count(row, "chunks", w->chunks);
    cli_set_count(row, "photos", w->photos);
    set_age(row, "seen", now - w->last_seen);
    cli_set_time(row, "first_seen", w->first_seen);
    cli_set_time(row, "last_seen", w->last_seen);
    cli_set_time(row, "ended", w->ended);
    return row;
}
