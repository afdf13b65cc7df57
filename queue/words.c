#include "queue/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    [QUEUE_DONE] = "done", [QUEUE_PART] = "part", [QUEUE_FAIL] = "fail"};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

char *queue_words_chunk(const struct queue_chunk *c, char *cid)
{
    snprintf(cid, QUEUE_CHUNK_SIZE, "%lld.%lld", (long long)c->job,
             (long long)c->seq);
    return cid;
}

bool queue_words_chunk_from(const char *cid, struct queue_chunk *c)
{
    char *end;

    memset(c, 0, sizeof(*c));
    if (*cid < '0' || *cid > '9')
        return false;
    errno = 0;
    c->job = strtoll(cid, &end, 10);
    if (*end != '.' || end[1] < '0' || end[1] > '9')
        return false;
    c->seq = strtoll(end + 1, &end, 10);
    return *end == '\0' && errno == 0;
}

const char *queue_words_kind(enum queue_result_kind kind)
{
    return kinds[kind];
}

/* The value of a name in [name, value, name, value, …], or NULL. */
static const struct queue_reply *field(const struct queue_reply *list,
                                       const char *name)
{
    for (size_t i = 0; list && i + 1 < list->n; i += 2) {
        if (strcmp(queue_reply_text(list->items[i]), name) == 0)
            return list->items[i + 1];
    }
    return NULL;
}

/* A worker's id stands in front of its tokens; "" if this is none. */
static void copy_id(char id[QUEUE_ID_SIZE], const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");

    if (len != QUEUE_ID_SIZE - 1)
        len = 0;
    memcpy(id, text, len);
    id[len] = '\0';
}

static bool kind_from(const char *word, struct queue_entry *e)
{
    e->is_note = strcmp(word, "note") == 0;
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(word, kinds[i]) == 0) {
            e->kind = (enum queue_result_kind)i;
            return true;
        }
    }
    return e->is_note;
}

void queue_words_entry(const struct queue_reply *r, struct queue_entry *e)
{
    const struct queue_reply *fields = queue_reply_item(r, 1);
    int64_t attempt = queue_reply_number(field(fields, "a"), -1);
    const struct queue_reply *body = field(fields, "b");

    memset(e, 0, sizeof(*e));
    e->id = queue_reply_text(queue_reply_item(r, 0));
    e->body = queue_reply_text(body);
    e->sane = queue_words_chunk_from(queue_reply_text(field(fields, "c")),
                                     &e->chunk) &&
              kind_from(queue_reply_text(field(fields, "k")), e) &&
              attempt >= 0 && body && strlen(e->body) == body->size;
    e->chunk.attempt = attempt < 0 ? 0 : attempt;
    copy_id(e->worker, queue_reply_text(field(fields, "t")));
}

bool queue_words_expiry(const struct queue_reply *r, struct queue_expiry *e)
{
    const char *cid = queue_reply_text(queue_reply_item(r, 0));

    memset(e, 0, sizeof(*e));
    if (!queue_words_chunk_from(cid, &e->chunk))
        return false;
    e->chunk.attempt = queue_reply_number(queue_reply_item(r, 1), 0);
    copy_id(e->worker, queue_reply_text(queue_reply_item(r, 2)));
    e->cursor = queue_reply_number(queue_reply_item(r, 3), -1);
    e->deadline = queue_reply_number(queue_reply_item(r, 4), 0);
    return true;
}

bool queue_words_worker(const struct queue_reply *r, struct queue_worker *w)
{
    const struct queue_reply *fields = queue_reply_item(r, 1);
    const struct queue_reply *ended = field(fields, "ended");

    memset(w, 0, sizeof(*w));
    copy_id(w->id, queue_reply_text(queue_reply_item(r, 0)));
    if (!w->id[0])
        return false;
    w->alive = fields && fields->n > 0 && !ended;
    w->ended = ended ? queue_reply_text(ended) : NULL;
    w->info.host = queue_reply_text(field(fields, "host"));
    w->info.pid = queue_reply_number(field(fields, "pid"), 0);
    w->info.caps = queue_reply_text(field(fields, "caps"));
    w->info.version = queue_reply_text(field(fields, "version"));
    w->info.threads = queue_reply_number(field(fields, "threads"), 0);
    return true;
}
