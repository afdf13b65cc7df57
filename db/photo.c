#include "db/photo.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "db/piece.h"

int db_photo_key(const char *path, int64_t *key, struct tt_error *err)
{
    struct tt_sha256 h;

    if (tt_sha256(path, strlen(path), &h, err) < 0)
        return -1;
    memcpy(key, h.bytes, sizeof(*key));
    return 0;
}

int db_photo_begin(struct db *db, const struct db_chunk *c, int64_t worker,
                   int64_t now, struct db_photo_batch *b, struct tt_error *err)
{
    sqlite3_stmt *q;
    struct tt_error why;
    int rc;

    memset(b, 0, sizeof(*b));
    b->db = db;
    b->chunk = c;
    b->worker = worker;
    b->now = now;
    if (db_piece_again(db, c, &b->again, err) < 0)
        return -1;
    rc = db_query(db, "SELECT outdir FROM job WHERE id=?", ARGS(I(c->job)), &q,
                  err);
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0) {
        b->outdir = db_text(q, 0, db->scratch);
        db_reset(q);
    }
    if (rc < 0)
        return -1;
    // A result without names is better than none: the work is done.
    if (db_paths_read(db->paths, c->manifest, c->at, c->n, db->scratch,
                      &b->names, &why) < 0) {
        tt_log(TT_WARN, "j%lld: recorded without names: %s", (long long)c->job,
               why.text);
        b->names = NULL;
    }
    return 0;
}

/* --- one row --- */

static int out_key(const struct db_photo_batch *b, const char *name,
                   int64_t *key, struct tt_error *err)
{
    char path[2 * TT_PATH_SIZE];

    *key = 0;
    if (!name)
        return 0;
    if (tt_path_join(path, sizeof(path), b->outdir ? b->outdir : "", name,
                     err) < 0)
        return 0; // no file can have that name
    return db_photo_key(path, key, err);
}

/* What a retry replaces is no longer counted. 1: there is such a row. */
static int old_state(const struct db_photo_batch *b, int64_t photo,
                     int64_t *state, struct tt_error *err)
{
    *state = 0;
    if (!b->again)
        return 0;
    return db_one(b->db, "SELECT state FROM photo WHERE job=? AND photo=?",
                  ARGS(I(b->chunk->job), I(photo)), state, err);
}

static int insert(struct db_photo_batch *b, const struct job_photo *p,
                  struct tt_error *err)
{
    const struct db_path *name =
        b->names ? &b->names[p->index - b->chunk->first] : NULL;
    const char *in = name ? name->in : NULL;
    const char *out = name && p->has_out ? name->out : NULL;
    int64_t key;

    if (out_key(b, out, &key, err) < 0)
        return -1;
    return db_exec(
        b->db,
        "INSERT INTO photo(job,photo,state,reason,message,in_path,out_path,"
        "out_key,sha_in,sha_out,width,height,bits,bytes,ms,flags,chunk,att,"
        "ended) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
        "?17,?18,?19) ON CONFLICT(job,photo) DO UPDATE SET state=?3,reason=?4,"
        "message=?5,in_path=coalesce(?6,in_path),out_path=?7,out_key=?8,"
        "sha_in=?9,sha_out=?10,width=?11,height=?12,bits=?13,bytes=?14,ms=?15,"
        "flags=?16,chunk=?17,att=?18,ended=?19,tries=tries+1"
        " WHERE photo.state=3 AND ?20",
        ARGS(I(b->chunk->job), I(p->index), I(p->state),
             T(p->reason[0] ? p->reason : NULL),
             T(p->message[0] ? p->message : NULL), T(in), T(out), ID(key),
             SHA(p->has_in, &p->sha_in), SHA(p->has_out, &p->sha_out),
             I(p->width), I(p->height), I(p->bits), I(p->bytes_out), I(p->ms),
             T(p->flags[0] ? p->flags : NULL), I(b->chunk->seq),
             I(b->chunk->att), I(b->now), I(b->again)),
        err);
}

int db_photo_put(struct db_photo_batch *b, const struct job_photo *p,
                 struct tt_error *err)
{
    int64_t old;

    if (old_state(b, p->index, &old, err) < 0 || insert(b, p, err) < 0)
        return -1;
    if (db_changes(b->db) == 0) {
        tt_log(TT_ERROR, "j%lld: photo %lld has a row already",
               (long long)b->chunk->job, (long long)p->index);
        return 0;
    }
    b->put++;
    b->failed -= old == PHOTO_FAILED;
    b->done += p->state == PHOTO_OK;
    b->skipped += p->state == PHOTO_SKIPPED;
    b->failed += p->state == PHOTO_FAILED;
    b->bytes += p->bytes_out;
    b->ms += p->ms;
    return 0;
}

int db_photo_end(struct db_photo_batch *b, struct tt_error *err)
{
    if (db_exec(b->db,
                "UPDATE job SET done=done+?,skipped=skipped+?,failed=failed+?,"
                "bytes=bytes+?,work_ms=work_ms+? WHERE id=?",
                ARGS(I(b->done), I(b->skipped), I(b->failed), I(b->bytes),
                     I(b->ms), I(b->chunk->job)),
                err) < 0)
        return -1;
    if (!b->worker)
        return 0;
    return db_exec(b->db,
                   "UPDATE worker SET chunks=chunks+1,photos=photos+?1,"
                   "last_seen=max(last_seen,?2) WHERE id=?3",
                   ARGS(I(b->put), I(b->now), I(b->worker)), err);
}
