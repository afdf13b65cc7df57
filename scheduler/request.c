#include "scheduler/request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/chunk.h"
#include "db/job.h"
#include "db/model.h"
#include "job/manifest.h"
#include "scheduler/engine.h"

/* A request's function: 0 and members put into out, or -1. */
struct handler {
    const char *cmd;
    int (*answer)(struct scheduler *s, const json_t *in, json_t *out,
                  struct tt_error *err);
};

json_t *request_refusal(const struct tt_error *err)
{
    json_t *text = json_string(err->text);

    return json_pack("{s:b, s:i, s:o}", "ok", 0, "code",
                     tt_code_exit(err->code), "error",
                     text ? text : json_string(tt_code_words(err->code)));
}

/* --- members of a request --- */

static const char *text_of(const json_t *in, const char *name)
{
    return json_string_value(json_object_get(in, name));
}

static int number_of(const json_t *in, const char *name, int64_t least,
                     int64_t *out, struct tt_error *err)
{
    const json_t *v = json_object_get(in, name);

    *out = 0;
    if (!json_is_integer(v) || json_integer_value(v) < least)
        return tt_fail(err, TT_USAGE, "\"%s\" must be a number from %lld on",
                       name, (long long)least);
    *out = json_integer_value(v);
    return 0;
}

static int whole_path(const json_t *in, const char *name, const char **out,
                      struct tt_error *err)
{
    *out = text_of(in, name);
    if (!*out || **out != '/')
        return tt_fail(err, TT_USAGE, "\"%s\" must be a whole path", name);
    return 0;
}

static int parse_key(const char *hex, uint8_t key[DB_KEY_SIZE],
                     struct tt_error *err)
{
    static const char digits[] = "0123456789abcdef";

    if (!hex || strlen(hex) != DB_KEY_SIZE * 2 ||
        strspn(hex, digits) != DB_KEY_SIZE * 2)
        return tt_fail(err, TT_USAGE, "\"key\" must be 32 hex digits");
    for (int i = 0; i < DB_KEY_SIZE; i++)
        key[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) * 16 +
                           (strchr(digits, hex[2 * i + 1]) - digits));
    return 0;
}

static void put(json_t *out, const char *name, json_t *value)
{
    json_object_set_new(out, name, value);
}

/* --- models --- */

static int add_model(struct scheduler *s, const json_t *in, int64_t *id,
                     struct tt_error *err)
{
    const char *hex = text_of(in, "sha256");
    const json_t *metrics = json_object_get(in, "metrics");
    struct db_model m = {
        .name = text_of(in, "name"),
        .version = json_integer_value(json_object_get(in, "version")),
        .preset = text_of(in, "preset"),
        .parameters = json_integer_value(json_object_get(in, "parameters"))};
    char *text;
    int rc;

    if (!m.name || !*m.name || !hex)
        return tt_fail(err, TT_USAGE, "a model needs name, path and sha256");
    if (whole_path(in, "path", &m.path, err) < 0 ||
        tt_sha256_parse(hex, &m.sha256, err) < 0)
        return -1;
    text = json_is_object(metrics) ? json_dumps(metrics, JSON_COMPACT) : NULL;
    m.metrics = text;
    rc = db_model_add(s->db, &m, tt_wall_ms(), id, err);
    free(text);
    return rc;
}

static int do_model(struct scheduler *s, const json_t *in, json_t *out,
                    struct tt_error *err)
{
    int64_t id;
    int rc = add_model(s, in, &id, err);

    if (rc < 0)
        return -1;
    put(out, "model", json_integer(id));
    put(out, "new", json_boolean(rc == 1));
    return 0;
}

static int do_use(struct scheduler *s, const json_t *in, json_t *out,
                  struct tt_error *err)
{
    int64_t id;

    if (number_of(in, "model", 1, &id, err) < 0 ||
        db_model_use(s->db, id, tt_wall_ms(), err) < 0)
        return -1;
    put(out, "model", json_integer(id));
    return 0;
}

/* --- submit --- */

/* What the header says, into *sub; texts borrow from it. */
static int read_header(struct scheduler *s, const json_t *header,
                       const char *key, struct db_submit *sub,
                       struct tt_error *err)
{
    const char *kind = text_of(header, "kind");
    const char *own = text_of(header, "key");
    const json_t *model = json_object_get(header, "model");
    const json_t *dataset = json_object_get(header, "dataset");

    if (!own || strcmp(own, key) != 0)
        return tt_fail(err, TT_INPUT, "the manifest is that of another job");
    sub->kind = kind ? job_kind_from(kind) : 0;
    if (!sub->kind)
        return tt_fail(err, TT_INPUT, "the manifest names no kind of job: %s",
                       kind ? kind : "");
    sub->name = text_of(header, "name");
    if (!sub->name)
        return tt_fail(err, TT_INPUT, "the manifest has no name");
    sub->outdir = text_of(header, "out");
    sub->dataset = json_integer_value(json_object_get(dataset, "id"));
    if (json_is_object(model) && add_model(s, model, &sub->model, err) < 0)
        return tt_wrap(err, "the manifest's model");
    return 0;
}

static int enter_job(struct scheduler *s, const json_t *header, const char *key,
                     struct db_submit *sub, int64_t *id, struct tt_error *err)
{
    const json_t *params = json_object_get(header, "params");
    char *text = NULL;
    int rc = -1;

    if (read_header(s, header, key, sub, err) < 0)
        return -1;
    text = json_is_object(params)
               ? json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(15))
               : NULL;
    sub->params = text;
    rc = db_job_submit(s->db, sub, tt_wall_ms(), id, err);
    free(text);
    return rc;
}

static int prio_of(const json_t *in, struct db_submit *sub,
                   struct tt_error *err)
{
    int64_t prio = 1, weight = 1;

    if (json_object_get(in, "prio") && number_of(in, "prio", 0, &prio, err) < 0)
        return -1;
    if (json_object_get(in, "weight") &&
        number_of(in, "weight", 1, &weight, err) < 0)
        return -1;
    if (prio > 2 || weight > 1000)
        return tt_fail(err, TT_USAGE,
                       "\"prio\" is 0, 1 or 2, \"weight\" 1 to 1000");
    sub->prio = (int)prio;
    sub->weight = (int)weight;
    return 0;
}

static int do_submit(struct scheduler *s, const json_t *in, json_t *out,
                     struct tt_error *err)
{
    const char *key = text_of(in, "key");
    struct job_manifest *m = NULL;
    struct db_submit sub = {0};
    int64_t id;
    int rc;

    sub.owner = text_of(in, "owner");
    if (parse_key(key, sub.key, err) < 0 || prio_of(in, &sub, err) < 0 ||
        whole_path(in, "manifest", &sub.manifest, err) < 0 ||
        number_of(in, "total", 0, &sub.total, err) < 0)
        return -1;
    if (!sub.owner || !*sub.owner)
        return tt_fail(err, TT_USAGE, "\"owner\" is missing");
    if (job_manifest_open(&m, sub.manifest, err) < 0)
        return -1;
    sub.at = job_manifest_start(m);
    rc = enter_job(s, job_manifest_header(m), key, &sub, &id, err);
    job_manifest_close(m);
    if (rc < 0)
        return -1;
    if (rc == 1)
        tt_log(TT_INFO, "job %lld: %s submitted %lld", (long long)id, sub.owner,
               (long long)sub.total);
    issue_soon(s);
    put(out, "job", json_integer(id));
    put(out, "new", json_boolean(rc == 1));
    return 0;
}

/* --- jobs --- */

static int put_job(struct scheduler *s, int64_t id, json_t *out,
                   struct tt_error *err)
{
    struct db_arena *mem = db_arena_new();
    struct db_job job;
    int rc;

    if (!mem)
        return tt_fail(err, TT_NOMEM, "no memory for an answer");
    rc = db_job_get(s->db, id, mem, &job, err);
    put(out, "job", json_integer(id));
    if (rc == 1)
        put(out, "state", json_string(job_state_word(job.state)));
    db_arena_free(mem);
    return rc < 0 ? -1 : 0;
}

/* Photos in hand are soon done, and then recorded; a unit may take days. */
static bool may_finish(struct scheduler *s, int64_t id, struct db_arena *mem)
{
    struct tt_error ignored;
    struct db_job job;

    return db_job_get(s->db, id, mem, &job, &ignored) == 1 &&
           job.kind == JOB_COLORIZE;
}

static int do_cancel(struct scheduler *s, const json_t *in, json_t *out,
                     struct tt_error *err)
{
    struct db_arena *mem = db_arena_new();
    struct db_chunk_ref *refs;
    int64_t id;
    size_t n;

    if (!mem)
        return tt_fail(err, TT_NOMEM, "no memory to cancel");
    if (number_of(in, "job", 1, &id, err) < 0 ||
        db_job_cancel(s->db, id, text_of(in, "reason"), tt_wall_ms(), mem,
                      &refs, &n, err) < 0) {
        db_arena_free(mem);
        return -1;
    }
    issue_retract(s, id, may_finish(s, id, mem), refs, n);
    issue_soon(s);
    db_arena_free(mem);
    return put_job(s, id, out, err);
}

static int do_pause(struct scheduler *s, const json_t *in, json_t *out,
                    struct tt_error *err)
{
    int64_t id;

    if (number_of(in, "job", 1, &id, err) < 0 ||
        db_job_pause(s->db, id, text_of(in, "reason"), tt_wall_ms(), err) < 0)
        return -1;
    issue_withdraw(s, id);
    return put_job(s, id, out, err);
}

static int do_resume(struct scheduler *s, const json_t *in, json_t *out,
                     struct tt_error *err)
{
    int64_t id;

    if (number_of(in, "job", 1, &id, err) < 0 ||
        db_job_resume(s->db, id, tt_wall_ms(), err) < 0)
        return -1;
    issue_soon(s);
    return put_job(s, id, out, err);
}

static int retry_chunk_size(struct scheduler *s, int64_t id, int *chunk_n,
                            struct tt_error *err)
{
    struct db_arena *mem = db_arena_new();
    struct db_job job;
    int rc;

    if (!mem)
        return tt_fail(err, TT_NOMEM, "no memory to retry");
    rc = db_job_get(s->db, id, mem, &job, err);
    if (rc == 1)
        *chunk_n = issue_chunk_size(s, &job);
    db_arena_free(mem);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "there is no job %lld", (long long)id);
    return rc < 0 ? -1 : 0;
}

static int do_retry(struct scheduler *s, const json_t *in, json_t *out,
                    struct tt_error *err)
{
    int64_t id, n;
    int chunk_n = 0;

    if (number_of(in, "job", 1, &id, err) < 0 ||
        retry_chunk_size(s, id, &chunk_n, err) < 0 ||
        db_job_retry(s->db, id, chunk_n, tt_wall_ms(), &n, err) < 0)
        return -1;
    issue_soon(s);
    put(out, "photos", json_integer(n));
    return put_job(s, id, out, err);
}

/* --- the scheduler itself --- */

static int do_ping(struct scheduler *s, const json_t *in, json_t *out,
                   struct tt_error *err)
{
    int64_t issued = 0;

    (void)in;
    if (db_chunk_issued_count(s->db, &issued, err) < 0)
        return -1;
    put(out, "version", json_string(TT_VERSION));
    put(out, "pid", json_integer(getpid()));
    put(out, "db", json_string(db_path(s->db)));
    put(out, "uuid", json_string(db_uuid(s->db)));
    put(out, "gen", json_integer(db_generation(s->db)));
    put(out, "queue", json_string(s->link.up ? "up" : "down"));
    if (!s->link.up)
        put(out, "queue_error", json_string(s->link.why.text));
    else
        put(out, "redis", json_string(s->link.redis.version));
    if (s->record_error.code != TT_OK)
        put(out, "record_error", json_string(s->record_error.text));
    put(out, "window", json_integer(issue_window(s)));
    put(out, "issued", json_integer(issued));
    put(out, "workers", json_integer((json_int_t)s->crew.alive));
    put(out, "lease", json_integer(s->opt->lease));
    return 0;
}

static int do_lost(struct scheduler *s, const json_t *in, json_t *out,
                   struct tt_error *err)
{
    int64_t pid;

    (void)out;
    if (number_of(in, "pid", 1, &pid, err) < 0)
        return -1;
    return crew_lost(s, pid, err);
}

static int do_shutdown(struct scheduler *s, const json_t *in, json_t *out,
                       struct tt_error *err)
{
    (void)in, (void)out, (void)err;
    s->shutdown_asked = true; // the answer goes out first
    return 0;
}

static const struct handler handlers[] = {
    {"submit", do_submit},     {"cancel", do_cancel}, {"pause", do_pause},
    {"resume", do_resume},     {"retry", do_retry},   {"model", do_model},
    {"use", do_use},           {"ping", do_ping},     {"lost", do_lost},
    {"shutdown", do_shutdown}, {NULL, NULL}};

json_t *request_answer(struct scheduler *s, const json_t *request)
{
    const char *cmd = text_of(request, "cmd");
    const struct handler *h = handlers;
    struct tt_error err;
    json_t *out;
    int rc;

    while (h->cmd && strcmp(h->cmd, cmd) != 0)
        h++;
    if (!h->cmd) {
        tt_fail(&err, TT_USAGE, "%.40s: the scheduler does not know that", cmd);
        return request_refusal(&err);
    }
    out = json_pack("{s:b}", "ok", 1);
    if (!out)
        return NULL;
    rc = h->answer(s, request, out, &err);
    if (rc == 0)
        return out;
    json_decref(out);
    return request_refusal(&err);
}
