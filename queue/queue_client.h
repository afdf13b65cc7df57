/**
 * queue_client: the queue as a worker sees it: claim chunks, keep their leases
 * alive, say what came of them. Calls block until Redis has answered or the
 * timeout has passed, so they belong on a thread of their own.
 *
 * Redis may be away at any time: a call then fails with TT_UNAVAILABLE, and
 * the next one connects anew. Where the connection broke with a call in
 * flight, its outcome is unknown; every call is safe to send again.
 *
 * A lease is kept only by queue_client_beat, at least every ttl / 3. A chunk
 * that beat says is gone is to be abandoned: its lease ended, or its job was
 * cancelled. If its work is done all the same, report it: a late success is
 * welcome. The answers DUPLICATE, GONE and STALE all mean "drop it".
 *
 * Owns:    open made it, close frees it. Payloads are the caller's: see
 *          queue_lease_release.
 * Threads: one thread at a time per struct queue_client; a worker may open
 *          several with the same id (one to beat, one for the rest). The
 *          process is to ignore SIGPIPE.
 * Fails:   TT_UNAVAILABLE (away, too slow, or no scheduler has been here yet),
 *          TT_USAGE (a bad address, a refused password), TT_NOMEM (also: Redis
 *          is full, try later), TT_FORMAT (the keys are not ours).
 */
#ifndef QUEUE_QUEUE_CLIENT_H
#define QUEUE_QUEUE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define QUEUE_NAME_DEFAULT "main"
#define QUEUE_CHUNK_SIZE   48 /* "<job>.<seq>" and a NUL */
#define QUEUE_TOKEN_SIZE   64
#define QUEUE_ID_SIZE      17 /* 16 hex digits and a NUL */

struct queue_client; /* opaque */

/** A chunk in hand. The token proves whose it is. */
struct queue_lease {
    char chunk[QUEUE_CHUNK_SIZE]; /* "7.12": job and number */
    int64_t attempt;
    char token[QUEUE_TOKEN_SIZE];
    char *payload; /* job/wire.h; malloc'ed */
};

/** Free the payload. NULL and zeroed ones are allowed. */
void queue_lease_release(struct queue_lease *lease);

/** Make ready to talk; does not connect yet, the first call does. url:
 *  "unix:/path", "/path", "host:port", "redis://[user[:password]@]host[:port]",
 *  "unix://[user[:password]@]/path". name: the queue, QUEUE_NAME_DEFAULT.
 *  id: who we are, 16 hex digits; NULL: a new random one. */
int queue_client_open(struct queue_client **out, const char *url,
                      const char *name, const char *id,
                      struct tt_error *err) TT_MUST;

/** Who we are: 16 hex digits, unique for ever; the record's worker uid. */
const char *queue_client_id(const struct queue_client *c);

/** How long a call may take, connecting included. At first 5000. */
void queue_client_timeout(struct queue_client *c, long timeout_ms);

/** Close and free. NULL is allowed. */
void queue_client_close(struct queue_client *c);

/** What a worker says of itself; texts without NUL are sent as they are. */
struct queue_worker_info {
    const char *host;
    int64_t pid;
    const char *caps; /* "g t cpu:2" */
    const char *version;
    int64_t threads;
};

/** We live: to be said at the start and at least every ttl_ms; forgotten (and
 *  recorded as lost) after 3 x ttl_ms of silence. Display only. */
int queue_client_announce(struct queue_client *c,
                          const struct queue_worker_info *info, long ttl_ms,
                          struct tt_error *err) TT_MUST;

/** We go, on purpose; why: "drained". */
int queue_client_farewell(struct queue_client *c, const char *why,
                          struct tt_error *err) TT_MUST;

/** Take up to max chunks of these lanes ("g", "t", or both: "gt"), the most
 *  urgent first (every 16th claim the other way round, so that none starves).
 *  leases has room for max; *n says how many came, 0 if there are none. */
int queue_client_claim(struct queue_client *c, const char *lanes, long ttl_ms,
                       size_t max, struct queue_lease *leases, size_t *n,
                       struct tt_error *err) TT_MUST;

struct queue_beat {
    const struct queue_lease *lease;
    int64_t cursor; /* number of the photo in hand, -1: none yet */
    bool kept;      /* answer; false: abandon it */
};

/** Renew n leases for another ttl_ms. */
int queue_client_beat(struct queue_client *c, struct queue_beat *beats,
                      size_t n, long ttl_ms, struct tt_error *err) TT_MUST;

enum queue_result_kind {
    QUEUE_DONE, /* all of its photos are in the result */
    QUEUE_PART, /* some are; the rest is to be issued again (drain) */
    QUEUE_FAIL  /* nothing came of it; body carries error and "cursor" */
};

enum queue_answer {
    QUEUE_OK,
    QUEUE_DUPLICATE, /* a result of this chunk is there already */
    QUEUE_GONE,      /* nobody waits for it any more */
    QUEUE_STALE      /* a late part or failure: no longer ours */
};

/** Report a chunk; body is job_result_text's. The lease ends with it. */
int queue_client_result(struct queue_client *c, const struct queue_lease *lease,
                        enum queue_result_kind kind, const char *body,
                        enum queue_answer *answer,
                        struct tt_error *err) TT_MUST;

/** Metrics and words while it runs; body is a note of job/wire.h. QUEUE_OK or
 *  QUEUE_GONE. Not to be sent again after TT_NOMEM: it is only a note. */
int queue_client_note(struct queue_client *c, const struct queue_lease *lease,
                      const char *body, enum queue_answer *answer,
                      struct tt_error *err) TT_MUST;

/** Give a chunk back unbegun; no strike. QUEUE_OK or QUEUE_GONE. */
int queue_client_release(struct queue_client *c,
                         const struct queue_lease *lease, int64_t cursor,
                         enum queue_answer *answer,
                         struct tt_error *err) TT_MUST;

/** Sleep until a chunk of these lanes may be there, or ms have passed. 1: try
 *  a claim now; 0: time is over (try one all the same, hints can be lost). If
 *  Redis is away it sleeps for ms as well and then fails, so that a loop
 *  around it never spins. */
int queue_client_wait(struct queue_client *c, const char *lanes, long ms,
                      struct tt_error *err) TT_MUST;

/** Any thread: there will be nothing to wait for. A wait ends, and all that
 *  follow end at once, with 0. */
void queue_client_leave(struct queue_client *c);

#endif
