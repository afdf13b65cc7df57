/**
 * resp: Redis' wire form: replies from bytes, commands to bytes. The door to
 * hiredis' reader and formatter; nothing else of hiredis is used.
 *
 * Owns:    a reply is freed by queue_reply_free, a command by
 *          queue_args_release.
 * Threads: one thread per struct.
 * Fails:   TT_FORMAT (not RESP, or larger than any of our replies), TT_NOMEM.
 */
#ifndef QUEUE_RESP_H
#define QUEUE_RESP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum queue_reply_type {
    QUEUE_REPLY_TEXT,
    QUEUE_REPLY_STATUS,
    QUEUE_REPLY_ERROR,
    QUEUE_REPLY_INTEGER,
    QUEUE_REPLY_NIL,
    QUEUE_REPLY_LIST
};

struct queue_reply {
    enum queue_reply_type type;
    int64_t integer;
    char *text; /* NUL behind it; of text, status and error */
    size_t size;
    struct queue_reply **items; /* of a list */
    size_t n;
};

void queue_reply_free(struct queue_reply *r);

/** Take all that is in *from, which is left empty; *to is to be cleared. */
void queue_reply_move(struct queue_reply *to, struct queue_reply *from);
void queue_reply_clear(struct queue_reply *r);

/** An integer, or a text that is one; else `other`. NULL is allowed. */
int64_t queue_reply_number(const struct queue_reply *r, int64_t other);

/** Text or status; "" for anything else, NULL included. */
const char *queue_reply_text(const struct queue_reply *r);

/** Item i of a list, or NULL. */
const struct queue_reply *queue_reply_item(const struct queue_reply *r,
                                           size_t i);

/** Fill *err from an error reply: -1. 0 if it is none. */
int queue_reply_check(const struct queue_reply *r, struct tt_error *err);

struct queue_resp; /* the reader of one connection */

struct queue_resp *queue_resp_new(void);
void queue_resp_free(struct queue_resp *r);
int queue_resp_feed(struct queue_resp *r, const char *data, size_t size,
                    struct tt_error *err) TT_MUST;
/** 1: a whole reply, the caller's; 0: more bytes are needed; -1. */
int queue_resp_next(struct queue_resp *r, struct queue_reply **reply,
                    struct tt_error *err) TT_MUST;

/** A command in the making: zero it, add its words, send it. Memory that ran
 *  out is remembered and reported when it is formatted. */
struct queue_args {
    char **word;
    size_t *size;
    size_t n, room;
    int failed;
};

void queue_args_add(struct queue_args *a, const char *word);
void queue_args_add_bytes(struct queue_args *a, const char *word, size_t size);
void queue_args_add_int(struct queue_args *a, int64_t number);
/** The bytes on the wire: malloc'ed. */
int queue_args_format(const struct queue_args *a, char **data, size_t *size,
                      struct tt_error *err) TT_MUST;
void queue_args_release(struct queue_args *a);

#endif
