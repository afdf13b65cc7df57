/**
 * conn: one connection to Redis on a uv loop, from connect to loss. It never
 * reconnects: who wants that opens a new one. Commands are answered in order;
 * one that is late ends the connection, since nothing behind it can be told
 * apart. Whatever is in flight at a loss is answered with TT_UNAVAILABLE and
 * "unknown outcome".
 *
 * Owns:    open made it; close ends it, and its memory goes after `closed`.
 * Threads: that of the loop; all callbacks come from there.
 * Fails:   TT_UNAVAILABLE, TT_USAGE (refused password), TT_FORMAT (not Redis),
 *          TT_NOMEM.
 */
#ifndef QUEUE_CONN_H
#define QUEUE_CONN_H

#include <uv.h>

#include "base/error.h"
#include "queue/address.h"
#include "queue/resp.h"

struct queue_conn; /* opaque */

struct queue_conn_events {
    void *ctx;
    /** Connected and let in: commands may be sent. */
    void (*up)(void *ctx);
    /** Never came up, or is lost; once, after all answers. Now close it. */
    void (*down)(void *ctx, const struct tt_error *err);
};

/** reply is NULL on failure (*err says why; it is not NULL then) and good until
 *  the callback returns, which may move it away (queue_reply_move). An error
 *  reply comes as a reply. */
typedef void (*queue_reply_cb)(void *ctx, struct queue_reply *reply,
                               const struct tt_error *err);

/** Begin to connect. The outcome comes by events, never from within. */
int queue_conn_open(struct queue_conn **out, uv_loop_t *loop,
                    const struct queue_address *address, long timeout_ms,
                    const struct queue_conn_events *events,
                    struct tt_error *err) TT_MUST;

/** Send a command. cb is called once if this returned 0, else never. args may
 *  be released at once. */
int queue_conn_send(struct queue_conn *c, const struct queue_args *args,
                    long timeout_ms, queue_reply_cb cb, void *ctx,
                    struct tt_error *err) TT_MUST;

/** Close: what is in flight is answered from within, `down` is not called, and
 *  closed(ctx) comes from the loop. closed may be NULL, and so may c (then
 *  nothing is called). */
void queue_conn_close(struct queue_conn *c, void (*closed)(void *ctx),
                      void *ctx);

#endif
