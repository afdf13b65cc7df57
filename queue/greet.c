#include "queue/greet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char functions[] =
#include "queue/tintype.lua.h"
    ;

#define PREFIX_SIZE 64

struct greet {
    struct queue_conn *conn;
    struct queue_greeting g;
    queue_greet_cb done;
    void *ctx;
    char prefix[PREFIX_SIZE], fence[96], db[64];
    int64_t gen;
    long timeout_ms;
    bool may_wipe, wipe;
};

static void adopt(struct greet *g);
static void scan(struct greet *g, const char *cursor);

void queue_greet_call(struct queue_args *args, const char *function,
                      const char *prefix)
{
    queue_args_add(args, "FCALL");
    queue_args_add(args, function);
    queue_args_add(args, "1");
    queue_args_add(args, prefix);
}

static void finish(struct greet *g, const struct tt_error *err)
{
    g->done(g->ctx, &g->g, err);
    free(g);
}

static void give_up(struct greet *g, const struct tt_error *err)
{
    if (err->code == TT_USAGE || err->code == TT_BUSY)
        g->g.hopeless = true;
    finish(g, err);
}

/* The next step's command; the greeting ends here if it cannot be sent. */
static void ask(struct greet *g, struct queue_args *args, queue_reply_cb cb)
{
    struct tt_error err;

    if (queue_conn_send(g->conn, args, g->timeout_ms, cb, g, &err) < 0)
        give_up(g, &err);
    queue_args_release(args);
}

/* True if the step failed; the greeting is over then. */
static bool failed(struct greet *g, const struct queue_reply *reply,
                   const struct tt_error *err)
{
    struct tt_error why;

    if (err) {
        give_up(g, err);
        return true;
    }
    if (queue_reply_check(reply, &why) < 0) {
        give_up(g, &why);
        return true;
    }
    return false;
}

/* --- adopting --- */

static void on_adopted(void *ctx, struct queue_reply *reply,
                       const struct tt_error *err)
{
    struct greet *g = ctx;
    const char *word;
    struct tt_error why;

    if (failed(g, reply, err))
        return;
    word = queue_reply_text(queue_reply_item(reply, 0));
    g->g.ready.redis_now = queue_reply_number(queue_reply_item(reply, 1), 0);
    if (strcmp(word, "NEW") == 0)
        g->g.ready.fresh = true;
    if (strcmp(word, "NEW") == 0 || strcmp(word, "OK") == 0) {
        finish(g, NULL);
    } else if (strcmp(word, "WIPE") == 0 && g->may_wipe) {
        g->may_wipe = false;
        scan(g, "0");
    } else if (strcmp(word, "WIPE") == 0) {
        tt_fail(&why, TT_BUSY,
                "the queue in redis belongs to the scheduler of another "
                "database; give this one another name (--queue)");
        give_up(g, &why);
    } else {
        g->g.later_gen = queue_reply_number(queue_reply_item(reply, 2), 0);
        tt_fail(&why, TT_BUSY,
                "redis has seen a later scheduler of this database; if the "
                "record was restored from a backup, use --take-over");
        give_up(g, &why);
    }
}

static void adopt(struct greet *g)
{
    struct queue_args args = {0};

    queue_greet_call(&args, "tt_adopt", g->prefix);
    queue_args_add_int(&args, g->gen);
    queue_args_add(&args, g->db);
    queue_args_add(&args, g->fence);
    ask(g, &args, on_adopted);
}

/* --- wiping: not FLUSHALL, Redis may serve others as well --- */

/* The step after this one is asked by on_scanned. */
static void on_deleted(void *ctx, struct queue_reply *reply,
                       const struct tt_error *err)
{
    (void)ctx, (void)reply, (void)err;
}

static int delete_found(struct greet *g, const struct queue_reply *keys,
                        struct tt_error *err)
{
    struct queue_args args = {0};
    int rc;

    if (!keys || keys->n == 0)
        return 0;
    queue_args_add(&args, "DEL");
    for (size_t i = 0; i < keys->n; i++)
        queue_args_add(&args, queue_reply_text(keys->items[i]));
    rc = queue_conn_send(g->conn, &args, g->timeout_ms, on_deleted, NULL, err);
    queue_args_release(&args);
    return rc;
}

static void on_scanned(void *ctx, struct queue_reply *reply,
                       const struct tt_error *err)
{
    struct greet *g = ctx;
    const char *cursor;
    struct tt_error why;

    if (failed(g, reply, err))
        return;
    cursor = queue_reply_text(queue_reply_item(reply, 0));
    if (delete_found(g, queue_reply_item(reply, 1), &why) < 0)
        give_up(g, &why);
    else if (strcmp(cursor, "0") == 0 || !*cursor)
        adopt(g);
    else
        scan(g, cursor);
}

static void scan(struct greet *g, const char *cursor)
{
    struct queue_args args = {0};
    char pattern[PREFIX_SIZE + 3];

    g->g.ready.fresh = true;
    snprintf(pattern, sizeof(pattern), "%s:*", g->prefix);
    queue_args_add(&args, "SCAN");
    queue_args_add(&args, cursor);
    queue_args_add(&args, "MATCH");
    queue_args_add(&args, pattern);
    queue_args_add(&args, "COUNT");
    queue_args_add(&args, "1000");
    ask(g, &args, on_scanned);
}

/* --- looking --- */

static void on_loaded(void *ctx, struct queue_reply *reply,
                      const struct tt_error *err)
{
    struct greet *g = ctx;

    if (failed(g, reply, err))
        return;
    if (g->wipe)
        scan(g, "0");
    else
        adopt(g);
}

static void load(struct greet *g)
{
    struct queue_args args = {0};

    queue_args_add(&args, "FUNCTION");
    queue_args_add(&args, "LOAD");
    queue_args_add(&args, "REPLACE");
    queue_args_add_bytes(&args, functions, sizeof(functions) - 1);
    ask(g, &args, on_loaded);
}

/* The value of "name:value" in what INFO said; "" if it is not there. */
static void info(const char *text, const char *name, char *out, size_t size)
{
    const char *at = text;
    size_t len = strlen(name);

    out[0] = '\0';
    while (at && (strncmp(at, name, len) != 0 || at[len] != ':')) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (at)
        snprintf(out, size, "%.*s", (int)strcspn(at + len + 1, "\r\n"),
                 at + len + 1);
}

static int check_server(struct greet *g, const char *text, struct tt_error *err)
{
    struct queue_ready *r = &g->g.ready;
    char policy[32], role[16];

    info(text, "redis_version", r->version, sizeof(r->version));
    info(text, "run_id", r->run_id, sizeof(r->run_id));
    info(text, "maxmemory_policy", policy, sizeof(policy));
    info(text, "role", role, sizeof(role));
    if (strtol(r->version, NULL, 10) < 7)
        return tt_fail(err, TT_USAGE,
                       "redis %s is too old: 7.0 or later is needed",
                       r->version[0] ? r->version : "of unknown version");
    if (strcmp(policy, "noeviction") != 0)
        return tt_fail(err, TT_USAGE,
                       "redis may throw keys away (maxmemory-policy %s): it "
                       "must be noeviction",
                       policy);
    if (strcmp(role, "slave") == 0)
        return tt_fail(err, TT_UNAVAILABLE, "this redis is a replica");
    return 0;
}

static void on_info(void *ctx, struct queue_reply *reply,
                    const struct tt_error *err)
{
    struct greet *g = ctx;
    struct tt_error why;

    if (failed(g, reply, err))
        return;
    if (check_server(g, queue_reply_text(reply), &why) < 0)
        give_up(g, &why);
    else
        load(g);
}

int queue_greet(struct queue_conn *conn, const struct queue_options *options,
                const char *prefix, const char *fence, queue_greet_cb done,
                void *ctx, struct tt_error *err)
{
    struct greet *g = calloc(1, sizeof(*g));
    struct queue_args args = {0};
    int rc;

    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory to greet redis");
    g->conn = conn;
    g->done = done;
    g->ctx = ctx;
    g->gen = options->gen;
    g->timeout_ms = options->timeout_ms;
    g->may_wipe = options->may_wipe;
    g->wipe = options->wipe;
    snprintf(g->prefix, sizeof(g->prefix), "%s", prefix);
    snprintf(g->fence, sizeof(g->fence), "%s", fence);
    snprintf(g->db, sizeof(g->db), "%s", options->db);
    queue_args_add(&args, "INFO");
    rc = queue_conn_send(conn, &args, g->timeout_ms, on_info, g, err);
    queue_args_release(&args);
    if (rc < 0)
        free(g);
    return rc;
}
