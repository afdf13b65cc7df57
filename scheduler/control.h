/**
 * control: the socket on which the command line asks: STATE/control.sock, mode
 * 0600, one JSON object a line, one line of answer each, in order; a client may
 * ask several things on one connection.
 *
 *   answers   {"ok":true, …}  or  {"ok":false,"code":66,"error":"…"}
 *             (code: the exit status that goes with it, base/error.h)
 *
 *   {"cmd":"ping"}
 *       -> version, pid, db (path), uuid, gen, queue ("up", "down"),
 *          queue_error (if down), record_error (if the record cannot be
 *          written), window, issued (chunks), workers (that live), redis
 *          (its version, if up), lease (ms)
 *   {"cmd":"submit","key":"<32 hex>","manifest":"/abs","total":N,
 *    "owner":"anna","prio":1,"weight":1}
 *       -> job, new (false: this key was here already: the same job)
 *       All else is read from the manifest's header (job/manifest.h): kind,
 *       name, params, out, dataset.id, model {name, path, sha256}, which is
 *       entered into the record if its bytes are new to it. The header's key
 *       must be this key. total: its entries; 1 for a kind without photos.
 *       prio (0 first, 2 last) and weight may be absent: 1.
 *   {"cmd":"cancel","job":7,"reason":"…"}   -> job, state
 *   {"cmd":"pause","job":7,"reason":"…"}    -> job, state
 *   {"cmd":"resume","job":7}                -> job, state
 *       reason may be absent. cancel answers once it is committed: "cancelling"
 *       becomes "cancelled" when Redis has let go of the chunks; of photos
 *       those in hand are still done, and recorded.
 *   {"cmd":"retry","job":7}                 -> job, state, photos (how many)
 *   {"cmd":"model","name":"…","path":"/abs","sha256":"<hex>","preset":"S",
 *    "parameters":N,"metrics":{…}}          -> model, new
 *       preset, parameters and metrics may be absent, and so may version, the
 *       number behind the name: the next one.
 *   {"cmd":"use","model":3}                 -> model
 *   {"cmd":"backup","path":"/abs"}          -> path, once the copy is whole
 *   {"cmd":"lost","pid":N}                  -> nothing more
 *       A worker on this host has died, says who started it: its chunks go out
 *       again at once, and not when its leases end.
 *   {"cmd":"shutdown"}                      -> nothing more; the scheduler ends
 *
 * Owns:    open made it; close ends it, and its memory goes with the loop.
 * Threads: that of the loop.
 * Fails:   TT_USAGE (the socket's path is longer than 107 bytes), TT_OUTPUT.
 */
#ifndef SCHEDULER_CONTROL_H
#define SCHEDULER_CONTROL_H

#include <uv.h>

#include "base/error.h"

struct scheduler;
struct control; /* opaque */

#define CONTROL_LINE_MAX 65536 /* bytes; a longer request is refused */

/** Listen. A socket that nobody listens on any more is replaced. */
int control_open(struct control **out, struct scheduler *s, const char *path,
                 struct tt_error *err) TT_MUST;

/** Stop listening and drop the clients; handles close by the loop, and
 *  closed(ctx) says when all have. NULL is allowed (closed is not called). */
void control_close(struct control *c, void (*closed)(void *ctx), void *ctx);

#endif
