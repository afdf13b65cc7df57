#include "queue/resp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#define LIST_MAX  1048576 /* elements; none of our replies comes near */
#define DEPTH_MAX 7       /* lists in lists; freeing them recurses */

// The library's first major version counts elements in size_t, and reads RESP3.
#if HIREDIS_MAJOR >= 1
#define COUNT size_t
#else
#define COUNT int
#endif

struct queue_resp {
    redisReader *reader;
};

/* --- replies --- */

void queue_reply_clear(struct queue_reply *r)
{
    for (size_t i = 0; i < r->n; i++)
        queue_reply_free(r->items[i]);
    free(r->items);
    free(r->text);
    memset(r, 0, sizeof(*r));
}

void queue_reply_free(struct queue_reply *r)
{
    if (!r)
        return;
    queue_reply_clear(r);
    free(r);
}

void queue_reply_move(struct queue_reply *to, struct queue_reply *from)
{
    *to = *from;
    memset(from, 0, sizeof(*from));
    from->type = QUEUE_REPLY_NIL;
}

int64_t queue_reply_number(const struct queue_reply *r, int64_t other)
{
    char *end;
    long long v;

    if (r && r->type == QUEUE_REPLY_INTEGER)
        return r->integer;
    if (!r || r->type != QUEUE_REPLY_TEXT || r->size == 0)
        return other;
    errno = 0;
    v = strtoll(r->text, &end, 10);
    return *end || errno ? other : v;
}

const char *queue_reply_text(const struct queue_reply *r)
{
    int has =
        r && (r->type == QUEUE_REPLY_TEXT || r->type == QUEUE_REPLY_STATUS);

    return has ? r->text : "";
}

const struct queue_reply *queue_reply_item(const struct queue_reply *r,
                                           size_t i)
{
    return r && i < r->n ? r->items[i] : NULL;
}

/* What Redis' own error words mean to us. */
static const struct {
    const char *start;
    enum tt_code code;
    const char *words;
} meanings[] = {
    {"FENCED", TT_BUSY, NULL},
    {"OOM", TT_NOMEM, "redis is full"},
    {"NOAUTH", TT_USAGE, "redis wants a password"},
    {"ERR Protocol error: unauthenticated", TT_USAGE, "redis wants a password"},
    {"WRONGPASS", TT_USAGE, "redis refuses the password"},
    {"ERR AUTH", TT_USAGE, NULL},
    {"NOPERM", TT_USAGE, NULL},
    {"LOADING", TT_UNAVAILABLE, NULL},
    {"READONLY", TT_UNAVAILABLE, NULL},
    {"MASTERDOWN", TT_UNAVAILABLE, NULL},
    {"MISCONF", TT_UNAVAILABLE, NULL},
    {"BUSY", TT_UNAVAILABLE, NULL},
    {"ERR Function not found", TT_UNAVAILABLE,
     "no scheduler has prepared this queue yet"},
    {"WRONGTYPE", TT_FORMAT, NULL},
};

int queue_reply_check(const struct queue_reply *r, struct tt_error *err)
{
    if (r->type != QUEUE_REPLY_ERROR)
        return 0;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
        if (strncmp(r->text, meanings[i].start, strlen(meanings[i].start)) != 0)
            continue;
        if (meanings[i].words)
            return tt_fail(err, meanings[i].code, "%s", meanings[i].words);
        return tt_fail(err, meanings[i].code, "redis: %s", r->text);
    }
    return tt_fail(err, TT_BUG, "redis: %s", r->text);
}

/* --- reading: hiredis calls these as it finds the parts of a reply --- */

static struct queue_reply *make(const redisReadTask *task,
                                enum queue_reply_type type)
{
    struct queue_reply *r = calloc(1, sizeof(*r));
    struct queue_reply *list = task->parent ? task->parent->obj : NULL;

    if (!r)
        return NULL;
    r->type = type;
    if (list)
        list->items[task->idx] = r;
    return r;
}

static void *make_text(const redisReadTask *task, char *text, size_t size)
{
    enum queue_reply_type type =
        task->type == REDIS_REPLY_ERROR    ? QUEUE_REPLY_ERROR
        : task->type == REDIS_REPLY_STATUS ? QUEUE_REPLY_STATUS
                                           : QUEUE_REPLY_TEXT;
    char *copy = malloc(size + 1);
    struct queue_reply *r = copy ? make(task, type) : NULL;

    if (!r) {
        free(copy);
        return NULL;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    r->text = copy;
    r->size = size;
    return r;
}

static int depth(const redisReadTask *task)
{
    int n = 0;

    for (; task->parent; task = task->parent)
        n++;
    return n;
}

static void *make_list(const redisReadTask *task, COUNT n)
{
    struct queue_reply **items;
    struct queue_reply *r;

    if ((size_t)n > LIST_MAX || depth(task) >= DEPTH_MAX) // -1 is too long too
        return NULL;
    items = calloc((size_t)n + 1, sizeof(struct queue_reply *));
    r = items ? make(task, QUEUE_REPLY_LIST) : NULL;
    if (!r) {
        free(items);
        return NULL;
    }
    r->items = items;
    r->n = (size_t)n;
    return r;
}

static void *make_integer(const redisReadTask *task, long long value)
{
    struct queue_reply *r = make(task, QUEUE_REPLY_INTEGER);

    if (r)
        r->integer = value;
    return r;
}

static void *make_nil(const redisReadTask *task)
{
    return make(task, QUEUE_REPLY_NIL);
}

static void unmake(void *r)
{
    queue_reply_free(r);
}

#if HIREDIS_MAJOR >= 1
/* We never ask for RESP3; but for a maker that is missing, the reader would
 * hand us a number as if it were a pointer. */
static void *make_double(const redisReadTask *task, double value, char *text,
                         size_t size)
{
    (void)value;
    return make_text(task, text, size);
}

static void *make_bool(const redisReadTask *task, int value)
{
    return make_integer(task, value);
}
#endif

static redisReplyObjectFunctions makers = {
    .createString = make_text,
    .createArray = make_list,
    .createInteger = make_integer,
    .createNil = make_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = make_double,
    .createBool = make_bool,
#endif
    .freeObject = unmake,
};

struct queue_resp *queue_resp_new(void)
{
    struct queue_resp *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->reader = redisReaderCreateWithFunctions(&makers);
    if (!r->reader) {
        free(r);
        return NULL;
    }
    return r;
}

void queue_resp_free(struct queue_resp *r)
{
    if (!r)
        return;
    redisReaderFree(r->reader);
    free(r);
}

static int reader_failed(const struct queue_resp *r, struct tt_error *err)
{
    if (r->reader->err == REDIS_ERR_OOM)
        return tt_fail(err, TT_NOMEM,
                       "no memory for a reply, or far too large");
    return tt_fail(err, TT_FORMAT, "this is not redis: %s", r->reader->errstr);
}

int queue_resp_feed(struct queue_resp *r, const char *data, size_t size,
                    struct tt_error *err)
{
    if (redisReaderFeed(r->reader, data, size) != REDIS_OK)
        return reader_failed(r, err);
    return 0;
}

int queue_resp_next(struct queue_resp *r, struct queue_reply **reply,
                    struct tt_error *err)
{
    void *got = NULL;

    *reply = NULL;
    if (redisReaderGetReply(r->reader, &got) != REDIS_OK)
        return reader_failed(r, err);
    *reply = got;
    return got != NULL;
}

/* --- commands --- */

static int grow(struct queue_args *a)
{
    size_t room = a->room ? a->room * 2 : 16;
    char **word;
    size_t *size;

    if (a->n < a->room)
        return 0;
    word = realloc(a->word, room * sizeof(*word));
    if (word)
        a->word = word;
    size = realloc(a->size, room * sizeof(*size));
    if (size)
        a->size = size;
    if (!word || !size)
        return -1;
    a->room = room;
    return 0;
}

void queue_args_add_bytes(struct queue_args *a, const char *word, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy || a->failed || grow(a) < 0) {
        a->failed = 1;
        free(copy);
        return;
    }
    memcpy(copy, word, size);
    copy[size] = '\0';
    a->word[a->n] = copy;
    a->size[a->n++] = size;
}

void queue_args_add(struct queue_args *a, const char *word)
{
    queue_args_add_bytes(a, word, strlen(word));
}

void queue_args_add_int(struct queue_args *a, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    queue_args_add(a, text);
}

int queue_args_format(const struct queue_args *a, char **data, size_t *size,
                      struct tt_error *err)
{
    int n;

    *data = NULL;
    if (a->failed)
        return tt_fail(err, TT_NOMEM, "no memory for a command");
    n = redisFormatCommandArgv(data, (int)a->n, (const char **)a->word,
                               a->size);
    if (n < 0)
        return tt_fail(err, TT_NOMEM, "no memory for a command");
    *size = (size_t)n;
    return 0;
}

void queue_args_release(struct queue_args *a)
{
    for (size_t i = 0; i < a->n; i++)
        free(a->word[i]);
    free(a->word);
    free(a->size);
    memset(a, 0, sizeof(*a));
}
