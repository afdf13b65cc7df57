/**
 * house: a Redis, a scheduler and workers of a test's own, each a process that
 * dies with the test, in the test's folder. The workers are real peers of the
 * protocol: they claim, beat and report by queue/queue_client.h, and only do
 * not look at any photo.
 */
#ifndef TESTS_SCHEDULER_HOUSE_H
#define TESTS_SCHEDULER_HOUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "db/history.h"
#include "queue/queue_client.h"
#include "scheduler/scheduler.h"
#include "tests/queue/redis.h"

struct house {
    struct test_redis redis;
    struct scheduler_options opt; /* may be changed before a start */
    pid_t scheduler;
    char folder[96], state[112];
    int jobs; /* submitted so far: names the manifests */
};

/** Start Redis; options: lease 1 s, all else as by default. */
void house_open(struct house *h);

/** Start the scheduler and wait until its socket answers. */
void house_start(struct house *h);
/** End it by this signal and wait; its exit status, or -1 if it was killed. */
int house_stop(struct house *h, int signal);
/** Run one that is to fail at once, here; its error. */
void house_refused(struct house *h, struct tt_error *err);

/** One request, one answer. */
json_t *house_ask(struct house *h, const char *request);
/** The same; true if the answer says ok. */
bool house_ok(struct house *h, const char *request);
/** A member of the answer, as a number; -1 if it is not there. */
int64_t house_number(struct house *h, const char *request, const char *member);

/** Write a manifest of n photos (a unit for other kinds: n 0) and submit it. */
int64_t house_submit(struct house *h, const char *kind, int n, int prio);

/** How a worker behaves. */
struct house_worker {
    int chunk_ms;        /* it takes over a chunk */
    int lease_ms;        /* 1000 if 0 */
    const char *lanes;   /* "g" if NULL */
    int64_t fail_at;     /* photo whose chunks it reports as failed, or -1 */
    const char *garbage; /* what it reports instead of a result */
    int die_after; /* chunks; then it claims one more and is gone; 0: no */
};

extern const struct house_worker house_steady, house_slow;

pid_t house_work(struct house *h, const struct house_worker *how);

/** Claim one chunk of lane "g" as a new worker, here; both to be released. */
struct queue_client *house_claim(struct house *h, struct queue_lease *lease);

/** Wait until nothing is left in Redis of any chunk. */
void house_empty(struct house *h);

/** Open the record to read. */
struct db *house_read(struct house *h);
/** Its row, read anew; texts are dropped. */
struct db_job house_job(struct house *h, int64_t id);
/** Wait until the job has ended; its row. */
struct db_job house_wait(struct house *h, int64_t id, int seconds);
/** Check that it has n photos, numbers 0 to n - 1, one row each. */
void house_photos(struct house *h, int64_t id, int n);

#endif
