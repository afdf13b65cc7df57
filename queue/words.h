/**
 * words: the forms of this room's own texts in Redis, written and read: chunk
 * ids, tokens, result kinds, stream entries, worker hashes. What is not in
 * form is said to be so, never trusted.
 *
 * Owns:    nothing; what is filled in borrows from the reply.
 * Threads: any; pure.
 */
#ifndef QUEUE_WORDS_H
#define QUEUE_WORDS_H

#include "queue/queue.h"
#include "queue/resp.h"

/** "7.12" into cid (QUEUE_CHUNK_SIZE); returns cid. */
char *queue_words_chunk(const struct queue_chunk *c, char *cid);
/** True if it is one; the attempt is 0. */
bool queue_words_chunk_from(const char *cid, struct queue_chunk *c);

/** "done", "part", "fail". */
const char *queue_words_kind(enum queue_result_kind kind);

/** [id, [name, value, …]]. */
void queue_words_entry(const struct queue_reply *r, struct queue_entry *e);
/** [cid, attempt, worker, cursor, deadline]. */
bool queue_words_expiry(const struct queue_reply *r, struct queue_expiry *e);
/** [id, [name, value, …]]. */
bool queue_words_worker(const struct queue_reply *r, struct queue_worker *w);

#endif
