#include "db/chunk.h"

#include <stdio.h>
#include <string.h>

#include "db/event.h"
#include "db/paths.h"
#include "db/photo.h"
#include "db/piece.h"
#include "db/settle.h"
#include "db/stmt.h"

#define FIRST_WAIT_MS 1000
#define LONGEST_MS    300000

/* 1 s x 4^strikes, and a quarter more or less: chunks that fell together shall
 * not come back together. The same chunk always gets the same. */
static int64_t wait_ms(const struct db_chunk *c)
{
    uint64_t h = (uint64_t)c->job * 0x9e3779b97f4a7c15u +
                 (uint64_t)c->seq * 0xbf58476d1ce4e5b9u + (uint64_t)c->att;
    int64_t wait = FIRST_WAIT_MS;

    for (int i = 0; i < c->strikes && wait < LONGEST_MS; i++)
        wait *= 4;
    if (wait > LONGEST_MS)
        wait = LONGEST_MS;
    h = (h ^ (h >> 31)) * 0x94d049bb133111ebu;
    return wait - wait / 4 + (int64_t)((h >> 33) % (uint64_t)(wait / 2 + 1));
}

static int say_strike(struct db *db, const struct db_chunk *c,
                      const struct db_strike *s, int64_t now,
                      struct tt_error *err)
{
    char body[TT_ERROR_TEXT];
    struct db_event e = {.at = now,
                         .job = c->job,
                         .chunk = c->seq,
                         .worker = s->worker,
                         .kind = DB_EVENT_STRIKE,
                         .body = body};

    snprintf(body, sizeof(body), "attempt %d: %s", c->att, s->why);
    return db_event_add(db, &e, err);
}

static int again_later(struct db *db, const struct db_chunk *c,
                       const struct db_strike *s, int64_t now,
                       struct db_strike_result *out, struct tt_error *err)
{
    out->state = CHUNK_WAIT;
    out->due = now + wait_ms(c);
    if (db_exec(db,
                "UPDATE chunk SET state=1,att=att+1,strikes=strikes+1,due=?"
                " WHERE job=? AND seq=?",
                ARGS(I(out->due), I(c->job), I(c->seq)), err) < 0)
        return -1;
    return say_strike(db, c, s, now, err);
}

/* Closing in on the bad photo: children of several start one crash short of
 * the next split, so each level costs one. */
static int first_strikes(int64_t n)
{
    return n > 1 ? DB_STRIKES - 1 : 0;
}

static int split_at(struct db *db, const struct db_split *s, int64_t a,
                    int64_t b, struct tt_error *err)
{
    const struct db_chunk *c = s->of;
    int64_t ends[] = {c->first, a, b, c->first + c->n};
    uint64_t at = c->at;

    for (int i = 0; i < 3; i++) {
        if (db_piece_child(db, s, ends[i], ends[i + 1],
                           first_strikes(ends[i + 1] - ends[i]), &at, err) < 0)
            return -1;
    }
    return 0;
}

static int split(struct db *db, const struct db_chunk *c,
                 const struct db_strike *s, int64_t now,
                 struct db_strike_result *out, struct tt_error *err)
{
    struct db_split parts = {.of = c, .due = now};
    bool known = s->cursor >= c->first && s->cursor < c->first + c->n;
    int64_t middle = c->first + c->n / 2;

    out->state = CHUNK_SPLIT;
    if (db_piece_again(db, c, &parts.again, err) < 0 ||
        split_at(db, &parts, known ? s->cursor : middle,
                 known ? s->cursor + 1 : middle, err) < 0 ||
        db_piece_close(db, c, CHUNK_SPLIT, 0, s->worker, now, err) < 0)
        return -1;
    return db_settle_say(db, c->job, c->seq, DB_EVENT_SPLIT, now, err,
                         "%lld photos, to find the one that fails: %s",
                         (long long)c->n, s->why);
}

/* Each photo of a dead chunk gets its row; a unit has only its job's. */
static int bury_photos(struct db *db, const struct db_chunk *c,
                       const struct db_strike *s, int64_t now,
                       struct tt_error *err)
{
    struct db_photo_batch b;
    struct job_photo p;

    if (db_photo_begin(db, c, s->worker, now, &b, err) < 0)
        return -1;
    memset(&p, 0, sizeof(p));
    p.state = PHOTO_FAILED;
    snprintf(p.reason, sizeof(p.reason), "%s",
             s->reason ? s->reason : "crashed");
    snprintf(p.message, sizeof(p.message), "%s", s->why);
    for (p.index = c->first; p.index < c->first + c->n; p.index++) {
        if (db_photo_put(&b, &p, err) < 0)
            return -1;
    }
    return db_photo_end(&b, err);
}

static int bury(struct db *db, const struct db_chunk *c,
                const struct db_strike *s, int64_t now,
                struct db_strike_result *out, struct tt_error *err)
{
    out->state = CHUNK_DEAD;
    if (c->kind == JOB_COLORIZE) {
        if (bury_photos(db, c, s, now, err) < 0)
            return -1;
    } else if (db_exec(db, "UPDATE job SET failed=failed+1,error=? WHERE id=?",
                       ARGS(T(s->why), I(c->job)), err) < 0) {
        return -1;
    }
    if (db_piece_close(db, c, CHUNK_DEAD, c->n, s->worker, now, err) < 0)
        return -1;
    return db_settle_say(db, c->job, c->seq, DB_EVENT_DEAD, now, err,
                         "attempt %d, the last: %s", c->att, s->why);
}

/* Where the manifest cannot be read, no split is possible and no attempt can
 * succeed. */
static bool can_split(struct db *db, const struct db_chunk *c)
{
    struct tt_error ignored;
    uint64_t then;

    return c->n > 1 && c->kind == JOB_COLORIZE &&
           db_paths_skip(db->paths, c->manifest, c->at, c->n, &then,
                         &ignored) == 0;
}

static int strike(struct db *db, const struct db_strike *s, int64_t now,
                  struct db_strike_result *out, struct tt_error *err)
{
    struct db_chunk c;
    int rc;

    db_arena_reset(db->scratch);
    rc = db_chunk_get(db, s->job, s->seq, db->scratch, &c, err);
    if (rc < 0)
        return -1;
    out->job_state = c.job_state;
    if (rc == 0 || c.state != CHUNK_ISSUED || c.att != s->att)
        return 0;
    out->struck = true;
    if (db_settle_begin(db, c.job, now, err) < 0)
        return -1;
    if (!s->permanent && c.strikes + 1 < DB_STRIKES)
        rc = again_later(db, &c, s, now, out, err);
    else if (!s->permanent && can_split(db, &c))
        rc = split(db, &c, s, now, out, err);
    else
        rc = bury(db, &c, s, now, out, err);
    if (rc < 0)
        return -1;
    return db_settle(db, c.job, now, &out->job_state, err);
}

int db_chunk_strike(struct db *db, const struct db_strike *s, int64_t now,
                    struct db_strike_result *out, struct tt_error *err)
{
    memset(out, 0, sizeof(*out));
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, strike(db, s, now, out, err), err);
}
