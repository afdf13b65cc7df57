#include "queue/queue_client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "queue/conn.h"
#include "queue/greet.h"
#include "queue/words.h"

#define CALL_TIMEOUT_MS 5000
#define RESULTS_MAX     8192 /* twice the largest window: no claims above it */
#define REVERSED        16   /* every such claim takes the least urgent first */

/* A connection of its own kind: calls, or waiting. */
struct line {
    struct queue_conn *conn;
    bool up, down, answered, failed;
    struct tt_error lost;     /* if down */
    struct tt_error why;      /* if the last call failed */
    struct queue_reply reply; /* to the last call */
};

struct queue_client {
    uv_loop_t loop;
    uv_async_t leave;
    bool has_loop, left;
    struct queue_address address;
    char prefix[64];
    char id[QUEUE_ID_SIZE];
    char salt[QUEUE_ID_SIZE]; /* two clients of one id never share a token */
    uint64_t claims;
    long timeout_ms;
    struct line calls, waits;
};

void queue_lease_release(struct queue_lease *lease)
{
    if (!lease)
        return;
    free(lease->payload);
    lease->payload = NULL;
}

/* --- life --- */

static int random_id(char id[QUEUE_ID_SIZE], struct tt_error *err)
{
    uint64_t r;

    if (getrandom(&r, sizeof(r), 0) != sizeof(r))
        return tt_fail_errno(err, TT_IO, "no random numbers");
    snprintf(id, QUEUE_ID_SIZE, "%016" PRIx64, r);
    return 0;
}

static int take_id(struct queue_client *c, const char *id, struct tt_error *err)
{
    if (random_id(c->salt, err) < 0)
        return -1;
    if (!id)
        return random_id(c->id, err);
    if (strlen(id) != QUEUE_ID_SIZE - 1 ||
        strspn(id, "0123456789abcdef") != QUEUE_ID_SIZE - 1)
        return tt_fail(err, TT_USAGE, "%s: a worker's id is 16 hex digits", id);
    memcpy(c->id, id, QUEUE_ID_SIZE);
    return 0;
}

static void on_leave(uv_async_t *leave)
{
    struct queue_client *c = leave->data;

    c->left = true;
}

static int open_loop(struct queue_client *c, struct tt_error *err)
{
    int rc = uv_loop_init(&c->loop);

    c->has_loop = rc == 0;
    c->leave.data = c;
    if (rc == 0 && (rc = uv_async_init(&c->loop, &c->leave, on_leave)) < 0) {
        uv_loop_close(&c->loop);
        c->has_loop = false;
    }
    if (rc < 0)
        return tt_fail(err, TT_NOMEM, "event loop: %s", uv_strerror(rc));
    uv_unref((uv_handle_t *)&c->leave);
    return 0;
}

int queue_client_open(struct queue_client **out, const char *url,
                      const char *name, const char *id, struct tt_error *err)
{
    struct queue_client *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return tt_fail(err, TT_NOMEM, "no memory for the queue");
    c->timeout_ms = CALL_TIMEOUT_MS;
    if (!queue_name_ok(name)) {
        tt_fail(err, TT_USAGE,
                "%s: a queue's name has letters, digits and \"_.-\", at most "
                "32",
                name);
        goto fail;
    }
    snprintf(c->prefix, sizeof(c->prefix), "tt:{%s}", name);
    if (queue_address_parse(&c->address, url, err) < 0 ||
        take_id(c, id, err) < 0 || open_loop(c, err) < 0)
        goto fail;
    *out = c;
    return 0;

fail:
    queue_client_close(c);
    return -1;
}

const char *queue_client_id(const struct queue_client *c)
{
    return c->id;
}

void queue_client_timeout(struct queue_client *c, long timeout_ms)
{
    c->timeout_ms = timeout_ms;
}

static void hang_up(struct line *line)
{
    queue_conn_close(line->conn, NULL, NULL);
    queue_reply_clear(&line->reply);
    memset(line, 0, sizeof(*line));
}

void queue_client_close(struct queue_client *c)
{
    if (!c)
        return;
    hang_up(&c->calls);
    hang_up(&c->waits);
    if (c->has_loop) {
        uv_close((uv_handle_t *)&c->leave, NULL);
        uv_run(&c->loop, UV_RUN_DEFAULT); // lets the handles close
        uv_loop_close(&c->loop);
    }
    free(c);
}

/* --- one call: all callbacks come from within uv_run below --- */

static void on_up(void *ctx)
{
    struct line *line = ctx;

    line->up = true;
}

static void on_down(void *ctx, const struct tt_error *err)
{
    struct line *line = ctx;

    line->down = true;
    line->lost = *err;
}

static void on_reply(void *ctx, struct queue_reply *reply,
                     const struct tt_error *err)
{
    struct line *line = ctx;

    line->answered = true;
    line->failed = err != NULL;
    if (err)
        line->why = *err;
    else
        queue_reply_move(&line->reply, reply);
}

static int connect_line(struct queue_client *c, struct line *line,
                        struct tt_error *err)
{
    struct queue_conn_events events = {line, on_up, on_down};

    if (line->conn && line->down)
        hang_up(line);
    if (!line->conn && queue_conn_open(&line->conn, &c->loop, &c->address,
                                       c->timeout_ms, &events, err) < 0)
        return -1;
    while (!line->up && !line->down)
        uv_run(&c->loop, UV_RUN_ONCE);
    if (line->down) {
        *err = line->lost;
        hang_up(line);
        return -1;
    }
    return 0;
}

/* Between calls nobody runs the loop, so a connection that broke meanwhile is
 * found out here, before a command is lost on it. */
static bool still_up(struct queue_client *c, struct line *line)
{
    if (line->conn)
        uv_run(&c->loop, UV_RUN_NOWAIT);
    return line->up && !line->down;
}

static int ask_once(struct queue_client *c, struct line *line,
                    struct queue_args *args, long timeout_ms,
                    struct tt_error *err)
{
    queue_reply_clear(&line->reply);
    line->answered = false;
    if (!still_up(c, line) && connect_line(c, line, err) < 0)
        return -1;
    if (queue_conn_send(line->conn, args, timeout_ms, on_reply, line, err) < 0)
        return -1;
    while (!line->answered && !(c->left && line == &c->waits))
        uv_run(&c->loop, UV_RUN_ONCE);
    if (!line->answered)
        return tt_fail(err, TT_CANCEL, "no longer waited for");
    if (line->failed) {
        *err = line->why;
        return -1;
    }
    return queue_reply_check(&line->reply, err);
}

/* Ask, and release args. The reply is borrowed until the next call. */
static int ask(struct queue_client *c, struct line *line,
               struct queue_args *args, long timeout_ms,
               const struct queue_reply **reply, struct tt_error *err)
{
    int rc = ask_once(c, line, args, timeout_ms, err);

    *reply = &line->reply;
    queue_args_release(args);
    return rc;
}

static void begin(struct queue_client *c, struct queue_args *args,
                  const char *function)
{
    queue_greet_call(args, function, c->prefix);
}

/* --- of oneself --- */

int queue_client_announce(struct queue_client *c,
                          const struct queue_worker_info *info, long ttl_ms,
                          struct tt_error *err)
{
    struct queue_args args = {0};
    const struct queue_reply *reply;

    begin(c, &args, "tt_hello");
    queue_args_add(&args, c->id);
    queue_args_add_int(&args, ttl_ms);
    queue_args_add(&args, "host");
    queue_args_add(&args, info->host);
    queue_args_add(&args, "pid");
    queue_args_add_int(&args, info->pid);
    queue_args_add(&args, "caps");
    queue_args_add(&args, info->caps);
    queue_args_add(&args, "version");
    queue_args_add(&args, info->version);
    queue_args_add(&args, "threads");
    queue_args_add_int(&args, info->threads);
    return ask(c, &c->calls, &args, c->timeout_ms, &reply, err);
}

int queue_client_farewell(struct queue_client *c, const char *why,
                          struct tt_error *err)
{
    struct queue_args args = {0};
    const struct queue_reply *reply;

    begin(c, &args, "tt_hello");
    queue_args_add(&args, c->id);
    queue_args_add_int(&args, 60000); // long enough for a scheduler to see it
    queue_args_add(&args, "ended");
    queue_args_add(&args, why);
    return ask(c, &c->calls, &args, c->timeout_ms, &reply, err);
}

/* --- chunks --- */

static void add_classes(struct queue_args *args, const char *before,
                        const char *lanes, bool reversed)
{
    char word[112];

    for (int i = 0; i < 3; i++) {
        for (const char *lane = lanes; *lane; lane++) {
            snprintf(word, sizeof(word), "%s%d%c", before, reversed ? 2 - i : i,
                     *lane);
            queue_args_add(args, word);
        }
    }
}

static int take_lease(const struct queue_reply *r, struct queue_lease *lease,
                      struct tt_error *err)
{
    const char *cid = queue_reply_text(queue_reply_item(r, 0));
    const char *token = queue_reply_text(queue_reply_item(r, 2));

    memset(lease, 0, sizeof(*lease));
    if (strlen(cid) >= sizeof(lease->chunk) ||
        strlen(token) >= sizeof(lease->token))
        return tt_fail(err, TT_FORMAT, "redis: a lease that is not ours");
    snprintf(lease->chunk, sizeof(lease->chunk), "%s", cid);
    snprintf(lease->token, sizeof(lease->token), "%s", token);
    lease->attempt = queue_reply_number(queue_reply_item(r, 1), 0);
    lease->payload = strdup(queue_reply_text(queue_reply_item(r, 3)));
    if (!lease->payload)
        return tt_fail(err, TT_NOMEM, "no memory for a chunk");
    return 0;
}

static int take_leases(const struct queue_reply *reply, size_t max,
                       struct queue_lease *leases, size_t *n,
                       struct tt_error *err)
{
    if (reply->type != QUEUE_REPLY_LIST || reply->n > max)
        return tt_fail(err, TT_FORMAT, "redis: not an answer to a claim");
    for (size_t i = 0; i < reply->n; i++) {
        if (take_lease(reply->items[i], &leases[i], err) < 0) {
            while (i > 0)
                queue_lease_release(&leases[--i]);
            return -1;
        }
    }
    *n = reply->n;
    return 0;
}

int queue_client_claim(struct queue_client *c, const char *lanes, long ttl_ms,
                       size_t max, struct queue_lease *leases, size_t *n,
                       struct tt_error *err)
{
    struct queue_args args = {0};
    const struct queue_reply *reply;
    char nonce[QUEUE_TOKEN_SIZE];

    *n = 0;
    c->claims++;
    snprintf(nonce, sizeof(nonce), "%s.%.8s%" PRIx64, c->id, c->salt,
             c->claims);
    begin(c, &args, "tt_claim");
    queue_args_add(&args, c->id);
    queue_args_add(&args, nonce);
    queue_args_add_int(&args, ttl_ms);
    queue_args_add_int(&args, (int64_t)max);
    queue_args_add_int(&args, RESULTS_MAX);
    add_classes(&args, "", lanes, c->claims % REVERSED == 0);
    if (ask(c, &c->calls, &args, c->timeout_ms, &reply, err) < 0)
        return -1;
    return take_leases(reply, max, leases, n, err);
}

int queue_client_beat(struct queue_client *c, struct queue_beat *beats,
                      size_t n, long ttl_ms, struct tt_error *err)
{
    struct queue_args args = {0};
    const struct queue_reply *reply;

    if (n == 0)
        return 0;
    begin(c, &args, "tt_beat");
    queue_args_add_int(&args, ttl_ms);
    for (size_t i = 0; i < n; i++) {
        queue_args_add(&args, beats[i].lease->chunk);
        queue_args_add(&args, beats[i].lease->token);
        queue_args_add_int(&args, beats[i].cursor);
    }
    if (ask(c, &c->calls, &args, c->timeout_ms, &reply, err) < 0)
        return -1;
    if (reply->n != n)
        return tt_fail(err, TT_FORMAT, "redis: not an answer to a beat");
    for (size_t i = 0; i < n; i++)
        beats[i].kept = queue_reply_number(reply->items[i], 0) == 1;
    return 0;
}

/* Send args and read the one word that comes back. */
static int ask_word(struct queue_client *c, struct queue_args *args,
                    enum queue_answer *answer, struct tt_error *err)
{
    static const struct {
        const char *word;
        enum queue_answer answer;
    } words[] = {{"OK", QUEUE_OK},
                 {"DUP", QUEUE_DUPLICATE},
                 {"GONE", QUEUE_GONE},
                 {"STALE", QUEUE_STALE}};
    const struct queue_reply *reply;

    if (ask(c, &c->calls, args, c->timeout_ms, &reply, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(queue_reply_text(reply), words[i].word) == 0) {
            *answer = words[i].answer;
            return 0;
        }
    }
    return tt_fail(err, TT_FORMAT, "redis: not an answer to a report");
}

int queue_client_result(struct queue_client *c, const struct queue_lease *lease,
                        enum queue_result_kind kind, const char *body,
                        enum queue_answer *answer, struct tt_error *err)
{
    struct queue_args args = {0};

    begin(c, &args, "tt_result");
    queue_args_add(&args, lease->chunk);
    queue_args_add(&args, lease->token);
    queue_args_add_int(&args, lease->attempt);
    queue_args_add(&args, queue_words_kind(kind));
    queue_args_add(&args, body);
    return ask_word(c, &args, answer, err);
}

int queue_client_note(struct queue_client *c, const struct queue_lease *lease,
                      const char *body, enum queue_answer *answer,
                      struct tt_error *err)
{
    struct queue_args args = {0};

    begin(c, &args, "tt_note");
    queue_args_add(&args, lease->chunk);
    queue_args_add(&args, lease->token);
    queue_args_add_int(&args, lease->attempt);
    queue_args_add(&args, body);
    return ask_word(c, &args, answer, err);
}

int queue_client_release(struct queue_client *c,
                         const struct queue_lease *lease, int64_t cursor,
                         enum queue_answer *answer, struct tt_error *err)
{
    struct queue_args args = {0};

    begin(c, &args, "tt_release");
    queue_args_add(&args, lease->chunk);
    queue_args_add(&args, lease->token);
    queue_args_add_int(&args, cursor);
    return ask_word(c, &args, answer, err);
}

/* --- waiting --- */

int queue_client_wait(struct queue_client *c, const char *lanes, long ms,
                      struct tt_error *err)
{
    struct queue_args args = {0};
    const struct queue_reply *reply;
    int64_t end = tt_steady_ms() + ms;
    char before[80], seconds[32];
    int64_t left;

    if (ms < 1 || c->left)
        return 0; // to Redis, 0 means for ever
    snprintf(before, sizeof(before), "%s:wk:", c->prefix);
    snprintf(seconds, sizeof(seconds), "%ld.%03ld", ms / 1000, ms % 1000);
    queue_args_add(&args, "BLPOP");
    add_classes(&args, before, lanes, false);
    queue_args_add(&args, seconds);
    if (ask(c, &c->waits, &args, ms + c->timeout_ms, &reply, err) == 0)
        return reply->type == QUEUE_REPLY_LIST;
    if (c->left)
        return 0;
    left = end - tt_steady_ms();
    if (left > 0)
        tt_sleep_ms(left);
    return -1;
}

void queue_client_leave(struct queue_client *c)
{
    uv_async_send(&c->leave);
}
