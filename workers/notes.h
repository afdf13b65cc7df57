/**
 * notes: what a long task says while it runs: measures, events, how far it is;
 * gathered and sent about once a second.
 *
 * Owns:    init made it, release ends it (and sends nothing).
 * Threads: the work thread.
 * Fails:   never; where memory runs out a note is lost.
 */
#ifndef WORKERS_NOTES_H
#define WORKERS_NOTES_H

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "workers/lease.h"

struct worker_notes {
    struct worker_lease *leases;
    struct worker_chunk *chunk;
    json_t *body; /* the note in the making, or NULL */
    int64_t sent_ms;
    uint64_t done, total;
    bool moved; /* done, total have changed since */
};

void worker_notes_init(struct worker_notes *n, struct worker_lease *leases,
                       struct worker_chunk *chunk);

/** A value of a series; what is not finite is left out. */
void worker_notes_metric(struct worker_notes *n, const char *series,
                         uint64_t step, double value);
void worker_notes_event(struct worker_notes *n, const char *fmt, ...)
    TT_PRINTF(2, 3);
/** A member of the note ("run", "rewind"), which is taken over and replaces an
 *  earlier one. */
void worker_notes_set(struct worker_notes *n, const char *name, json_t *value);
void worker_notes_progress(struct worker_notes *n, uint64_t done,
                           uint64_t total);

/** Send what there is; else it is sent when a second has passed. */
void worker_notes_flush(struct worker_notes *n);

void worker_notes_release(struct worker_notes *n);

#endif
