#include "ingest/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ingest/journal.h"
#include "ingest/made.h"
#include "ingest/parts.h"
#include "ingest/pipe.h"
#include "ingest/report.h"
#include "ingest/seen.h"
#include "ingest/shards.h"
#include "shard/read.h"

struct run {
    const struct ingest_plan *plan;
    const struct tt_watch *watch;
    struct ingest_outcome *out;

    struct ingest_source **sources; /* plan->n_sources */
    uint64_t total;                 /* photos; 0: not known */
    json_t *made;
    struct ingest_journal *journal; /* NULL in a dry run */
    struct ingest_pipe *pipe;
    struct ingest_parts *parts; /* NULL: nobody helps */
    struct ingest_seen *seen;
    struct ingest_shards *shards;
    FILE *report; /* the second one, or NULL */
};

void ingest_plan_init(struct ingest_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    ingest_gate_init(&plan->gate);
    ingest_split_init(&plan->split);
    plan->shard_records = 4096;
}

static int survey_sources(struct run *r, struct ingest_survey *surveys,
                          struct tt_error *err)
{
    const struct ingest_plan *plan = r->plan;
    bool unknown = false;

    for (size_t i = 0; i < plan->n_sources; i++) {
        if (ingest_source_open(&r->sources[i], plan->sources[i], err) < 0 ||
            ingest_source_survey(r->sources[i], &surveys[i], err) < 0)
            return -1;
        r->total += surveys[i].photos;
        unknown |= surveys[i].photos == 0;
    }
    if (unknown)
        r->total = 0;
    return ingest_made_plan(plan, surveys, &r->made, err);
}

static int open_sources(struct run *r, struct tt_error *err)
{
    size_t n = r->plan->n_sources;
    struct ingest_survey *surveys;
    int rc;

    if (n == 0)
        return tt_fail(err, TT_USAGE, "no source of photos");
    r->sources = calloc(n, sizeof(void *));
    surveys = calloc(n, sizeof(*surveys));
    if (r->sources && surveys)
        rc = survey_sources(r, surveys, err);
    else
        rc = tt_fail(err, TT_NOMEM, "no memory for the sources");
    free(surveys);
    return rc;
}

/* --- the folder, before --- */

/* 1: what the plan wants is there; 0: the folder is free for it; -1. */
static int look_at_folder(struct run *r, struct tt_error *err)
{
    const char *folder = r->plan->out;
    struct shard_dataset ds;
    int rc = 0;

    if (shard_dataset_read(&ds, folder, err) < 0) {
        if (err->code != TT_MISSING)
            return -1;
        tt_clear(err);
        return 0;
    }
    switch (ingest_made_compare(ds.made, r->made)) {
    case INGEST_SAME:
        r->out->was_there = true;
        rc = ingest_made_read(&ds, r->out, err) < 0 ? -1 : 1;
        break;
    case INGEST_OUTDATED:
        rc = ingest_journal_set_aside(r->journal, &ds, err);
        break;
    case INGEST_OTHER:
        rc = tt_fail(err, TT_USAGE,
                     "%s: a data set from other sources or by other rules is "
                     "there; choose another folder, or remove it",
                     folder);
        break;
    }
    shard_dataset_release(&ds);
    return rc;
}

/* Shards among the photos would be photos of the next run. */
static int check_apart(const struct run *r, struct tt_error *err)
{
    const struct ingest_plan *plan = r->plan;
    struct stat out, source;

    if (stat(plan->out, &out) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", plan->out);
    for (size_t i = 0; i < plan->n_sources; i++) {
        const char *spec = plan->sources[i], *colon = strchr(spec, ':');

        if ((stat(spec, &source) == 0 ||
             (colon && stat(colon + 1, &source) == 0)) &&
            source.st_dev == out.st_dev && source.st_ino == out.st_ino)
            return tt_fail(err, TT_USAGE,
                           "%s: the photos are there; shards need a folder of "
                           "their own",
                           plan->out);
    }
    return 0;
}

/* As look_at_folder, and the journal is begun if the folder is free. */
static int take_folder(struct run *r, struct tt_error *err)
{
    int rc;

    if (tt_mkdirs(r->plan->out, 0755, err) < 0 || check_apart(r, err) < 0 ||
        ingest_journal_open(&r->journal, r->plan->out, err) < 0)
        return -1;
    rc = look_at_folder(r, err);
    return rc != 0 ? rc : ingest_journal_begin(r->journal, r->made, err);
}

/* --- photos --- */

/* Append what was kept; *line learns where it went. */
static int keep(struct run *r, const struct ingest_item *item,
                struct ingest_line *line, struct tt_error *err)
{
    enum shard_split split = ingest_split_of(&r->plan->split, item->photo.path);
    const struct shard_origin origin = {item->source, item->photo.path,
                                        item->sha256, &item->record_sha256};
    struct ingest_place place;

    if (ingest_shards_add(r->shards, split, item->record, &origin, &place,
                          err) < 0)
        return -1;
    line->shard = place.shard;
    line->index = place.index;
    r->out->records[split]++;
    return 0;
}

/* A copy of what was seen is a duplicate, whatever else it is. */
static int find_copy(struct run *r, const struct ingest_item *item,
                     struct ingest_line *line, struct tt_error *err)
{
    enum ingest_verdict v = item->finding.verdict;
    int rc;

    if (item->photo.trouble != INGEST_FINE || !ingest_may_repeat(v))
        return 0;
    rc = ingest_seen_file(r->seen, &item->sha256, item->photo.path, &line->of,
                          err);
    if (rc > 0)
        line->finding = (struct ingest_finding){.verdict = INGEST_DUPLICATE};
    if (rc != 0 || v != INGEST_KEPT || !r->plan->gate.near)
        return rc < 0 ? -1 : 0;
    rc = ingest_seen_picture(r->seen, &item->sketch, &line->of, err);
    if (rc > 0)
        line->finding = (struct ingest_finding){.verdict = INGEST_NEAR};
    return rc < 0 ? -1 : 0;
}

static int report(struct run *r, const struct ingest_line *line,
                  struct tt_error *err)
{
    char *text;
    int rc = 0;

    if (!r->journal && !r->report)
        return 0;
    if (ingest_report_line(line, &text, err) < 0)
        return -1;
    if (r->journal)
        rc = ingest_journal_line(r->journal, text, err);
    if (rc == 0 && r->report && fprintf(r->report, "%s\n", text) < 0)
        rc = tt_fail_errno(err, TT_OUTPUT, "%s", r->plan->report);
    free(text);
    return rc;
}

/* Where the source cannot tell, as many as its part read so far promises. */
static uint64_t total_of(const struct run *r, const struct ingest_item *item)
{
    double share = item->photo.share;

    if (r->plan->count)
        return r->plan->count;
    if (r->total > 0 || r->plan->n_sources > 1 || share <= 0)
        return r->total;
    return (uint64_t)((double)r->out->seen / (share < 1 ? share : 1) + 0.5);
}

static int take_photo(struct run *r, const struct ingest_item *item,
                      struct tt_error *err)
{
    struct ingest_line line = {.item = item, .finding = item->finding};

    if (find_copy(r, item, &line, err) < 0)
        return -1;
    if (line.finding.verdict == INGEST_KEPT && keep(r, item, &line, err) < 0)
        return -1;
    if (report(r, &line, err) < 0)
        return -1;
    r->out->verdicts[line.finding.verdict]++;
    if (item->photo.face.says) {
        r->out->told++;
        ingest_face_count(&item->photo.face, &r->plan->gate, r->out->faces);
    }
    r->out->seen++;
    tt_watch_progress(r->watch, r->out->seen, total_of(r, item));
    return 0;
}

static void reach(void *ctx, uint64_t photo)
{
    ingest_parts_reach(ctx, photo);
}

static int open_parts(struct run *r, struct tt_error *err)
{
    const struct ingest_plan *plan = r->plan;

    if (!r->journal || !plan->part_photos)
        return 0;
    return ingest_parts_open(&r->parts, plan->out, plan->part_photos, r->made,
                             ingest_journal_known(r->journal), err);
}

static int take_photos(struct run *r, struct tt_error *err)
{
    const struct ingest_item *item;
    struct ingest_pipe_setup setup = {
        .sources = r->sources,
        .n_sources = r->plan->n_sources,
        .gate = &r->plan->gate,
        .first = r->plan->first,
        .count = r->plan->count,
        .threads = r->plan->threads,
        .known = r->journal ? ingest_journal_known(r->journal) : NULL,
    };
    const struct ingest_shards_setup shards = {
        .folder = r->plan->out,
        .records = r->plan->shard_records,
        .journal = r->journal,
    };
    int rc;

    if (open_parts(r, err) < 0)
        return -1;
    if (r->parts) {
        setup.reach = reach;
        setup.reach_ctx = r->parts;
    }
    if (setup.threads <= 0)
        setup.threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (ingest_seen_open(&r->seen, err) < 0 ||
        ingest_shards_open(&r->shards, &shards, err) < 0 ||
        ingest_pipe_open(&r->pipe, &setup, err) < 0)
        return -1;
    while ((rc = ingest_pipe_next(r->pipe, &item, err)) > 0) {
        if (tt_watch_stop(r->watch))
            return tt_fail(err, TT_CANCEL, "interrupted after %llu photos",
                           (unsigned long long)r->out->seen);
        if (take_photo(r, item, err) < 0)
            return tt_wrap(err, "%s", item->photo.path);
    }
    return rc;
}

/* --- the end --- */

static int finish(struct run *r, struct tt_error *err)
{
    struct ingest_outcome *out = r->out;
    struct shard_dataset ds = {0};

    if (ingest_shards_finish(r->shards, &out->shards, &out->n_shards, err) < 0)
        return -1;
    for (size_t i = 0; i < out->n_shards; i++)
        out->bytes += out->shards[i].bytes;
    if (r->report && fflush(r->report) == EOF)
        return tt_fail_errno(err, TT_OUTPUT, "%s", r->plan->report);
    if (!r->journal)
        return 0;
    ds.files = out->shards;
    ds.n_files = out->n_shards;
    ds.made = r->made;
    if (ingest_made_finish(r->made, out, err) < 0 ||
        ingest_journal_publish(r->journal, err) < 0 ||
        shard_dataset_write(&ds, r->plan->out, err) < 0)
        return -1;
    out->sha256 = ds.sha256;
    ingest_journal_clear(r->journal);
    ingest_parts_clear(r->plan->out);
    return 0;
}

static void release(struct run *r)
{
    /* the threads first: they use what follows */
    ingest_pipe_close(r->pipe);
    ingest_parts_close(r->parts);
    ingest_shards_close(r->shards);
    for (size_t i = 0; r->sources && i < r->plan->n_sources; i++)
        ingest_source_close(r->sources[i]);
    free(r->sources);
    ingest_seen_close(r->seen);
    ingest_journal_close(r->journal);
    json_decref(r->made);
    if (r->report)
        fclose(r->report);
}

int ingest_run(const struct ingest_plan *plan, const struct tt_watch *watch,
               struct ingest_outcome *out, struct tt_error *err)
{
    struct run r = {.plan = plan, .watch = watch, .out = out};
    int64_t start = tt_steady_ms();
    int rc = 0;

    memset(out, 0, sizeof(*out));
    if (open_sources(&r, err) < 0)
        rc = -1;
    if (rc == 0 && !plan->dry_run)
        rc = take_folder(&r, err);
    if (rc == 0 && plan->report && !(r.report = fopen(plan->report, "we")))
        rc = tt_fail_errno(err, TT_OUTPUT, "%s", plan->report);
    if (rc == 0)
        rc = take_photos(&r, err) < 0 || finish(&r, err) < 0 ? -1 : 0;
    release(&r);
    out->seconds = (double)(tt_steady_ms() - start) / 1000;
    if (rc < 0)
        ingest_outcome_release(out);
    return rc < 0 ? -1 : 0;
}

void ingest_outcome_release(struct ingest_outcome *out)
{
    free(out->shards);
    out->shards = NULL;
    out->n_shards = 0;
}
