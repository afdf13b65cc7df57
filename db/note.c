#include "db/record.h"

#include <string.h>

#include "db/chunk.h"
#include "db/json.h"
#include "db/run.h"
#include "db/settle.h"
#include "db/stmt.h"

/* What a running chunk says of itself: how far it is, measures, words. */

static int note_progress(struct db *db, int64_t job, int64_t run,
                         const json_t *o, struct tt_error *err)
{
    int64_t done = db_json_int(o, "done"), total = db_json_int(o, "total");

    if (!json_object_get(o, "done"))
        return 0;
    if (db_exec(db, "UPDATE job SET step=?,steps=? WHERE id=?",
                ARGS(I(done), I(total), I(job)), err) < 0)
        return -1;
    if (!run)
        return 0;
    return db_exec(db, "UPDATE run SET step=?,steps=? WHERE id=?",
                   ARGS(I(done), I(total), I(run)), err);
}

static int note_metrics(struct db *db, int64_t run, const json_t *list,
                        struct tt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        const char *name = json_string_value(json_array_get(m, 0));
        const json_t *value = json_array_get(m, 2);

        if (!name || !json_is_number(value))
            continue; // a NaN cannot be said in JSON
        if (db_run_metric(db, run, name,
                          json_integer_value(json_array_get(m, 1)),
                          json_number_value(value), err) < 0)
            return -1;
    }
    return 0;
}

static int note_run(struct db *db, int64_t run, const json_t *o,
                    struct tt_error *err)
{
    const json_t *rewind = json_object_get(o, "rewind");
    const json_t *about = json_object_get(o, "run");

    if (json_is_integer(rewind) &&
        db_run_rewind(db, run, json_integer_value(rewind), err) < 0)
        return -1;
    if (json_is_object(about) && db_run_update(db, run, about, err) < 0)
        return -1;
    return note_metrics(db, run, json_object_get(o, "metrics"), err);
}

static int note_events(struct db *db, const struct db_chunk *c, int64_t worker,
                       int64_t now, const json_t *list, struct tt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct db_event e = {.at = now,
                             .job = c->job,
                             .chunk = c->seq,
                             .worker = worker,
                             .kind = DB_EVENT_SAID,
                             .body =
                                 json_string_value(json_array_get(list, i))};

        if (e.body && db_event_add(db, &e, err) < 0)
            return -1;
    }
    return 0;
}

static int note_all(struct db *db, const struct db_chunk *c, int64_t worker,
                    const json_t *o, int64_t now, struct tt_error *err)
{
    int64_t run;

    if (db_settle_begin(db, c->job, now, err) < 0 ||
        db_run_of_job(db, c->job, &run, err) < 0 ||
        note_progress(db, c->job, run, o, err) < 0 ||
        note_events(db, c, worker, now, json_object_get(o, "events"), err) < 0)
        return -1;
    return run ? note_run(db, run, o, err) : 0;
}

static int note(struct db *db, int64_t job, int64_t seq, int att,
                int64_t worker, const char *body, int64_t now,
                struct db_outcome *out, struct tt_error *err)
{
    struct db_chunk c;
    json_t *o;
    int rc;

    db_arena_reset(db->scratch);
    rc = db_chunk_get(db, job, seq, db->scratch, &c, err);
    out->kind = rc ? DB_STALE : DB_UNKNOWN;
    out->chunk = c.state;
    out->job_state = c.job_state;
    if (rc <= 0 || c.state != CHUNK_ISSUED || c.att != att)
        return rc < 0 ? -1 : 0;
    o = json_loads(body, 0, NULL);
    out->kind = DB_RECORDED;
    rc = json_is_object(o) ? note_all(db, &c, worker, o, now, err)
                           : db_settle_say(db, job, seq, DB_EVENT_SAID, now,
                                           err, "a note that cannot be read");
    json_decref(o);
    return rc;
}

int db_record_note(struct db *db, int64_t job, int64_t seq, int att,
                   int64_t worker, const char *body, int64_t now,
                   struct db_outcome *out, struct tt_error *err)
{
    memset(out, 0, sizeof(*out)); // att_le 0: a note acknowledges no chunk
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, note(db, job, seq, att, worker, body, now, out, err),
                    err);
}
