#include "db/piece.h"

#include "db/paths.h"

void db_piece_row(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_chunk *c = row;

    c->job = db_int(q, 0);
    c->seq = db_int(q, 1);
    c->first = db_int(q, 2);
    c->n = db_int(q, 3);
    c->at = (uint64_t)db_int(q, 4);
    c->state = (enum chunk_state)db_int(q, 5);
    c->att = (int)db_int(q, 6);
    c->strikes = (int)db_int(q, 7);
    c->due = db_int(q, 8);
    c->kind = (enum job_kind)db_int(q, 9);
    c->job_state = (enum job_state)db_int(q, 10);
    c->prio = (int)db_int(q, 11);
    c->manifest = db_text(q, 12, mem);
    c->ended = db_int(q, 13);
}

int db_piece_add(struct db *db, struct db_piece *p, struct tt_error *err)
{
    if (db_one(db, "SELECT max(seq) FROM chunk WHERE job=?", ARGS(I(p->job)),
               &p->seq, err) < 0)
        return -1;
    p->seq++;
    return db_exec(db,
                   "INSERT INTO chunk(job,seq,first,n,at,state,strikes,due,"
                   "again,parent) VALUES(?,?,?,?,?,1,?,?,?,?)",
                   ARGS(I(p->job), I(p->seq), I(p->first), I(p->n), I(p->at),
                        I(p->strikes), I(p->due), I(p->again), ID(p->parent)),
                   err);
}

int db_piece_close(struct db *db, const struct db_chunk *c,
                   enum chunk_state state, int64_t n, int64_t worker,
                   int64_t now, struct tt_error *err)
{
    if (db_exec(db,
                "UPDATE chunk SET state=?,worker=?,ended=?"
                " WHERE job=? AND seq=?",
                ARGS(I(state), ID(worker), I(now), I(c->job), I(c->seq)),
                err) < 0)
        return -1;
    return db_exec(db, "UPDATE job SET open=open-? WHERE id=?",
                   ARGS(I(n), I(c->job)), err);
}

int db_piece_child(struct db *db, const struct db_split *s, int64_t from,
                   int64_t to, int strikes, uint64_t *at, struct tt_error *err)
{
    struct db_piece p = {.job = s->of->job,
                         .first = from,
                         .n = to - from,
                         .at = *at,
                         .strikes = strikes,
                         .due = s->due,
                         .again = s->again,
                         .parent = s->of->seq};

    if (from >= to)
        return 0;
    if (db_piece_add(db, &p, err) < 0)
        return -1;
    if (s->of->kind != JOB_COLORIZE)
        return 0; // a unit has no entries in its manifest
    return db_paths_skip(db->paths, s->of->manifest, *at, to - from, at, err);
}

int db_piece_again(struct db *db, const struct db_chunk *c, bool *again,
                   struct tt_error *err)
{
    int64_t value;

    if (db_one(db, "SELECT again FROM chunk WHERE job=? AND seq=?",
               ARGS(I(c->job), I(c->seq)), &value, err) < 0)
        return -1;
    *again = value;
    return 0;
}
