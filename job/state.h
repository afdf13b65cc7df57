/**
 * state: the states of jobs, chunks and photos, and the only tables of moves.
 *
 *   job    queued -> running <-> paused ; running -> done | partial | failed
 *          any open -> cancelling -> cancelled ; partial | failed -> running
 *          (by hand: tintype job retry)
 *   chunk  wait -> issued -> done ; issued -> wait (strike, attempt + 1)
 *          issued | wait -> split ; issued -> dead ; open -> cancelled
 *
 * The numbers are those of the record: they never change their meaning.
 *
 * Threads: any; pure functions.
 */
#ifndef JOB_STATE_H
#define JOB_STATE_H

#include <stdbool.h>

enum job_state {
    JOB_QUEUED = 1,
    JOB_RUNNING = 2,
    JOB_PAUSED = 3,
    JOB_CANCELLING = 4,
    JOB_DONE = 5,    /* every photo ended well or was skipped on purpose */
    JOB_PARTIAL = 6, /* some photos failed; the record says which and why */
    JOB_FAILED = 7,  /* nothing came of it */
    JOB_CANCELLED = 8,
    JOB_STATES = 9
};

/** Below this a job is open (live). */
#define JOB_ENDED JOB_DONE

enum chunk_state {
    CHUNK_WAIT = 1,
    CHUNK_ISSUED = 2,
    CHUNK_DONE = 3,
    CHUNK_DEAD = 4,
    CHUNK_SPLIT = 5,
    CHUNK_CANCELLED = 6,
    CHUNK_STATES = 7
};

enum photo_state {
    PHOTO_OK = 1,
    PHOTO_SKIPPED = 2, /* on purpose, e.g. in colour already */
    PHOTO_FAILED = 3,  /* the reason stands beside it */
    PHOTO_STATES = 4
};

const char *job_state_word(enum job_state s);
/** The state of that word, or 0. */
enum job_state job_state_from(const char *word);
bool job_state_may(enum job_state from, enum job_state to);

const char *chunk_state_word(enum chunk_state s);
bool chunk_state_may(enum chunk_state from, enum chunk_state to);

const char *photo_state_word(enum photo_state s);
enum photo_state photo_state_from(const char *word);

#endif
