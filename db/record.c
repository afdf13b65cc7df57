#include "db/record.h"

#include <stdlib.h>
#include <string.h>

#include "db/chunk.h"
#include "db/dataset.h"
#include "db/json.h"
#include "db/model.h"
#include "db/photo.h"
#include "db/piece.h"
#include "db/run.h"
#include "db/settle.h"
#include "db/stmt.h"

/* One result on its way into the tables. */
struct entry {
    const struct db_report *r;
    struct db_chunk chunk;
    int64_t now;
    struct db_outcome *out;
};

/* --- failures --- */

static bool permanent(enum tt_code code)
{
    return code == TT_USAGE || code == TT_INPUT || code == TT_MISSING ||
           code == TT_FORMAT;
}

static const char *reason_of(enum tt_code code)
{
    switch (code) {
    case TT_USAGE:
        return "usage";
    case TT_INPUT:
        return "input";
    case TT_MISSING:
        return "missing";
    case TT_FORMAT:
        return "format";
    case TT_OUTPUT:
        return "output";
    case TT_IO:
        return "io";
    case TT_NOMEM:
        return "memory";
    default:
        return "crashed";
    }
}

static int record_fail(struct db *db, struct entry *e, enum tt_code code,
                       const char *why, struct tt_error *err)
{
    const json_t *cursor = json_object_get(e->r->result->body, "cursor");
    struct db_strike s = {
        .job = e->r->job,
        .seq = e->r->seq,
        .att = e->r->att,
        .cursor = json_is_integer(cursor) ? json_integer_value(cursor) : -1,
        .worker = e->r->worker,
        .permanent = permanent(code),
        .reason = reason_of(code),
        .why = why[0] ? why : tt_code_words(code)};
    struct db_strike_result sr;

    if (db_chunk_strike(db, &s, e->now, &sr, err) < 0)
        return -1;
    e->out->kind = sr.struck ? DB_RECORDED : DB_STALE;
    e->out->att_le = e->r->att;
    e->out->job_state = sr.job_state;
    if (sr.struck)
        e->out->chunk = sr.state;
    return 0;
}

/* --- photos --- */

/* Which photos of the chunk does the result speak of? NULL: of others, too. */
static unsigned char *mark_photos(struct db *db, const struct entry *e,
                                  int64_t *marked, bool *foreign)
{
    const struct job_result *r = e->r->result;
    unsigned char *seen = db_arena_alloc(db->scratch, (size_t)e->chunk.n);

    *marked = 0;
    *foreign = false;
    for (size_t i = 0; seen && i < r->n_photos; i++) {
        int64_t k = r->photos[i].index - e->chunk.first;

        if (k < 0 || k >= e->chunk.n || seen[k]) {
            *foreign = true;
            return seen;
        }
        seen[k] = 1;
        ++*marked;
    }
    return seen;
}

/* Without its manifest a chunk cannot be cut into what is missing. */
static int bury_missing(struct db_photo_batch *b, const unsigned char *seen,
                        struct tt_error *err)
{
    struct job_photo p = {.state = PHOTO_FAILED,
                          .reason = "manifest",
                          .message = "the job's manifest cannot be read"};

    for (int64_t k = 0; k < b->chunk->n; k++) {
        p.index = b->chunk->first + k;
        if (!seen[k] && db_photo_put(b, &p, err) < 0)
            return -1;
    }
    return 0;
}

static int children(struct db *db, const struct entry *e, bool again,
                    int strikes, const unsigned char *seen,
                    struct tt_error *err)
{
    const struct db_chunk *c = &e->chunk;
    struct db_split s = {.of = c, .again = again, .due = e->now};
    uint64_t at = c->at;
    int64_t from = 0;

    while (from < c->n) {
        int64_t to = from;

        while (to < c->n && seen[to] == seen[from])
            to++;
        if (seen[from] &&
            db_paths_skip(db->paths, c->manifest, at, to - from, &at, err) < 0)
            return -1;
        if (!seen[from] && db_piece_child(db, &s, c->first + from,
                                          c->first + to, strikes, &at, err) < 0)
            return -1;
        from = to;
    }
    return 0;
}

static int put_photos(struct db *db, struct entry *e, const unsigned char *seen,
                      int64_t *missing, struct tt_error *err)
{
    const struct job_result *r = e->r->result;
    struct db_photo_batch b;
    int strikes = e->chunk.strikes;

    if (db_photo_begin(db, &e->chunk, e->r->worker, e->now, &b, err) < 0)
        return -1;
    for (size_t i = 0; i < r->n_photos; i++) {
        if (db_photo_put(&b, &r->photos[i], err) < 0)
            return -1;
    }
    if (*missing && !b.names) {
        *missing = 0;
        if (bury_missing(&b, seen, err) < 0)
            return -1;
    }
    if (e->r->kind == DB_REPORT_DONE && strikes < DB_STRIKES - 1)
        strikes++;
    if (*missing && children(db, e, b.again, strikes, seen, err) < 0)
        return -1;
    return db_photo_end(&b, err);
}

static int record_photos(struct db *db, struct entry *e, struct tt_error *err)
{
    int64_t marked, missing;
    bool foreign;
    unsigned char *seen = mark_photos(db, e, &marked, &foreign);

    if (!seen)
        return tt_fail(err, TT_NOMEM, "no memory for a result");
    if (foreign)
        return record_fail(db, e, TT_BUG, "a result with photos of another",
                           err);
    if (marked == 0 && e->r->kind == DB_REPORT_DONE)
        return record_fail(db, e, TT_BUG, "a result without photos", err);
    missing = e->chunk.n - marked;
    if (put_photos(db, e, seen, &missing, err) < 0)
        return -1;
    e->out->chunk = missing ? CHUNK_SPLIT : CHUNK_DONE;
    return db_piece_close(db, &e->chunk, e->out->chunk, e->chunk.n - missing,
                          e->r->worker, e->now, err);
}

/* 1: the photos of this result have their rows already. */
static int is_recorded(struct db *db, const struct entry *e,
                       struct tt_error *err)
{
    const struct job_result *r = e->r->result;
    int64_t one;

    return db_one(db, "SELECT 1 FROM photo WHERE job=? AND photo=? AND chunk=?",
                  ARGS(I(e->chunk.job), I(r->photos[0].index), I(e->chunk.seq)),
                  &one, err);
}

/* Photos that were done when their job was cancelled: their outputs are there,
 * so their rows shall be. The chunk stays cancelled. */
static int record_cancelled(struct db *db, struct entry *e,
                            struct tt_error *err)
{
    const struct job_result *r = e->r->result;
    struct db_photo_batch b;
    int64_t marked;
    bool foreign;
    int rc;

    if (!mark_photos(db, e, &marked, &foreign))
        return tt_fail(err, TT_NOMEM, "no memory for a result");
    if (foreign || marked == 0)
        return 0;
    rc = is_recorded(db, e, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    e->out->kind = DB_RECORDED;
    e->chunk.att = e->r->att;
    if (db_photo_begin(db, &e->chunk, e->r->worker, e->now, &b, err) < 0)
        return -1;
    for (size_t i = 0; i < r->n_photos; i++) {
        if (db_photo_put(&b, &r->photos[i], err) < 0)
            return -1;
    }
    return db_photo_end(&b, err);
}

/* --- units: what an ingest, a training, an evaluation brings --- */

static int record_dataset(struct db *db, const struct entry *e, const json_t *o,
                          struct tt_error *err)
{
    int64_t id;

    if (db_dataset_add_json(db, e->r->job, o, e->now, &id, err) >= 0)
        return 0;
    if (err->code != TT_FORMAT)
        return -1;
    return db_settle_say(db, e->r->job, e->r->seq, DB_EVENT_SAID, e->now, err,
                         "a dataset without name or path");
}

static int record_model(struct db *db, const struct entry *e, const json_t *o,
                        struct tt_error *err)
{
    char *metrics = db_json_dump(o, "metrics");
    struct db_model m = {.name = db_json_text(o, "name"),
                         .version = db_json_int(o, "version"),
                         .path = db_json_text(o, "path"),
                         .preset = db_json_text(o, "preset"),
                         .parameters = db_json_int(o, "parameters"),
                         .metrics = metrics};
    int64_t id;
    int rc;

    if (!m.name || !m.path || !db_json_sha(o, "sha256", &m.sha256))
        rc = db_settle_say(db, e->r->job, e->r->seq, DB_EVENT_SAID, e->now, err,
                           "a model without name, path or sha256");
    else if (db_run_of_job(db, e->r->job, &m.run, err) < 0 ||
             db_model_add(db, &m, e->now, &id, err) < 0)
        rc = -1;
    else
        rc = db_exec(db, "UPDATE run SET model=? WHERE id=?",
                     ARGS(I(id), I(m.run)), err);
    free(metrics);
    return rc;
}

static int record_run(struct db *db, int64_t job, const json_t *o,
                      struct tt_error *err)
{
    int64_t run;

    if (db_run_of_job(db, job, &run, err) < 0)
        return -1;
    return run ? db_run_update(db, run, o, err) : 0;
}

static int record_bodies(struct db *db, const struct entry *e,
                         struct tt_error *err)
{
    const json_t *body = e->r->result->body;
    const json_t *dataset = json_object_get(body, "dataset");
    const json_t *run = json_object_get(body, "run");
    const json_t *model = json_object_get(body, "model");
    char *evaluation = db_json_dump(body, "evaluation");
    int rc = 0;

    if (evaluation)
        rc = db_exec(db, "UPDATE job SET result=? WHERE id=?",
                     ARGS(T(evaluation), I(e->r->job)), err);
    free(evaluation);
    if (rc == 0 && json_is_object(dataset))
        rc = record_dataset(db, e, dataset, err);
    if (rc == 0 && json_is_object(run))
        rc = record_run(db, e->r->job, run, err);
    if (rc == 0 && json_is_object(model))
        rc = record_model(db, e, model, err);
    return rc;
}

/* A training that was told to stop: the next attempt takes up its folder. */
static int unit_again(struct db *db, const struct entry *e,
                      struct tt_error *err)
{
    struct db_split s = {.of = &e->chunk, .due = e->now};
    uint64_t at = e->chunk.at;

    return db_piece_child(db, &s, 0, 1, e->chunk.strikes, &at, err);
}

static int record_unit(struct db *db, struct entry *e, struct tt_error *err)
{
    bool part = e->r->kind == DB_REPORT_PART;

    if (record_bodies(db, e, err) < 0)
        return -1;
    if (part ? unit_again(db, e, err) < 0
             : db_exec(db, "UPDATE job SET done=done+1 WHERE id=?",
                       ARGS(I(e->r->job)), err) < 0)
        return -1;
    if (e->r->worker &&
        db_exec(db, "UPDATE worker SET chunks=chunks+1 WHERE id=?",
                ARGS(I(e->r->worker)), err) < 0)
        return -1;
    e->out->chunk = part ? CHUNK_SPLIT : CHUNK_DONE;
    return db_piece_close(db, &e->chunk, e->out->chunk, part ? 0 : 1,
                          e->r->worker, e->now, err);
}

/* --- the guard --- */

/* Of a job that was cancelled, not failed: what failed may be tried again. */
static bool is_cancelled_work(const struct entry *e)
{
    const struct db_chunk *c = &e->chunk;

    return c->state == CHUNK_CANCELLED && c->kind == JOB_COLORIZE &&
           (c->job_state == JOB_CANCELLING || c->job_state == JOB_CANCELLED) &&
           e->r->kind != DB_REPORT_FAIL && !e->r->result->failed;
}

static int guarded(struct db *db, struct entry *e, struct tt_error *err)
{
    const struct db_report *r = e->r;
    struct db_chunk *c = &e->chunk;
    int att = c->att;

    e->out->chunk = c->state;
    e->out->job_state = c->job_state;
    if (c->state != CHUNK_WAIT && c->state != CHUNK_ISSUED) {
        e->out->kind = DB_DUPLICATE;
        e->out->att_le = att;
        return is_cancelled_work(e) ? record_cancelled(db, e, err) : 0;
    }
    e->out->kind = DB_STALE;
    e->out->att_le = r->att;
    if (db_settle_begin(db, r->job, e->now, err) < 0)
        return -1;
    if (r->kind == DB_REPORT_FAIL || r->result->failed)
        return record_fail(db, e, r->result->code, r->result->text, err);
    if (c->kind != JOB_COLORIZE && r->att != att)
        return 0;
    e->out->kind = DB_RECORDED;
    c->att = r->att; // what the rows will name
    if ((c->kind == JOB_COLORIZE ? record_photos(db, e, err)
                                 : record_unit(db, e, err)) < 0)
        return -1;
    // A success closes the chunk, so that no attempt of it is of use now.
    if (e->out->chunk == CHUNK_DONE || e->out->chunk == CHUNK_SPLIT)
        e->out->att_le = att;
    return db_settle(db, r->job, e->now, &e->out->job_state, err);
}

static int record(struct db *db, struct entry *e, struct tt_error *err)
{
    int rc;

    db_arena_reset(db->scratch);
    rc = db_chunk_get(db, e->r->job, e->r->seq, db->scratch, &e->chunk, err);
    if (rc < 0)
        return -1;
    if (rc > 0)
        return guarded(db, e, err);
    e->out->kind = DB_UNKNOWN;
    e->out->att_le = e->r->att;
    return 0;
}

int db_record_result(struct db *db, const struct db_report *r, int64_t now,
                     struct db_outcome *out, struct tt_error *err)
{
    struct entry e = {.r = r, .now = now, .out = out};

    memset(out, 0, sizeof(*out));
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, record(db, &e, err), err);
}
