#include "db/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/find.h"
#include "db/row.h"

#define PAGE 100

int db_history_job_find(struct db *db, const char *text, int64_t *id,
                        struct tt_error *err)
{
    static const struct db_find jobs = {'j', "SELECT id FROM job WHERE id=?",
                                        "SELECT max(id) FROM job",
                                        "SELECT max(id) FROM job WHERE name=?"};

    return db_find(db, &jobs, text, id, err);
}

/* --- the list --- */

/* Ids are in the order of submission, so a span of time is one of ids. */
static int id_range(struct db *db, const struct db_history_filter *f,
                    int64_t *low, int64_t *high, struct tt_error *err)
{
    int rc;

    *low = 0;
    *high = f->before > 0 ? f->before : INT64_MAX;
    if (f->since) {
        rc = db_one(db,
                    "SELECT id FROM job WHERE submitted>=?"
                    " ORDER BY submitted,id LIMIT 1",
                    ARGS(I(f->since)), low, err);
        if (rc <= 0)
            *high = 0;
        if (rc < 0)
            return -1;
    }
    if (f->until) {
        int64_t id;

        if (db_one(db,
                   "SELECT id FROM job WHERE submitted<?"
                   " ORDER BY submitted DESC,id DESC LIMIT 1",
                   ARGS(I(f->until)), &id, err) < 0)
            return -1;
        if (id < *high)
            *high = id + 1;
    }
    return 0;
}

struct clause {
    const char *sql;
    bool wanted;
    struct db_arg arg;
};

#define CLAUSES 8

/* One text for each set of filters, since only what stands in the query can be
 * answered by an index. args has room for CLAUSES and the end. */
static void compose(char *sql, size_t size, struct db_arg *args,
                    const struct clause *clauses)
{
    size_t used = (size_t)snprintf(
        sql, size, "SELECT " DB_JOB_COLUMNS " FROM job j WHERE 1");

    for (; clauses->sql; clauses++) {
        if (!clauses->wanted)
            continue;
        used += (size_t)snprintf(sql + used, size - used, "%s", clauses->sql);
        *args++ = clauses->arg;
    }
    *args = (struct db_arg){.type = DB_ARG_END};
}

static int list(struct db *db, const struct db_history_filter *f, int state,
                int64_t low, int64_t high, struct db_rows *rows,
                struct tt_error *err)
{
    bool pattern = f->name && db_find_pattern(f->name);
    bool narrow = state || f->owner || (f->name && !pattern);
    const struct clause clauses[] = {
        {" AND j.id>=?", true, I(low)},
        {" AND j.id<?", true, I(high)},
        {" AND j.state=?", state != 0, I(state)},
        {" AND j.owner=?", f->owner != NULL, T(f->owner)},
        {pattern ? " AND j.name GLOB ?" : " AND j.name=?", f->name != NULL,
         T(f->name)},
        // The + keeps the planner on a narrower index, where there is one.
        {narrow ? " AND +j.kind=?" : " AND j.kind=?", f->kind != 0, I(f->kind)},
        {" AND j.outdir=?", f->outdir != NULL, T(f->outdir)},
        {" ORDER BY j.id DESC LIMIT ?", true,
         I(f->limit > 0 ? f->limit : PAGE)},
        {NULL, false, I(0)},
    };
    struct db_arg args[CLAUSES + 1];
    char sql[1024];

    compose(sql, sizeof(sql), args, clauses);
    return db_list(db, sql, args, db_row_job, rows, err);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = ((const struct db_job *)a)->id;
    int64_t y = ((const struct db_job *)b)->id;

    return x < y ? 1 : x > y ? -1 : 0;
}

int db_history_jobs(struct db *db, const struct db_history_filter *f,
                    struct db_arena *mem, struct db_job **rows, size_t *n,
                    struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_job)};
    size_t limit = f->limit > 0 ? (size_t)f->limit : PAGE;
    int64_t low, high;

    *rows = NULL;
    *n = 0;
    if (id_range(db, f, &low, &high, err) < 0)
        return -1;
    if (!f->states && list(db, f, 0, low, high, &all, err) < 0)
        return -1;
    // A page of each state, then the newest of them: each by its index.
    for (int s = 1; s < JOB_STATES; s++) {
        if ((f->states & DB_STATE(s)) &&
            list(db, f, s, low, high, &all, err) < 0)
            return -1;
    }
    if (f->states && all.n > 1)
        qsort(all.rows, all.n, sizeof(struct db_job), newest_first);
    *rows = all.rows;
    *n = all.n < limit ? all.n : limit;
    return 0;
}

/* --- one job --- */

static void fill_progress(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_progress *p = row;
    int64_t kind = db_int(q, 1), step = db_int(q, 7), steps = db_int(q, 8);

    (void)mem;
    p->state = (enum job_state)db_int(q, 0);
    p->total = db_int(q, 2);
    p->ended = db_int(q, 3);
    if (kind != JOB_COLORIZE && steps > 0) {
        p->total = steps;
        p->ended = step;
    }
    p->done = db_int(q, 4);
    p->skipped = db_int(q, 5);
    p->failed = db_int(q, 6);
    p->started = db_int(q, 9);
    p->at = db_int(q, 10);
    p->issued = db_int(q, 11);
    p->waiting = db_int(q, 12);
}

int db_history_progress(struct db *db, int64_t job, int64_t now,
                        struct db_progress *p, struct tt_error *err)
{
    int rc;

    memset(p, 0, sizeof(*p));
    rc = db_first(
        db,
        "SELECT state,kind,total,cut-open,done,skipped,failed,step,steps,"
        "started,ended,"
        "(SELECT count(*) FROM chunk c WHERE c.job=j.id AND c.state=2),"
        "(SELECT count(*) FROM chunk c WHERE c.job=j.id AND c.state=1)"
        " FROM job j WHERE id=?",
        ARGS(I(job)), fill_progress, db->scratch, p, err);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no job j%lld", (long long)job);
    if (rc < 0)
        return -1;
    if (!p->at)
        p->at = now;
    if (p->started && p->at > p->started)
        p->rate = (double)p->ended * 1000.0 / (double)(p->at - p->started);
    return 0;
}

int db_history_counts(struct db *db, int64_t *jobs, int64_t *live,
                      struct tt_error *err)
{
    if (db_one(db, "SELECT max(id) FROM job", NO_ARGS, jobs, err) < 0 ||
        db_one(db, "SELECT count(*) FROM job WHERE state<5", NO_ARGS, live,
               err) < 0)
        return -1;
    return 0;
}

static void fill_event(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_event *e = row;

    e->id = db_int(q, 0);
    e->at = db_int(q, 1);
    e->job = db_int(q, 2);
    e->chunk = db_int(q, 3);
    e->worker = db_int(q, 4);
    e->kind = (enum db_event_kind)db_int(q, 5);
    e->body = db_text(q, 6, mem);
}

int db_history_events(struct db *db, int64_t job, int64_t after, int limit,
                      struct db_arena *mem, struct db_event **rows, size_t *n,
                      struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_event)};
    int rc = db_list(db,
                     job ? "SELECT id,at,job,chunk,worker,kind,body FROM event"
                           " WHERE job=? AND id>? ORDER BY id LIMIT ?"
                         : "SELECT id,at,job,chunk,worker,kind,body FROM event"
                           " WHERE 0=? AND id>? ORDER BY id LIMIT ?",
                     ARGS(I(job), I(after), I(limit > 0 ? limit : PAGE)),
                     fill_event, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}
