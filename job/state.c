#include "job/state.h"

#include <stddef.h>
#include <string.h>

#define BIT(s) (1u << (s))

struct move {
    const char *word;
    unsigned to; /* the states that it may go to */
};

// clang-format off
static const struct move job_moves[JOB_STATES] = {
    [JOB_QUEUED]     = {"queued",     BIT(JOB_RUNNING) | BIT(JOB_PAUSED) |
                                      BIT(JOB_CANCELLING) | BIT(JOB_DONE) |
                                      BIT(JOB_PARTIAL) | BIT(JOB_FAILED) |
                                      BIT(JOB_CANCELLED)},
    [JOB_RUNNING]    = {"running",    BIT(JOB_PAUSED) | BIT(JOB_CANCELLING) |
                                      BIT(JOB_DONE) | BIT(JOB_PARTIAL) |
                                      BIT(JOB_FAILED) | BIT(JOB_CANCELLED)},
    [JOB_PAUSED]     = {"paused",     BIT(JOB_QUEUED) | BIT(JOB_RUNNING) |
                                      BIT(JOB_CANCELLING) | BIT(JOB_DONE) |
                                      BIT(JOB_PARTIAL) | BIT(JOB_FAILED) |
                                      BIT(JOB_CANCELLED)},
    [JOB_CANCELLING] = {"cancelling", BIT(JOB_CANCELLED)},
    [JOB_DONE]       = {"done",       0},
    [JOB_PARTIAL]    = {"partial",    BIT(JOB_RUNNING)},
    [JOB_FAILED]     = {"failed",     BIT(JOB_RUNNING)},
    [JOB_CANCELLED]  = {"cancelled",  0},
};

static const struct move chunk_moves[CHUNK_STATES] = {
    [CHUNK_WAIT]      = {"wait",      BIT(CHUNK_ISSUED) | BIT(CHUNK_DONE) |
                                      BIT(CHUNK_SPLIT) | BIT(CHUNK_CANCELLED)},
    [CHUNK_ISSUED]    = {"issued",    BIT(CHUNK_WAIT) | BIT(CHUNK_DONE) |
                                      BIT(CHUNK_DEAD) | BIT(CHUNK_SPLIT) |
                                      BIT(CHUNK_CANCELLED)},
    [CHUNK_DONE]      = {"done",      0},
    [CHUNK_DEAD]      = {"dead",      0},
    [CHUNK_SPLIT]     = {"split",     0},
    [CHUNK_CANCELLED] = {"cancelled", 0},
};
// clang-format on

static const char *const photo_words[PHOTO_STATES] = {
    [PHOTO_OK] = "ok", [PHOTO_SKIPPED] = "skipped", [PHOTO_FAILED] = "failed"};

const char *job_state_word(enum job_state s)
{
    return s > 0 && s < JOB_STATES ? job_moves[s].word : "?";
}

enum job_state job_state_from(const char *word)
{
    for (int s = 1; s < JOB_STATES; s++) {
        if (strcmp(job_moves[s].word, word) == 0)
            return (enum job_state)s;
    }
    return 0;
}

bool job_state_may(enum job_state from, enum job_state to)
{
    return job_moves[from].to & BIT(to);
}

const char *chunk_state_word(enum chunk_state s)
{
    return s > 0 && s < CHUNK_STATES ? chunk_moves[s].word : "?";
}

bool chunk_state_may(enum chunk_state from, enum chunk_state to)
{
    return chunk_moves[from].to & BIT(to);
}

const char *photo_state_word(enum photo_state s)
{
    return s > 0 && s < PHOTO_STATES ? photo_words[s] : "?";
}

enum photo_state photo_state_from(const char *word)
{
    for (int s = 1; s < PHOTO_STATES; s++) {
        if (strcmp(photo_words[s], word) == 0)
            return (enum photo_state)s;
    }
    return 0;
}
