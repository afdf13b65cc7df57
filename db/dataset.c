#include "db/dataset.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/event.h"
#include "db/json.h"
#include "db/stmt.h"

static int add_parts(struct db *db, int64_t id, const struct db_dataset *d,
                     struct tt_error *err)
{
    for (size_t i = 0; i < d->n_shards; i++) {
        const struct db_shard *s = &d->shards[i];

        if (db_exec(db,
                    "INSERT INTO shard(dataset,n,path,split,records,bytes,"
                    "sha256) VALUES(?,?,?,?,?,?,?)",
                    ARGS(I(id), I(i), T(s->path), T(s->split), I(s->records),
                         I(s->bytes), SHA(s->has_sha256, &s->sha256)),
                    err) < 0)
            return -1;
    }
    for (size_t i = 0; i < d->n_verdicts; i++) {
        if (db_exec(db,
                    "INSERT OR REPLACE INTO verdict(dataset,reason,n)"
                    " VALUES(?,?,?)",
                    ARGS(I(id), T(d->verdicts[i].reason), I(d->verdicts[i].n)),
                    err) < 0)
            return -1;
    }
    return 0;
}

static int say(struct db *db, int64_t id, const struct db_dataset *d,
               int64_t now, struct tt_error *err)
{
    struct db_event e = {.at = now, .job = d->job, .kind = DB_EVENT_DATASET};
    char body[128];

    snprintf(body, sizeof(body), "d%lld: kept %lld, refused %lld",
             (long long)id, (long long)d->records, (long long)d->refused);
    e.body = body;
    return db_event_add(db, &e, err);
}

static int add(struct db *db, const struct db_dataset *d, int64_t now,
               int64_t *id, struct tt_error *err)
{
    /* the same bytes in the same folder are the same dataset, whoever asked */
    if (db_one(db,
               "SELECT id FROM dataset WHERE job=? OR (path=? AND sha256=?)"
               " ORDER BY id LIMIT 1",
               ARGS(ID(d->job), T(d->path), SHA(d->has_sha256, &d->sha256)), id,
               err) < 0)
        return -1;
    if (*id)
        return 0;
    if (db_exec(db,
                "INSERT INTO dataset(name,path,job,params,side,seen,records,"
                "train,val,test,refused,bytes,sha256,created)"
                " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                ARGS(T(d->name), T(d->path), ID(d->job), T(d->params),
                     ID(d->side), I(d->seen), I(d->records), I(d->train),
                     I(d->val), I(d->test), I(d->refused), I(d->bytes),
                     SHA(d->has_sha256, &d->sha256), I(now)),
                err) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sql);
    if (add_parts(db, *id, d, err) < 0 || say(db, *id, d, now, err) < 0)
        return -1;
    return 1;
}

int db_dataset_add(struct db *db, const struct db_dataset *d, int64_t now,
                   int64_t *id, struct tt_error *err)
{
    if (db_enter(db, err) < 0)
        return -1;
    return db_leave(db, add(db, d, now, id, err), err);
}

/* --- from a result --- */

static struct db_shard *read_shards(const json_t *list, size_t n)
{
    struct db_shard *s = calloc(n + 1, sizeof(*s));

    for (size_t i = 0; s && i < n; i++) {
        const json_t *o = json_array_get(list, i);
        const char *path = db_json_text(o, "path");

        s[i].path = path ? path : "?";
        s[i].split = db_json_text(o, "split");
        s[i].records = db_json_int(o, "records");
        s[i].bytes = db_json_int(o, "bytes");
        s[i].has_sha256 = db_json_sha(o, "sha256", &s[i].sha256);
    }
    return s;
}

static struct db_verdict *read_verdicts(json_t *counts, int64_t *sum)
{
    struct db_verdict *v = calloc(json_object_size(counts) + 1, sizeof(*v));
    const char *reason;
    json_t *n;
    size_t i = 0;

    *sum = 0;
    if (!v)
        return NULL;
    json_object_foreach(counts, reason, n)
    {
        v[i].reason = reason;
        v[i].n = json_integer_value(n);
        *sum += v[i++].n;
    }
    return v;
}

static void read_counts(const json_t *o, struct db_dataset *d)
{
    d->side = db_json_int(o, "side");
    d->seen = db_json_int(o, "seen");
    d->records = db_json_int(o, "records");
    d->train = db_json_int(o, "train");
    d->val = db_json_int(o, "val");
    d->test = db_json_int(o, "test");
    d->bytes = db_json_int(o, "bytes");
    d->has_sha256 = db_json_sha(o, "sha256", &d->sha256);
}

int db_dataset_add_json(struct db *db, int64_t job, const json_t *o,
                        int64_t now, int64_t *id, struct tt_error *err)
{
    json_t *list = json_object_get(o, "shards");
    json_t *refused = json_object_get(o, "refused");
    struct db_dataset d = {.job = job,
                           .name = db_json_text(o, "name"),
                           .path = db_json_text(o, "path"),
                           .n_shards = json_array_size(list),
                           .n_verdicts = json_object_size(refused)};
    struct db_verdict *verdicts = read_verdicts(refused, &d.refused);
    struct db_shard *shards = read_shards(list, d.n_shards);
    char *params = db_json_dump(o, "params");
    int rc;

    d.shards = shards;
    d.verdicts = verdicts;
    d.params = params;
    read_counts(o, &d);
    if (!shards || !verdicts)
        rc = tt_fail(err, TT_NOMEM, "no memory for a dataset");
    else if (!d.name || !d.path)
        rc = tt_fail(err, TT_FORMAT, "a dataset without name or path");
    else
        rc = db_dataset_add(db, &d, now, id, err);
    free(params);
    free(shards);
    free(verdicts);
    return rc;
}
